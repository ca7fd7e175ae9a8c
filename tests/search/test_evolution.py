"""The evolutionary search finds planted optima sooner than chance, and never breaks its promises."""

import itertools
import random
import statistics

import pytest

from dace_transfer.search import CATALOGUE, Evolution, Guide, Observation, Outcome, draw
from dace_transfer.transformations import Recipe, check, fill_defaults, format_recipe, parse_recipe
from dace_transfer.verdict import Verdict

MOST = 320  # Evaluations after which a search counts as having failed.
SEEDS = range(5)


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


def evaluations(outcomes, wanted):
    """How many evaluations it takes until the best gain is three quarters of the optimum's."""
    for number, outcome in enumerate(itertools.islice(outcomes, MOST), 1):
        if (outcome.gain or 0.0) >= 0.75 * wanted:
            return number
    return MOST


def evolution(parents, seed, guide=None, **settings):
    return Evolution(parents, guide or Guide(None), seed=seed, patience=MOST, **settings)


@pytest.mark.slow
def test_a_planted_optimum_is_neared_in_fewer_evaluations_than_by_chance(parents, landscape, run, best_gain):
    """Medians of nine seeds. Chance, with or without evolution, answers to the same limit."""

    def typical(strategy):
        return statistics.median(evaluations(run(strategy(seed), landscape), best_gain) for seed in range(9))

    guided = typical(lambda seed: evolution(parents, seed))
    assert guided < typical(Chance)
    assert guided < typical(lambda seed: evolution(parents, seed, Unguided(None)))


def test_a_guided_search_is_ahead_of_chance_after_as_many_evaluations(parents, landscape, run):
    """The mean of the best gains of five seeds is half as large again."""

    def reached(strategy):
        return statistics.mean(
            max(outcome.gain or 0.0 for outcome in itertools.islice(run(strategy(seed), landscape), 96))
            for seed in SEEDS
        )

    assert reached(lambda seed: evolution(parents, seed)) > 1.5 * reached(Chance)


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


def test_what_failed_has_no_offspring(parents, run):
    strategy = Evolution(parents[1:2], Guide(None), patience=MOST)
    strategy.tell([Outcome(parents[1], Verdict.WRONG)])
    assert not any(do.step.name == "fuse" for p in strategy.ask(4) for do in p.recipe.body[1:])


def test_a_similar_workload_tells_where_to_look(parents, landscape, np_vector):
    """With what became of recipes on a neighbour, the first proposals gain more."""
    past = [landscape(proposal.recipe) for proposal in Chance(0).ask(300)]
    told = [Observation(np_vector(0.0), outcome) for outcome in past]

    def first(history):
        guides = [Guide(np_vector(0.1), history, seed) for seed in SEEDS]
        asked = [evolution(parents, seed, guide).ask(10) for seed, guide in enumerate(guides)]
        return [landscape(proposal.recipe) for proposals in asked for proposal in proposals]

    with_it, without = first(told), first([])
    assert sum(o.gain or 0.0 for o in with_it) > sum(o.gain or 0.0 for o in without)
