"""What was tried tells workloads apart that look alike."""

import math

import numpy as np

from dace_transfer.learning.adaptive import Adaptive

TRAIN, TEST = np.arange(8), np.array([8])


def alike(count):
    vectors = np.zeros((count, 1), np.float32)
    return lambda train: vectors


def test_donors_that_answered_otherwise_count_less(make):
    """Recipe 0 is good for most; where it is not, recipe 2 is, and recipe 1 is the second best for the others."""
    usual, other = [[2.0, 1.9, 0.0]], [[-1.0, 0.0, 1.5]]
    for own, order in ((usual, (0, 1, 2)), (other, (0, 2, 1))):
        profiles = make(usual * 5 + other * 3 + own, [str(row) for row in range(9)])
        (ranking,) = Adaptive("a", alike(9)).rank(profiles, TRAIN, TEST)
        assert ranking.recipes == order


def test_what_was_not_tried_yet_is_not_known(make):
    """Whoever knew what recipe 2 will turn out to be worth would try it second, as three of the donors say."""
    rows = [[2.0, 1.5, 0.0]] * 5 + [[2.0, 0.0, 1.4]] * 3
    for own in ([0.0, 0.0, 0.0], [0.0, 0.0, 1.4]):
        (ranking,) = Adaptive("a", alike(9)).rank(make([*rows, own], "abcdefghi"), TRAIN, TEST)
        assert ranking.recipes == (0, 1, 2)


def test_that_a_recipe_does_not_apply_is_an_answer(make):
    rows = [[2.0, 0.0, 0.5]] * 5 + [[None, 0.5, 0.0]] * 3
    (ranking,) = Adaptive("a", alike(9)).rank(make([*rows, [None, 0.0, 0.0]], "abcdefghi"), TRAIN, TEST)
    assert ranking.recipes == (0, 1, 2)


def test_nothing_is_proposed_without_a_vector(make):
    profiles = make([[1.0, 0.0]] * 9, "abcdefghi")
    for first in (0, 8):
        vectors = np.zeros((9, 1), np.float32)
        vectors[first:] = math.nan
        (ranking,) = Adaptive("a", lambda train, made=vectors: made).rank(profiles, TRAIN, TEST)
        assert ranking.recipes == ()
