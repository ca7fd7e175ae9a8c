"""In which order recipes are tried."""

import itertools

import numpy as np

from dace_transfer.search.rules import by_cover, by_mean, by_turns, doubts_of

NEAR = np.array([[0.0, 2.0, 1.0, 0.0], [0.0, 2.5, -1.0, 3.0], [0.05, 0.0, -9.0, 0.0]])
EVEN = np.ones(3)


def test_by_turns_first_choices_come_before_second_ones():
    assert by_turns(NEAR, EVEN) == (1, 3, 2)


def test_by_turns_three_of_each_donor():
    assert by_turns(np.array([[1.0, 2.0, 3.0, 4.0]]), np.ones(1)) == (3, 2, 1)
    assert by_turns(np.zeros((0, 4)), np.zeros(0)) == ()


def test_by_mean_looks_at_what_was_slower_too():
    assert by_mean(NEAR, EVEN) == (1, 3, 0, 2)
    assert by_mean(NEAR, np.array([1.0, 0.0, 0.0])) == (1, 2, 0, 3)


def test_doubts_are_shares_slower_less_shares_faster():
    np.testing.assert_allclose(doubts_of(NEAR, EVEN), [0, -2 / 3, 1 / 3, -1 / 3])
    np.testing.assert_allclose(doubts_of(NEAR, np.array([2.0, 1.0, 1.0]))[2], 0.0)


def test_by_cover_takes_what_others_lack():
    alike = np.array([[3.0, 2.9, 0.0], [3.0, 2.9, 0.0], [0.0, 0.0, 1.0]])
    assert by_mean(alike, EVEN) == (0, 1, 2)
    assert by_cover(alike, EVEN) == (0, 2, 1)
    assert by_cover(-alike, EVEN) == ()
    assert by_cover(alike, np.array([0.0, 0.0, 1.0]))[0] == 2


def test_by_cover_is_nearly_as_good_as_the_best_sets():
    rng = np.random.default_rng(1)
    for _ in range(20):
        benefits = rng.normal(size=(12, 7))
        order = by_cover(benefits, np.ones(12))
        assert len(set(order)) == len(order)
        for k in (1, 2, 3):
            sets = itertools.combinations(range(7), k)
            best = max(_covered(benefits, chosen) for chosen in sets)
            assert _covered(benefits, order[:k]) >= (best if k == 1 else (1 - 1 / np.e) * best)


def _covered(benefits, chosen):
    return np.maximum(benefits[:, list(chosen)].max(axis=1), 0.0).sum()
