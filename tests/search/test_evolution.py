"""The evolutionary search finds planted optima sooner than chance, and never breaks its promises."""

import itertools
import random
import statistics
from dataclasses import replace

import pytest

from dace_transfer.search import CATALOGUE, Evolution, Guide, Observation, Outcome, draw
from dace_transfer.transformations import Recipe, check, fill_defaults, format_recipe, parse_recipe
from dace_transfer.verdict import Verdict

MOST = 320  # Evaluations after which a search counts as having failed.
SEEDS = range(4)


class Unguided(Guide):
    def scores(self, recipes, applied=None):
        return None


class Chance:
    """Recipes of one to six steps, all drawn at random."""

    def __init__(self, seed):
        self.rng = random.Random(seed)

    def ask(self, count):
        bodies = [tuple(draw(CATALOGUE, self.rng) for _ in range(self.rng.randint(1, 6))) for _ in range(count)]
        return [type("P", (), {"recipe": Recipe("chance", body)}) for body in bodies]

    def tell(self, outcomes):
        pass


def evolution(parents, seed, guide=None, **settings):
    return Evolution(parents, guide or Guide(None), seed=seed, patience=MOST, **settings)


def bred(parents, landscape, run, seed):
    """What becomes of 150 recipes that evolve by themselves: what a database may know of a workload."""
    return list(itertools.islice(run(evolution(parents, seed, Unguided(None)), landscape), 150))


@pytest.fixture
def typical(parents, landscape, run, best_gain):
    """The mean number of evaluations until a strategy, made for a seed, reaches three quarters of the best gain."""

    def evaluations(strategy):
        strategy.tell([landscape(fill_defaults(parent)) for parent in parents])
        gains = (outcome.gain or 0.0 for outcome in itertools.islice(run(strategy, landscape), MOST))
        return next((number for number, gain in enumerate(gains, 1) if gain >= 0.75 * best_gain), MOST)

    return lambda strategy, seeds: statistics.mean(evaluations(strategy(seed)) for seed in seeds)


def test_with_what_neighbours_taught_the_optimum_takes_half_of_the_evaluations(
    parents, landscape, run, typical, best_gain, np_vector
):
    told = [
        Observation(np_vector(0.2 * index), outcome)
        for index in range(3)
        for outcome in bred(parents, landscape, run, 1000 + index)
        if (outcome.gain or 0.0) < 0.75 * best_gain
    ]
    informed = typical(lambda seed: evolution(parents, seed, Guide(np_vector(0.1), told)), SEEDS)
    assert informed < 0.5 * typical(lambda seed: evolution(parents, seed, Unguided(None)), SEEDS)


@pytest.mark.slow
def test_from_nothing_the_optimum_takes_three_quarters_of_the_evaluations_of_chance(parents, typical):
    seeds = range(12)
    guided = typical(lambda seed: evolution(parents, seed), seeds)
    assert guided < 0.75 * typical(Chance, seeds)
    assert guided < typical(lambda seed: evolution(parents, seed, Unguided(None)), seeds)


def test_nothing_comes_up_twice_and_all_of_it_can_be_written_and_read(parents, landscape, run):
    library = [*parents, parse_recipe("recipe named\nexpand maps as outer\nfuse outer on_fail=skip\nschedule maps\n")]
    strategy = evolution(library, 3)
    found = [outcome.recipe for outcome in itertools.islice(run(strategy, landscape), 160)]
    known = {fill_defaults(parent).id for parent in library}
    assert len({recipe.id for recipe in found} | known) == len(found) + len(known)
    for recipe in found:
        check(recipe)
        assert parse_recipe(format_recipe(recipe)) == recipe


def test_one_seed_and_the_same_answers_give_the_same_proposals(parents, landscape, run):
    first, again, other = (
        [o.recipe for o in itertools.islice(run(evolution(parents, seed), landscape), 80)] for seed in (1, 1, 2)
    )
    assert first == again != other


def test_it_gives_up_after_a_while_without_improvement(parents, run):
    strategy = Evolution(parents, Guide(None), patience=20)
    assert len(list(run(strategy, lambda recipe: Outcome(recipe, Verdict.SAME, 1.01)))) == 24


def test_it_ends_where_there_are_no_more_recipes(parents, run):
    strategy = Evolution(parents[:1], Guide(None), {"schedule": {"target": ("maps[0]",)}, "vector_math": {}})
    found = list(itertools.islice(run(strategy, lambda recipe: Outcome(recipe, Verdict.FAILED)), 100))
    assert 0 < len(found) < 100


def test_what_failed_has_no_offspring(parents):
    strategy = Evolution(parents[1:2], Guide(None), {"vector_math": {}, "fission": {"target": ("maps", "maps[0]")}})
    assert any("fuse" in format_recipe(replace(p.recipe, name="any")) for p in strategy.ask(4))
    strategy.tell([Outcome(parents[1], Verdict.WRONG)])
    assert not any("fuse" in format_recipe(replace(p.recipe, name="any")) for p in strategy.ask(4))
