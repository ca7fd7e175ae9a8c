"""What becomes of recipes that are tried."""

import math

import numpy as np
import pytest

from dace_transfer.learning.playing import gains_of, kept, random_search


@pytest.fixture
def profiles(make):
    return make([[0.0, None, math.nan, 2.0, -1.0]], ["a"])


def test_what_does_not_apply_costs_nothing(profiles):
    np.testing.assert_array_equal(gains_of(profiles, 0, (1, 2, 3, 4), 2), [math.nan, 2.0])
    assert gains_of(profiles, 0, (1,), 5).size == gains_of(profiles, 0, (), 5).size == 0


def test_auto_optimize_is_kept_where_nothing_is_faster():
    assert kept(np.array([math.nan, 2.0, -1.0])) == 2.0
    assert kept(np.array([math.nan])) == kept(np.array([-1.0])) == kept(np.array([])) == 0.0


def test_random_search_needs_as_many_tries_as_when_simulated(make):
    profiles = make([[0.0, 1.99, 2.0, math.nan, None, -1.0, 0.5]], ["a"])
    rng = np.random.default_rng(0)
    applicable = np.array([0.0, 1.99, 2.0, math.nan, -1.0, 0.5])
    tries = [int(np.flatnonzero(rng.permutation(applicable) > 1.9)[0]) + 1 for _ in range(20000)]
    assert random_search(profiles, 0, 2.0) == pytest.approx(np.mean(tries), rel=0.02) == pytest.approx(7 / 3, rel=0.02)
    assert random_search(profiles, 0, 0.0) == 0.0
