"""The contract: what every store must do."""

from __future__ import annotations

import math
import threading
from dataclasses import replace

import numpy as np
import pytest

from dace_transfer.database.codec import content_hash
from dace_transfer.database.records import (
    EmbeddingRecord,
    Occurrence,
    RecipeRecord,
    TargetRecord,
    TuningRecord,
    VerificationRecord,
    WorkloadRecord,
)
from dace_transfer.errors import StoreError


@pytest.fixture
def pair(store, make):
    """A store that holds a workload, a recipe and a target."""
    store.put_all([make.workload(), make.recipe(), make.target()])
    return store


def test_every_record_comes_back_as_it_was_put(pair, make):
    vector = np.array([1 / 3, -0.0, 3e-38], np.float32)
    pair.put_embedding(make.embedding(vector=vector))
    tuned = make.tuning(ratio=0.1 + 0.2, samples=(1e-300, 0.1 + 0.2), reason="Größer\n\u2028\t\"'")
    pair.put_tuning(tuned)
    pair.put_verification(make.verification())

    assert pair.get_workload("w") == make.workload()
    assert pair.get_recipe("r") == make.recipe()
    assert pair.get_target("t") == make.target()
    assert pair.tunings("w") == [tuned]
    assert pair.verified("w", "r", "t", "2.0.0b1") == make.verification()
    stored = pair.get_embedding("w", "enc-1")
    assert stored is not None and stored.vector.dtype == np.float32
    assert stored.vector.tobytes() == vector.tobytes()


def test_what_is_not_there_is_none(store):
    assert store.get_workload("w") is None
    assert store.get_recipe("r") is None
    assert store.get_target("t") is None
    assert store.get_embedding("w", "enc-1") is None
    assert store.best("w", "t") is None
    assert store.verified("w", "r", "t", "2.0.0b1") is None
    assert store.tunings("w") == store.donations(["w"])["w"] == store.occurrences("w") == []
    assert store.neighbours("enc-1", "", np.zeros(2, np.float32), 3) == []
    assert not store.refuted("w", "r")


def test_putting_again_changes_nothing(pair, make):
    records = [make.workload(), make.embedding(), make.recipe(), make.target(), make.tuning(), make.verification()]
    pair.put_all(records)
    before = pair.stats()
    pair.put_all(records)
    assert pair.stats() == before
    assert set(before.counts.values()) == {1}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_order_of_conflicting_puts_does_not_matter(store, make, order):
    for which in order:
        store.put_workload(make.workload(sdfg_json=("{}", "[]")[which]))
        store.put_recipe(make.recipe(name=("one", "two")[which]))
        store.put_target(make.target(description=("1", "2")[which]))
        store.put_embedding(make.embedding(vector=((1, 2), (2, 1))[which]))
    kept = [store.get_workload("w"), store.get_recipe("r"), store.get_target("t"), store.get_embedding("w", "enc-1")]
    both = [
        (make.workload(sdfg_json="{}"), make.workload(sdfg_json="[]")),
        (make.recipe(name="one"), make.recipe(name="two")),
        (make.target(description="1"), make.target(description="2")),
        (make.embedding(vector=(1, 2)), make.embedding(vector=(2, 1))),
    ]
    assert [content_hash(record) for record in kept] == [min(map(content_hash, records)) for records in both]
    assert store.check() == []


def test_a_workload_occurs_in_several_programs(store, make):
    store.put_workload(make.workload(program="b", family="g"))
    store.put_workload(make.workload(program="a", family="f"))
    assert store.occurrences("w") == [Occurrence("w", "a", "f"), Occurrence("w", "b", "g")]
    assert store.get_workload("w").program == "a"
    assert [record.program for record in store.records(WorkloadRecord)] == ["a", "b"]
    assert store.stats().counts["workloads"] == 1
    assert store.stats().families == {"f": 1, "g": 1}


@pytest.mark.parametrize("lost", ["workload", "recipe", "target"])
def test_an_outcome_of_something_unknown_is_refused(pair, make, lost):
    for put, record in ((pair.put_tuning, make.tuning), (pair.put_verification, make.verification)):
        with pytest.raises(StoreError, match="put what it refers to first"):
            put(record(**{lost: "nothing"}))
    assert pair.tunings("w") == pair.tunings("nothing") == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ratio": math.nan}, "ratio"),
        ({"samples": (0.1, math.inf)}, "samples"),
        ({"samples": "0.1"}, "samples"),
        ({"reason": None}, "reason"),
        ({"low": "1"}, "low"),
    ],
)
def test_a_malformed_record_is_refused_by_the_name_of_its_field(pair, make, change, field):
    with pytest.raises(StoreError, match=f"field '{field}' of this tuning record should be"):
        pair.put_tuning(make.tuning(**change))
    assert pair.tunings("w") == []


