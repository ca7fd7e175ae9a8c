"""Who donates what, and in which order."""

import numpy as np
import pytest

from dace_transfer.database.records import EmbeddingRecord, RecipeRecord, TargetRecord, TuningRecord, WorkloadRecord
from dace_transfer.database.store import open_store
from dace_transfer.search import neighbour_proposals
from dace_transfer.transformations import format_recipe, parse_recipe

RECIPES = {size: parse_recipe(f"recipe tile{size}\ntile maps sizes={size}\n") for size in (8, 16, 32)}


@pytest.fixture
def store():
    opened = open_store("sqlite://", seed=False)
    opened.put_all([TargetRecord("t", "{}")])
    opened.put_all(RecipeRecord(recipe.id, recipe.name, format_recipe(recipe)) for recipe in RECIPES.values())
    ratios = {"near": {8: 2.0, 16: 3.0}, "far": {16: 4.0, 32: 2.0, 8: 0.5}, "nothing faster": {32: 0.9}}
    for place, (name, outcomes) in enumerate(ratios.items()):
        opened.put_all([WorkloadRecord(name, "nest", "{}", {}, f"program of {name}", f"family of {name}")])
        opened.put_all([EmbeddingRecord(name, "e", "", np.array([place], np.float32))])
        opened.put_all(tuning(name, RECIPES[size].id, ratio) for size, ratio in outcomes.items())
    yield opened
    opened.close()


def tuning(workload, recipe, ratio):
    words = ("because", "[]", "search", "2", "0", "2026-01-01T00:00:00+00:00", "test")
    verdict = "FASTER" if ratio > 1 else "SLOWER"
    return TuningRecord(workload, recipe, "t", "auto_optimize", verdict, ratio, None, None, (), (), *words)


def proposed(store, **left_out):
    found = neighbour_proposals(store, "e", "near", np.zeros(1, np.float32), **left_out)
    return [(p.recipe.name, p.origin, p.donor_program, p.distance) for p in found]


def test_each_recipe_is_proposed_once_what_is_known_of_this_very_workload_first(store):
    first = ("tile16", "exact", "program of near", 0.0)
    second, third = ("tile8", "exact", "program of near", 0.0), ("tile32", "neighbour", "program of far", 1.0)
    assert proposed(store) == [first, second, third]


def test_families_and_workloads_may_be_left_out(store):
    for left_out in ({"exclude_families": ["family of near"]}, {"exclude_digests": ["near"]}):
        assert [name for name, *_ in proposed(store, **left_out)] == ["tile16", "tile32"]


def test_a_recipe_that_neighbours_got_slower_with_is_not_proposed(store):
    store.put_all([WorkloadRecord("slow", "nest", "{}", {}, "slow", "family")])
    store.put_all([EmbeddingRecord("slow", "e", "", np.array([1], np.float32)), tuning("slow", RECIPES[32].id, 0.1)])
    assert "tile32" not in [name for name, *_ in proposed(store, exclude_digests=["near"])]


def test_what_covers_more_neighbours_is_proposed_before_what_only_the_nearest_had(store):
    opened = {"one": {8: 4.0, 16: 3.9}, "two": {16: 4.0}, "three": {16: 4.0}}
    for name, outcomes in opened.items():
        store.put_all([WorkloadRecord(name, "nest", "{}", {}, name, "family")])
        store.put_all([EmbeddingRecord(name, "other", "", np.array([1.0], np.float32))])
        store.put_all(tuning(name, RECIPES[size].id, ratio) for size, ratio in outcomes.items())
    found = neighbour_proposals(store, "other", "new", np.zeros(1, np.float32))
    assert [(p.recipe.name, p.donor) for p in found] == [("tile16", "three"), ("tile8", "one")]


def test_each_is_doubted_by_how_many_neighbours_got_slower_with_it(store):
    """Near, far and the third weigh 1, exp(-1) and exp(-2); recipes do nothing where they are not known."""
    found = neighbour_proposals(store, "e", "near", np.zeros(1, np.float32))
    near, far, third = np.exp([0.0, -1.0, -2.0]) / np.exp([0.0, -1.0, -2.0]).sum()
    wanted = {"tile16": -near - far, "tile8": far - near, "tile32": third - far}
    assert {p.recipe.name: p.doubt for p in found} == pytest.approx(wanted)


def test_a_database_without_outcomes_proposes_nothing():
    opened = open_store("sqlite://", seed=False)
    assert neighbour_proposals(opened, "e", "near", np.zeros(1, np.float32)) == []
    opened.close()
