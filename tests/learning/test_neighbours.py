"""Near workloads donate."""

import math

import numpy as np
import pytest

from dace_transfer.learning.donors import Everywhere, Random
from dace_transfer.learning.neighbours import Neighbours
from dace_transfer.search.rules import by_cover, by_mean, by_turns


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


def test_doubts_are_shares_slower_less_shares_faster(make):
    profiles = make([[0.0, 1.0, -1.0], [0.0, 1.0, 1.0], [0.05, -1.0, None], [0.0, 0.0, 0.0]], "abcd")
    (ranking,) = Neighbours("n", encoding([1, 1, 1, 0]), by_mean).rank(profiles, *ALL_BUT_LAST)
    assert dict(zip(ranking.recipes, ranking.doubts, strict=True)) == pytest.approx({0: 0, 1: -1 / 3, 2: 0})


def test_donors_that_look_at_no_workload(two_kinds):
    train, test = np.array([0, 1, 2]), np.array([3, 4])
    assert [r.recipes for r in Everywhere("fixed", by_mean).rank(two_kinds, train, test)] == [(1, 0, 2)] * 2
    drawn = Random("random", seed=1)
    assert drawn.rank(two_kinds, train, test) == drawn.rank(two_kinds, test, test)
    assert all(sorted(r.recipes) == [0, 1, 2] and r.distance is None for r in drawn.rank(two_kinds, train, test))
