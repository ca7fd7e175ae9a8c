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
    rows = [[2.0, 1.0]] * 8
    first = [Adaptive("a", alike(9)).rank(make([*rows, own], "abcdefghi"), TRAIN, TEST)[0] for own in ([0, 9], [0, -9])]
    assert first[0].recipes == first[1].recipes == (0, 1)


def test_that_a_recipe_does_not_apply_is_an_answer(make):
    rows = [[2.0, 0.0, 0.5]] * 5 + [[None, 0.5, 0.0]] * 3
    (ranking,) = Adaptive("a", alike(9)).rank(make([*rows, [None, 0.0, 0.0]], "abcdefghi"), TRAIN, TEST)
    assert ranking.recipes == (0, 1, 2)


def test_nothing_is_proposed_without_a_vector(make):
    vectors = np.full((9, 1), math.nan, np.float32)
    (ranking,) = Adaptive("a", lambda train: vectors).rank(make([[1.0, 0.0]] * 9, "abcdefghi"), TRAIN, TEST)
    assert ranking.recipes == ()
