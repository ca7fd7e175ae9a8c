"""What becomes of recipes that are tried."""

import math

import numpy as np
import pytest

from dace_transfer.learning.playing import gains_of, kept, random_search, used


@pytest.fixture
def profiles(make):
    return make([[0.0, None, math.nan, 2.0, -1.0]], ["a"])


def test_what_does_not_apply_costs_nothing(profiles):
    np.testing.assert_array_equal(gains_of(profiles, 0, (1, 2, 3, 4), 2), [math.nan, 2.0])
    assert gains_of(profiles, 0, (1,), 5).size == gains_of(profiles, 0, (), 5).size == 0


def test_auto_optimize_is_kept_where_nothing_is_faster():
    assert kept(np.array([math.nan, 2.0, -1.0])) == 2.0
    assert kept(np.array([math.nan])) == kept(np.array([-1.0])) == kept(np.array([])) == 0.0


def test_the_runs_that_choose_are_not_those_that_judge(make):
    """Applicable recipes are seen to gain 1 (and gain 0.5), 2 (and gain -1), NaN and 0.1; the last is the best."""
    profiles = make([[1.0, None, 2.0, math.nan, 0.1, 3.0]], ["a"])
    profiles.halves[1, 0] = [0.5, math.nan, -1.0, math.nan, 0.1, 3.0]
    recipes, little = (0, 1, 2, 3, 4, 5), (0.07,) * 6
    found = [used(profiles, 0, recipes, little, k, 0).tolist() for k in (1, 2, 4, 5)]
    assert found == [[0.5], [-1.0], [-1.0], [3.0]]
    assert used(profiles, 0, recipes, (1.0, 0, 2.5, 0, 0.07, 0), 3, 0).tolist() == []
    assert used(profiles, 0, recipes, (0.9, 0, 2.5, 0, 0.07, 0), 3, 0).tolist() == [0.5]
    assert used(profiles, 0, recipes, little, 3, 1).tolist() == [1.0]


def test_random_search_needs_as_many_tries_as_when_simulated(make):
    profiles = make([[0.0, 1.99, 2.0, math.nan, None, -1.0, 0.5]], ["a"])
    rng = np.random.default_rng(0)
    applicable = np.array([0.0, 1.99, 2.0, math.nan, -1.0, 0.5])
    tries = [int(np.flatnonzero(rng.permutation(applicable) > 1.9)[0]) + 1 for _ in range(20000)]
    assert random_search(profiles, 0, 2.0) == pytest.approx(np.mean(tries), rel=0.02) == pytest.approx(7 / 3, rel=0.02)
    assert random_search(profiles, 0, 0.0) == 0.0