def test_numpy_numbers_are_taken_as_plain_ones(pair, make):
    pair.put_tuning(make.tuning(ratio=np.float64(2), samples=tuple(np.array([0.5, 1.0]))))
    pair.put_tuning(make.tuning(ratio=2.0, samples=(0.5, 1.0)))
    assert pair.tunings("w") == [make.tuning(samples=(0.5, 1.0))]
    pair.put_workload(make.workload("v", sizes={"N": np.int64(7)}))
    assert pair.get_workload("v").sizes == {"N": 7}


@pytest.mark.parametrize("error", [math.inf, math.nan])
def test_an_error_may_be_infinite(pair, make, error):
    pair.put_verification(make.verification(ok=False, kind="WRONG", max_error=error))
    (record,) = pair.records(VerificationRecord)
    assert record.max_error == math.inf
    assert pair.check() == []


@pytest.mark.parametrize("vector", [(), (1.0, math.nan), (math.inf, 1.0)])
def test_a_vector_that_cannot_be_compared_is_refused(pair, make, vector):
    with pytest.raises(StoreError, match="field 'vector' of this embedding record should be"):
        pair.put_embedding(make.embedding(vector=vector))


def test_the_vectors_of_an_encoder_have_one_length(pair, make):
    pair.put_embedding(make.embedding())
    pair.put_workload(make.workload("v"))
    with pytest.raises(StoreError, match="have 2 numbers in this database, got one of 3"):
        pair.put_embedding(make.embedding("v", vector=(1, 2, 3)))
    pair.put_embedding(make.embedding("v", vector=(1, 2, 3), encoder="enc-2"))
    with pytest.raises(StoreError, match="encode it with the same encoder"):
        pair.neighbours("enc-1", "", np.zeros(3, np.float32), 1)


# Transactions


def test_a_transaction_takes_effect_as_a_whole(store, make):
    with store.transaction():
        store.put_workload(make.workload())
        with store.transaction():
            store.put_embedding(make.embedding())
        assert store.get_workload("w") is not None
    assert store.stats().counts["embeddings"] == 1


def test_a_transaction_that_fails_leaves_nothing(store, make):
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.put_all([make.workload(), make.embedding()])
        assert store.neighbours("enc-1", "", np.zeros(2, np.float32), 1)
        raise ZeroDivisionError
    assert not any(store.stats().counts.values())
    assert store.neighbours("enc-1", "", np.zeros(2, np.float32), 1) == []
    store.put_all([make.workload("v"), make.embedding("v")])
    assert [n.digest for n in store.neighbours("enc-1", "", np.zeros(2, np.float32), 5)] == ["v"]


def test_an_inner_failure_undoes_the_inner_puts_only(store, make):
    with store.transaction():
        store.put_workload(make.workload())
        with pytest.raises(StoreError):
            store.put_all([make.workload("v"), make.tuning()])
        store.put_recipe(make.recipe())
    assert store.get_workload("v") is None
    assert store.get_workload("w") is not None and store.get_recipe("r") is not None


def test_threads_take_turns(store, make):
    failures = []

    def work(number):
        try:
            for step in range(10):
                with store.transaction():
                    store.put_workload(make.workload(f"{number}-{step}"))
                    store.put_embedding(make.embedding(f"{number}-{step}", (number, step)))
                assert len(store.neighbours("enc-1", "", np.zeros(2, np.float32), 3)) >= min(3, step)
        except BaseException as error:  # noqa: BLE001 - reported by the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.stats().counts["embeddings"] == 40


# Neighbours


def test_neighbours_are_exact(store, make):
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(60, 8)).astype(np.float32)
    store.put_all(make.workload(f"{i:02}") for i in range(60))
    store.put_all(make.embedding(f"{i:02}", v) for i, v in enumerate(vectors))
    query = rng.normal(size=8).astype(np.float32)
    distances = np.linalg.norm(vectors.astype(float) - query, axis=1)
    found = store.neighbours("enc-1", "", query, 7)
    assert [n.digest for n in found] == [f"{i:02}" for i in np.argsort(distances)[:7]]
    np.testing.assert_allclose([n.distance for n in found], np.sort(distances)[:7], rtol=1e-6)
    assert len(store.neighbours("enc-1", "", query, 100)) == 60
    assert store.neighbours("enc-1", "", query, 0) == []


