"""Near workloads donate, and far ones do not."""

import math

import numpy as np
import pytest

from dace_transfer.learning.donors import Everywhere, Random
from dace_transfer.learning.neighbours import Abstaining, Neighbours
from dace_transfer.learning.rules import by_cover, by_mean, by_turns


def encoding(places):
    vectors = np.array(places, np.float32)[:, None]
    return lambda train: vectors


ALL_BUT_LAST = np.array([0, 1, 2]), np.array([3])


def test_the_nearest_donates_first(make):
    profiles = make([[0.0, 1.0, 0.0], [0.0, 0.0, 2.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], "abcd")
    (ranking,) = Neighbours("n", encoding([5, 2, 1, 0]), by_turns, faster_only=True).rank(profiles, *ALL_BUT_LAST)
    assert (ranking.recipes, ranking.distance) == ((2, 1), 2.0)


def test_workloads_without_a_vector_neither_donate_nor_are_given_to(make):
    profiles = make([[0.0, 1.0]] * 4, "abcd")
    donor = Neighbours("n", encoding([math.nan, 2, 1, math.nan]), by_turns)
    assert [r.recipes for r in donor.rank(profiles, np.array([0, 1]), np.array([2, 3]))] == [(1,), ()]
    assert [r.distance for r in donor.rank(profiles, np.array([0]), np.array([2]))] == [None]


def test_unusable_recipes_are_worth_nothing(make):
    profiles = make([[0.0, math.nan], [-1.0, None], [0.0, 0.5], [0.0, 0.0]], "abcd")
    (ranking,) = Neighbours("n", encoding([1, 1, 1, 0]), by_mean).rank(profiles, *ALL_BUT_LAST)
    assert ranking.recipes == (1, 0)


def test_near_donors_weigh_more(make):
    profiles = make([[1.0, 0.0], [0.0, 1.2], [0.0, 0.0], [0.0, 0.0]], "abcd")
    for rule in (by_mean, by_cover):
        (ranking,) = Neighbours("n", encoding([0, 9, 9, 0]), rule).rank(profiles, *ALL_BUT_LAST)
        assert ranking.recipes == (0, 1)


def test_an_encoder_is_trained_on_what_is_known_only(make):
    profiles, seen = make([[0.0, 1.0]] * 4, "abcd"), []

    def trained(train):
        seen.append(train.tolist())
        return np.zeros((4, 2), np.float32)

    Neighbours("n", trained, by_turns).rank(profiles, *ALL_BUT_LAST)
    assert seen == [[0, 1, 2]]


@pytest.fixture
def near_and_far(make):
    """Of 40 workloads, near one another in pairs, the first half may trust the nearest one and the rest may not."""
    pairs = [[0.0, 2.0]] * 20 + [[0.0, 2.0], [0.0, -2.0]] * 10
    return make([*pairs, [0.0, 0.0]], [f"family{index}" for index in range(41)])


def test_beyond_the_distance_that_can_be_trusted_auto_optimize_stays(near_and_far):
    places = [10.0 * index + side * (0.1 if index < 10 else 1.0) for index in range(20) for side in (0, 1)]
    train, test = np.arange(40), np.array([40])
    for place, recipes in ((0.05, (1,)), (195.0, ())):
        donor = Abstaining(Neighbours("n", encoding([*places, place]), by_turns, count=1), tolerated=0.0)
        assert donor.name == "n+abstention"
        (ranking,) = donor.rank(near_and_far, train, test)
        assert ranking.recipes == recipes
    limit = donor.limit(donor.donor.encoding(train), near_and_far, train)
    assert limit == pytest.approx(1.0)
    tolerant = Abstaining(donor.donor, tolerated=0.5)
    assert tolerant.limit(donor.donor.encoding(train), near_and_far, train) == math.inf


def test_donors_that_look_at_no_workload(two_kinds):
    train, test = np.array([0, 1, 2]), np.array([3, 4])
    assert [r.recipes for r in Everywhere("fixed", by_mean).rank(two_kinds, train, test)] == [(1, 0, 2)] * 2
    drawn = Random("random", seed=1)
    assert drawn.rank(two_kinds, train, test) == drawn.rank(two_kinds, test, test)
    assert all(sorted(r.recipes) == [0, 1, 2] and r.distance is None for r in drawn.rank(two_kinds, train, test))
