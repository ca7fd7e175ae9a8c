"""Variations of recipes, and the space they stay in."""

import random

import pytest

from dace_transfer.search import CATALOGUE, with_knobs
from dace_transfer.search.catalogue import draw
from dace_transfer.search.variation import LONGEST, crossover, delete, insert, is_sensible, retune, schedule_one, swap
from dace_transfer.transformations import STEPS, Do, Recipe, check, format_recipe, load_library, parse_recipe

LEFT_OUT = {"auto_optimize", "simplify"}


def body(*lines):
    return parse_recipe("\n".join(["recipe r", *lines])).body


THREE = body("fuse all_maps", "tile maps sizes=32", "vectorize inner_maps")


def written(items):
    return [line for line in format_recipe(Recipe("r", tuple(items))).splitlines()[1:]]


def many(variation, items, catalogue=CATALOGUE, times=200):
    rng = random.Random(0)
    return [variation(items, catalogue, rng) for _ in range(times)]


def test_the_catalogue_holds_every_step_but_those_that_normalise():
    assert set(CATALOGUE) | LEFT_OUT == set(STEPS)


@pytest.mark.parametrize("step", sorted(CATALOGUE))
def test_every_value_of_the_catalogue_makes_a_step(step):
    for field, options in CATALOGUE[step].items():
        assert len(options) == len(set(options)) > 0
        for option in options:
            check(Recipe("r", (Do(STEPS[step](**{field: option})),)))


def test_all_that_can_be_drawn_is_valid():
    rng = random.Random(0)
    drawn = [draw(CATALOGUE, rng) for _ in range(1000)]
    for do in drawn:
        assert parse_recipe(format_recipe(Recipe("r", (do,)))).body == (do,)
    assert {do.step.name for do in drawn} == set(CATALOGUE)


def test_knobs_of_the_library_are_options():
    catalogue = with_knobs(CATALOGUE, [parse_recipe("recipe r\ntile maps sizes=?a{3|5},?b{7|9}\n")])
    assert set(catalogue["tile"]["sizes"]) - set(CATALOGUE["tile"]["sizes"]) == {(3, 7), (3, 9), (5, 7), (5, 9)}
    assert (128, 1024) in with_knobs(CATALOGUE, load_library().values())["tile"]["sizes"]


def test_retuning_changes_one_value_of_one_step():
    for items in many(retune, THREE):
        changed = [(old, new) for old, new in zip(THREE, items, strict=True) if old != new]
        assert len(changed) == 1
        [(old, new)] = changed
        differing = [f for f in CATALOGUE[old.step.name] if getattr(old.step, f) != getattr(new.step, f)]
        assert len(differing) == 1
        assert getattr(new.step, differing[0]) in CATALOGUE[old.step.name][differing[0]]


def test_nothing_to_retune_is_left_alone():
    assert retune(body("drop_views"), CATALOGUE, random.Random(0)) == body("drop_views")
    assert delete((), CATALOGUE, random.Random(0)) == swap((), CATALOGUE, random.Random(0)) == ()


def test_steps_come_go_and_move():
    assert {len(items) for items in many(insert, THREE)} == {4}
    assert {tuple(written(items)) for items in many(delete, THREE)} == {
        tuple(written(THREE[:i] + THREE[i + 1 :])) for i in range(3)
    }
    assert set(map(tuple, map(written, many(swap, THREE)))) == {
        tuple(written((THREE[1], THREE[0], THREE[2]))),
        tuple(written((THREE[0], THREE[2], THREE[1]))),
    }


def test_one_map_is_scheduled_at_the_end():
    for items in many(schedule_one, (*THREE, *body("schedule maps[0] kind=sequential"))):
        assert items[:3] == THREE
        targets = [do.step.target for do in items[3:]]
        assert len(set(targets)) == len(targets) and all("[" in target for target in targets)


def test_a_catalogue_without_schedules_leaves_them_alone():
    assert schedule_one(THREE, {"vector_math": {}}, random.Random(0)) == THREE


def test_a_cross_begins_as_one_and_ends_as_the_other():
    rng, other = random.Random(0), body("collapse maps", "unroll inner_maps")
    crosses = {tuple(written(crossover(THREE, other, rng))) for _ in range(300)}
    assert crosses == {tuple(written(THREE[:i] + other[j:])) for i in range(4) for j in range(3)}


@pytest.mark.parametrize(
    "items",
    [
        (*THREE, THREE[-1]),
        tuple(THREE[index % 3] for index in range(LONGEST + 1)),
        body("expand maps as outer", "fuse outer")[1:],
    ],
    ids=["twice in a row", "too long", "a name nobody binds"],
)
def test_what_makes_no_sense_is_recognised(items):
    assert is_sensible(Recipe("r", THREE))
    assert not is_sensible(Recipe("r", items))