def test_equally_near_ones_come_in_the_order_of_their_digests(store, make):
    digests = list("fbdaec")
    store.put_all(make.workload(d) for d in digests)
    store.put_all(make.embedding(d, (0, 1)) for d in digests)
    assert [n.digest for n in store.neighbours("enc-1", "", np.zeros(2, np.float32), 3)] == list("abc")


def test_encoders_and_targets_are_never_mixed(store, make):
    store.put_all(make.workload(d) for d in "abc")
    store.put_embedding(make.embedding("a", encoder="enc-1"))
    store.put_embedding(make.embedding("b", encoder="enc-2"))
    store.put_embedding(make.embedding("c", encoder="enc-1", target="gpu"))
    zero = np.zeros(2, np.float32)
    assert [n.digest for n in store.neighbours("enc-1", "", zero, 9)] == ["a"]
    assert [n.digest for n in store.neighbours("enc-2", "", zero, 9)] == ["b"]
    assert [n.digest for n in store.neighbours("enc-1", "gpu", zero, 9)] == ["c"]


def test_a_family_left_out_takes_all_its_workloads_along(store, make):
    store.put_workload(make.workload("shared", "p", "stencil"))
    store.put_workload(make.workload("shared", "q", "linear"))
    store.put_workload(make.workload("own", "q", "linear"))
    store.put_workload(make.workload("stencil", "p", "stencil"))
    store.put_all(make.embedding(d, (0, i)) for i, d in enumerate(("shared", "own", "stencil")))
    zero = np.zeros(2, np.float32)

    def near(**options):
        return [n.digest for n in store.neighbours("enc-1", "", zero, 9, **options)]

    assert near() == ["shared", "own", "stencil"]
    assert near(exclude_families=["stencil"]) == ["own"]
    assert near(exclude_families=["linear"]) == ["stencil"]
    assert near(exclude_families=["linear", "stencil"]) == []
    assert near(exclude_digests={"own", "unknown"}) == ["shared", "stencil"]
    assert near(exclude_families=["nothing"]) == near()


def test_neighbours_see_what_is_added_and_replaced(store, make):
    zero = np.zeros(2, np.float32)
    both = sorted((make.embedding("a", (3, 4)), make.embedding("a", (6, 8))), key=content_hash)
    store.put_all([make.workload("a"), make.workload("b"), both[1]])
    before = store.neighbours("enc-1", "", zero, 1)[0].distance
    store.put_embedding(make.embedding("b", (100, 0)))
    assert [n.digest for n in store.neighbours("enc-1", "", zero, 9)] == ["a", "b"]
    store.put_embedding(both[0])
    after = store.neighbours("enc-1", "", zero, 9)[0].distance
    assert (before, after) == tuple(float(np.linalg.norm(e.vector)) for e in reversed(both))


# What a workload has to offer


def test_donations_are_ranked_by_verdict_and_ratio(pair, make):
    outcomes = {"slow": ("SLOWER", 0.5), "fast": ("FASTER", 3.0), "unsure": ("AMBIGUOUS", 9.0), "ok": ("FASTER", 1.5)}
    outcomes |= {"same": ("SAME", 1.0), "broken": ("FAILED", None), "not": ("NOT_APPLICABLE", None)}
    for name, (verdict, ratio) in outcomes.items():
        pair.put_recipe(make.recipe(name))
        pair.put_tuning(make.tuning(recipe=name, verdict=verdict, ratio=ratio))
    found = pair.donations(["w", "unknown"])
    assert found.keys() == {"w", "unknown"} and found["unknown"] == []
    assert [d.recipe for d in found["w"]][:5] == ["fast", "ok", "unsure", "same", "slow"]
    assert {d.recipe: (d.verdict, d.ratio) for d in found["w"]} == outcomes
    assert found["w"][0].target == "t"


@pytest.mark.parametrize(
    ("ratios", "median"), [((1.2, 9.0, 2.0), 2.0), ((1.2, 9.0), 1.2), ((4.0,), 4.0), ((4.0, 1.1, 3.0, 2.0), 2.0)]
)
def test_repeated_outcomes_count_by_their_median(pair, make, ratios, median):
    for day, ratio in enumerate(ratios, 1):
        pair.put_tuning(make.tuning(ratio=ratio, created=f"2026-01-0{day}"))
    pair.put_tuning(make.tuning(verdict="FAILED", ratio=None, created="2026-02-01"))
    (donation,) = pair.donations(["w"])["w"]
    assert donation.ratio == median
    assert pair.best("w", "t").ratio == median


def test_a_recipe_is_donated_once_for_the_target_it_did_best_on(pair, make):
    pair.put_target(make.target("u"))
    pair.put_tuning(make.tuning(ratio=2.0))
    pair.put_tuning(make.tuning(ratio=3.0, target="u"))
    (donation,) = pair.donations(["w"])["w"]
    assert (donation.target, donation.ratio) == ("u", 3.0)


