"""What is read from a database."""

import numpy as np
import pytest

from dace_transfer.database.records import RecipeRecord, TargetRecord, TuningRecord, WorkloadRecord
from dace_transfer.database.store import open_store
from dace_transfer.errors import StoreError
from dace_transfer.learning.profiles import profiles_of

EARLY, LATE = "2026-01-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00"


def tuning(workload, recipe, verdict, ratio=None, created=EARLY, target="t", samples=(), beside=()):
    words = ("because", "[]", "search", "2", "0", created, "test")
    return TuningRecord(workload, recipe, target, "auto_optimize", verdict, ratio, None, None, samples, beside, *words)


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path / "learning.db", seed=False)
    opened.put_all(TargetRecord(target, "{}") for target in ("t", "u"))
    opened.put_all(RecipeRecord(recipe, f"name of {recipe}", "") for recipe in ("r0", "r1", "r2", "rare"))
    for name in ("a", "b", "c"):
        opened.put_all([WorkloadRecord(name, "nest", "{}", {}, f"program of {name}", f"family of {name}")])
    yield opened
    opened.close()


def full(store):
    store.put_all(tuning(name, "r0", "FASTER", 2.0) for name in "abc")
    store.put_all(tuning(name, "r1", "NOT_APPLICABLE") for name in "abc")
    store.put_all([tuning("a", "r2", "WRONG"), tuning("b", "r2", "FAILED"), tuning("c", "r2", "SLOWER", 0.5)])
    return store


def test_outcomes_become_arrays(store):
    profiles = profiles_of(full(store))
    assert (profiles.digests, profiles.recipes) == (("a", "b", "c"), ("r0", "r1", "r2"))
    assert profiles.names == ("name of r0", "name of r1", "name of r2")
    nan = np.nan
    np.testing.assert_array_equal(profiles.gains, [[1, nan, nan], [1, nan, nan], [1, nan, -1]])
    np.testing.assert_array_equal(profiles.applicable, [[True, False, True]] * 3)
    np.testing.assert_array_equal(profiles.benefits(np.array([0, 2])), [[1, 0, 0], [1, 0, -1]])


def test_a_workload_has_all_its_families_and_programs(store):
    store.put_all([WorkloadRecord("a", "nest", "{}", {}, "another", "family of b")])
    profiles = profiles_of(full(store))
    assert profiles.families[0] == {"family of a", "family of b"}
    assert profiles.programs[0] == {"program of a", "another"}


def test_the_newest_outcome_counts(store):
    full(store).put_all([tuning("a", "r0", "SLOWER", 0.25, LATE), tuning("b", "r0", "FASTER", 9.0, "2025-01-01")])
    np.testing.assert_array_equal(profiles_of(store).gains[:, 0], [-2, 1, 1])


def test_recipes_outside_the_bank_count_only_for_what_is_best(store):
    full(store).put_all([tuning("a", "rare", "FASTER", 16.0), tuning("c", "r0", "SLOWER", 0.5, LATE)])
    profiles = profiles_of(store)
    assert "rare" not in profiles.recipes
    np.testing.assert_array_equal(profiles.best, [4, 1, 0])


def test_what_was_never_tried_or_timed_costs_nothing_and_says_nothing(store):
    full(store).put_all(
        [WorkloadRecord("d", "nest", "{}", {}, "p", "f"), WorkloadRecord("e", "nest", "{}", {}, "p", "f")]
    )
    store.put_all([tuning("d", "r0", "FASTER", 4.0), tuning("d", "r1", "AMBIGUOUS"), tuning("e", "r0", "FASTER", 4.0)])
    profiles = profiles_of(store)
    assert profiles.digests == ("a", "b", "c", "d")
    np.testing.assert_array_equal(profiles.applicable[3], [True, False, False])


def test_gains_by_every_other_sample(store):
    full(store).put_all([RecipeRecord("base", "auto_optimize", "")])
    store.put_all(tuning(name, "base", "SAME", 1.0, samples=(8.0, 4.0, 9.0)) for name in "ab")
    samples = {"a": (2.0, 4.0, 2.5), "b": (2.0,), "c": (2.0, 4.0)}
    beside = {"a": (8.0, 4.0, 9.0), "b": (8.0, 4.0, 9.0), "c": ()}
    store.put_all(tuning(n, "r0", "FASTER", 2.0, LATE, "t", runs, beside[n]) for n, runs in samples.items())
    found = profiles_of(store)
    np.testing.assert_array_equal(found.halves[:, :, found.recipes.index("r0")], [[2, 1, 1], [0, 1, 1]])
    np.testing.assert_array_equal(np.isnan(found.halves), [np.isnan(found.gains)] * 2)


def test_targets_can_be_told_apart(store):
    full(store).put_all(tuning(name, recipe, "FASTER", 8.0, LATE, "u") for name in "ab" for recipe in ("r0", "r1"))
    assert profiles_of(store, "u").gains.tolist() == [[3, 3], [3, 3]]
    assert profiles_of(store, "t").gains[0, 0] == 1
    assert profiles_of(store).gains[0, 0] == 3


def test_nothing_to_learn_from_is_one_sentence(store):
    with pytest.raises(StoreError, match="survey some programs"):
        profiles_of(store)
