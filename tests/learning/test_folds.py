"""Nothing that is asked about may be known."""

import numpy as np
import pytest

from dace_transfer.errors import StoreError
from dace_transfer.learning.folds import folds


def test_every_family_is_left_out_once(two_kinds):
    found = list(folds(two_kinds))
    assert sorted(family for fold in found for family in fold.families) == [f"family{index}" for index in range(4)]
    assert all(len(fold.families) == 1 and len(fold.test) == 3 and len(fold.train) == 9 for fold in found)


def test_a_workload_of_two_families_is_known_to_neither(make):
    profiles = make([[0.0]] * 4, ["a", "a b", "b", "c"])
    known = {fold.families: (fold.test.tolist(), fold.train.tolist()) for fold in folds(profiles)}
    assert known == {("a",): ([0, 1], [2, 3]), ("b",): ([1, 2], [0, 3]), ("c",): ([3], [0, 1, 2])}


def test_what_shares_a_program_is_not_known_either(make):
    profiles = make([[0.0]] * 3, ["a", "b", "c"], programs=["one", "one", "two"])
    known = {fold.families: (fold.test.tolist(), fold.train.tolist()) for fold in folds(profiles)}
    assert known == {("a",): ([0], [2]), ("b",): ([1], [2]), ("c",): ([2], [0, 1])}


def test_families_are_grouped_evenly(make):
    profiles = make([[0.0]] * 8, ["a"] * 4 + ["b", "b", "c", "d"])
    found = list(folds(profiles, 2))
    assert [fold.families for fold in found] == [("a",), ("b", "c", "d")]
    assert all(not set(fold.test) & set(fold.train) and len(fold.test) == 4 for fold in found)
    assert len(list(folds(profiles, 99))) == 4


def test_only_some_workloads(two_kinds):
    found = [(fold.test.tolist(), fold.train.tolist()) for fold in folds(two_kinds, rows=np.arange(6))]
    assert found == [
        ([0, 1, 2], [3, 4, 5]),
        ([3, 4, 5], [0, 1, 2]),
    ]


def test_one_family_is_not_enough(make, two_kinds):
    with pytest.raises(StoreError, match="got 1 families"):
        list(folds(make([[0.0]], ["a"])))
    with pytest.raises(StoreError, match="1 folds"):
        list(folds(two_kinds, 1))