@pytest.mark.parametrize("how", ["tuning", "verification", "elsewhere"])
def test_what_was_ever_wrong_is_never_offered(pair, make, how):
    pair.put_target(make.target("u"))
    pair.put_recipe(make.recipe("other"))
    pair.put_tuning(make.tuning())
    pair.put_tuning(make.tuning(recipe="other", ratio=1.1))
    pair.put_verification(make.verification())
    assert [d.verdict for d in pair.donations(["w"])["w"]] == ["FASTER", "FASTER"]
    assert pair.best("w", "t").recipe == "r"
    if how == "tuning":
        pair.put_tuning(make.tuning(target="u", verdict="WRONG", ratio=None))
    else:
        pair.put_verification(make.verification(target="u", ok=False, kind="WRONG", local=how == "verification"))
    assert {d.recipe: (d.verdict, d.ratio) for d in pair.donations(["w"])["w"]} == {
        "r": ("WRONG", None),
        "other": ("FASTER", 1.1),
    }
    assert pair.best("w", "t").recipe == "other"
    assert pair.refuted("w", "r") and not pair.refuted("w", "other") and not pair.refuted("v", "r")
    assert pair.verified("w", "r", "t", "2.0.0b1") is None


def test_replay_knows_that_nothing_was_faster(pair, make):
    pair.put_tuning(make.tuning(verdict="SAME", ratio=1.0))
    assert pair.best("w", "t").verdict == "SAME"
    assert pair.best("w", "elsewhere") is None
    pair.put_tuning(make.tuning(verdict="FASTER", ratio=1.5, created="2026-02-01"))
    assert pair.best("w", "t").verdict == "SAME", "the lower of two middle records counts"
    pair.put_tuning(make.tuning(verdict="FASTER", ratio=1.4, created="2026-03-01"))
    assert (pair.best("w", "t").verdict, pair.best("w", "t").ratio) == ("FASTER", 1.4)


def test_only_a_local_success_of_the_same_target_and_dace_is_trusted(pair, make):
    pair.put_verification(make.verification(ok=False, kind="timeout", reason="It took too long."))
    pair.put_verification(make.verification(local=False))
    assert pair.verified("w", "r", "t", "2.0.0b1") is None
    pair.put_verification(make.verification())
    pair.put_verification(make.verification(local=False))
    assert pair.verified("w", "r", "t", "2.0.0b1") == make.verification()
    assert pair.verified("w", "r", "u", "2.0.0b1") is None
    assert pair.verified("w", "r", "t", "2.0.0") is None
    newer = make.verification(created="2026-05-01", trials=9)
    pair.put_verification(newer)
    assert pair.verified("w", "r", "t", "2.0.0b1") == newer


# All of it


def test_records_are_sorted_and_complete_across_pages(store, make):
    names = [f"{i:04}" for i in np.random.default_rng(0).permutation(450)]
    store.put_all(make.workload(n, program=p) for n in names for p in ("a", "b"))
    store.put_all(make.recipe(n) for n in names)
    store.put_all(make.embedding(n, encoder=e) for n in names for e in ("e1", "e2"))
    expected = [(n, p) for n in sorted(names) for p in ("a", "b")]
    assert [(r.digest, r.program) for r in store.records(WorkloadRecord)] == expected
    assert [r.id for r in store.records(RecipeRecord)] == sorted(names)
    assert [(r.digest, r.encoder) for r in store.records(EmbeddingRecord)] == [
        (n, e) for n in sorted(names) for e in ("e1", "e2")
    ]
    assert list(store.records(TargetRecord)) == list(store.records(TuningRecord)) == []
    with pytest.raises(StoreError, match="got Occurrence"):
        next(store.records(Occurrence))


def test_stats(pair, make):
    pair.put_all([make.embedding(), make.tuning(), make.tuning(verdict="SAME", created="2026-09-09")])
    stats = pair.stats()
    assert stats.verdicts == {"FASTER": 1, "SAME": 1}
    assert stats.encoders == {"enc-1": 1}
    assert stats.newest == "2026-09-09"
    assert (stats.counts["tunings"], stats.counts["verifications"]) == (2, 0)


def test_a_sound_store_passes_its_check(pair, make):
    pair.put_all([make.embedding(), make.tuning(), make.verification(), replace(make.tuning(), ratio=None)])
    assert pair.check() == []


def test_json_that_is_none_is_found(store, make):
    store.put_target(make.target(description="{"))
    assert len(store.check()) == 1
    assert "no valid JSON in its field 'description'" in store.check()[0]
