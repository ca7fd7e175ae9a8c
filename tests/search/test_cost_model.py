"""The cost model: what it learns from outcomes, how it is told apart, and when it says nothing."""

import random

import numpy as np
import pytest

from dace_transfer.search import Guide, Observation, Outcome, fit
from dace_transfer.search.cost_model import FEWEST, Prediction
from dace_transfer.search.guide import expected_improvement
from dace_transfer.transformations import parse_recipe
from dace_transfer.verdict import Verdict

HERE, THERE = np.zeros(3, np.float32), np.array([0, 4, 0], np.float32)


def tile(size, more=""):
    return parse_recipe(f"recipe tile\ntile maps sizes={size}\n{more}")


def timed(recipe, ratio, applied=None):
    return Outcome(recipe, Verdict.FASTER if ratio > 1 else Verdict.SLOWER, ratio, applied)


def by_size(workload, best):
    """Tiles around `best` are fast on a workload."""
    return [
        Observation(workload, timed(tile(2**power, more), 2.0 ** (2 - abs(power - best))))
        for power in range(1, 11)
        for more in ("", "vector_math maps\n", "collapse maps\n")
    ]


def test_it_ranks_recipes_by_workload():
    model = fit([*by_size(HERE, 4), *by_size(THERE, 8)], HERE)
    recipes = [tile(2**power, "fission maps\n") for power in (4, 8)]
    here, there = model.predict(HERE, recipes).gain, model.predict(THERE, recipes).gain
    assert here[0] > here[1] + 1 and there[1] > there[0] + 1


def test_a_few_outcomes_make_no_model():
    assert fit(by_size(HERE, 4)[: FEWEST - 1], HERE) is None
    wasted = [Observation(HERE, Outcome(tile(size), Verdict.FAILED)) for size in range(1, 100)]
    assert fit(wasted, HERE) is None


def test_failures_predict_failures():
    failed = [Observation(HERE, Outcome(tile(size, "fission maps\n"), Verdict.NOT_APPLICABLE)) for size in (2, 4, 512)]
    works = fit([*by_size(HERE, 4), *failed], HERE).predict(HERE, [tile(16, "fission maps\n"), tile(16)]).works
    assert works[0] < 0.5 < 0.8 < works[1]


def test_what_was_not_timed_without_fault_is_no_failure():
    open_ = [Observation(HERE, Outcome(tile(3), Verdict.AMBIGUOUS)) for _ in range(9)]
    assert fit([*by_size(HERE, 4), *open_], HERE).predict(HERE, [tile(3)]).works[0] == 1.0


def test_what_a_recipe_made_tells_more_than_the_recipe():
    """What a recipe made of the workload decides; the recipe tells nothing."""
    rng, guide = random.Random(0), Guide(HERE)
    made = [np.array([rng.choice((0, 2)), 0, 0], np.float32) for _ in range(60)]
    guide.learn([timed(tile(size), 4.0 if m[0] else 0.5, m) for size, m in enumerate(made, 1)])
    recipes, applied = [tile(8), tile(8)], [np.array([x, 0, 0], np.float32) for x in (2, 0)]
    good, bad = guide.scores(recipes, applied)
    assert good > 10 * bad
    blind = guide.scores(recipes)
    assert blind[0] == blind[1]


def test_a_workload_can_be_unlike_its_neighbours():
    """Elsewhere tiles around 16 are fast; here, those around 256."""
    guide, recipes = Guide(HERE, by_size(THERE, 4)), [tile(16, "fission maps\n"), tile(256, "fission maps\n")]
    before = guide.scores(recipes)
    assert before[0] > before[1]
    guide.learn([observation.outcome for observation in by_size(HERE, 8)])
    after = guide.scores(recipes)
    assert after[0] < after[1]


def test_one_seed_gives_one_model():
    told = by_size(HERE, 4)
    answers = [fit(told, HERE, seed).predict(HERE, [tile(24), tile(48)]).gain for seed in (5, 5, 6)]
    assert (answers[0] == answers[1]).all() and (answers[0] != answers[2]).any()


def test_expected_improvement_weighs_hope_against_knowledge():
    sure, bold, hopeless = np.array([1.1, 0.9, 0.5]), np.array([0.01, 1.0, 0.01]), np.ones(3)
    scores = expected_improvement(Prediction(sure, bold, hopeless), 1.0)
    assert scores[1] > scores[0] > scores[2] >= 0.0
    assert scores[0] == pytest.approx(0.1, abs=1e-3)


def test_telling_a_guide_twice_changes_nothing():
    outcomes = [observation.outcome for observation in by_size(HERE, 4)]
    once, twice = Guide(HERE), Guide(HERE)
    once.learn(outcomes)
    twice.learn(outcomes)
    twice.learn(outcomes[:7])
    recipes = [tile(16, "fission maps\n"), tile(512)]
    assert (once.scores(recipes) == twice.scores(recipes)).all()
    assert once.scores(recipes) is not None


def test_a_workload_no_encoder_describes_is_learnt_from_by_itself():
    guide = Guide(None, by_size(HERE, 4))
    assert guide.scores([tile(16)]) is None
    guide.learn([observation.outcome for observation in by_size(HERE, 4)])
    assert guide.scores([tile(16)]) is not None
