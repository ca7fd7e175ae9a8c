"""Export, import and merge."""

from __future__ import annotations

import gzip
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dace_transfer.database.exchange import export_to, import_from, merge, read_manifest
from dace_transfer.database.records import EmbeddingRecord, TuningRecord, VerificationRecord
from dace_transfer.database.store import open_store
from dace_transfer.errors import StoreError


@pytest.fixture
def full(new_store, make):
    store = new_store()
    store.put_all(make.workload(d, program=p, family="fam") for d in ("w", "v") for p in ("b", "a"))
    store.put_all([make.recipe(), make.recipe("s", text="Ümläut\n\u2028 \x1e\r\n"), make.target()])
    store.put_all([make.embedding("w", (1 / 3, 1e-38)), make.embedding("v", (-0.0, 3e38))])
    store.put_all([make.tuning(ratio=0.1 + 0.2), make.tuning("v", "s", verdict="FAILED", ratio=None)])
    store.put_all([make.verification(), make.verification("v", ok=False, kind="WRONG", max_error=math.inf)])
    return store


def contents(store, tmp_path):
    """What a store holds, as the bytes of its export."""
    path = tmp_path / "contents.jsonl"
    export_to(store, path)
    return path.read_bytes()


@pytest.mark.parametrize("name", ["records.jsonl", "records.jsonl.gz"])
def test_an_export_imports_to_the_same(full, new_store, tmp_path, name):
    manifest = export_to(full, tmp_path / name)
    other = new_store()
    assert import_from(other, tmp_path / name) == manifest == read_manifest(tmp_path / name)
    assert manifest.counts == {"workload": 2, "recipe": 2, "target": 1, "embedding": 2, "tuning": 2, "verification": 2}
    assert list(other.records(TuningRecord)) == list(full.records(TuningRecord))
    for mine, theirs in zip(full.records(EmbeddingRecord), other.records(EmbeddingRecord), strict=True):
        assert mine.vector.tobytes() == theirs.vector.tobytes()
    assert other.occurrences("w") == full.occurrences("w")
    assert contents(other, tmp_path) == contents(full, tmp_path)
    assert other.check() == []


def test_equal_stores_export_equal_files(full, new_store, make, tmp_path):
    other = new_store()
    for kind in (type(make.workload()), type(make.recipe()), type(make.target())):
        other.put_all(reversed(list(full.records(kind))))
    for kind in (EmbeddingRecord, TuningRecord, VerificationRecord):
        other.put_all(reversed(list(full.records(kind))))
    export_to(full, tmp_path / "a.jsonl.gz")
    export_to(other, tmp_path / "b.jsonl.gz")
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_lines_are_one_a_record_with_a_manifest_first(full, tmp_path):
    export_to(full, tmp_path / "records.jsonl")
    first, *lines = (tmp_path / "records.jsonl").read_text(encoding="utf-8").strip("\n").split("\n")
    assert json.loads(first)["date"] == "2026-01-01T00:00:00+00:00"
    assert len(lines) == 11
    assert json.loads(lines[0])[1]["occurrences"] == [["a", "fam"], ["b", "fam"]]


def test_embeddings_can_be_left_out(full, new_store, tmp_path):
    export_to(full, tmp_path / "records.jsonl", embeddings=False)
    other = new_store()
    import_from(other, tmp_path / "records.jsonl")
    assert other.stats().counts["embeddings"] == 0
    assert other.stats().counts["tunings"] == 2


@pytest.mark.parametrize("how", ["import", "merge"])
def test_what_arrives_is_not_trusted(full, new_store, make, tmp_path, how):
    other = new_store()
    if how == "import":
        export_to(full, tmp_path / "records.jsonl")
        import_from(other, tmp_path / "records.jsonl")
    else:
        merge(other, full)
    assert full.verified("w", "r", "t", "2.0.0b1") is not None
    assert other.verified("w", "r", "t", "2.0.0b1") is None
    assert other.refuted("v", "r")
    assert [record.local for record in other.records(VerificationRecord)] == [False, False]
    other.put_verification(make.verification())
    merge(other, full)
    assert other.verified("w", "r", "t", "2.0.0b1") is not None


def test_an_export_that_fails_leaves_the_old_file(full, tmp_path, monkeypatch):
    path = tmp_path / "records.jsonl"
    path.write_text("old")
    monkeypatch.setattr(full, "records", lambda kind: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export_to(full, path)
    assert path.read_text() == "old"
    assert list(tmp_path.glob("*.part")) == []


def test_an_export_to_nowhere_says_so(full, tmp_path):
    with pytest.raises(StoreError, match="cannot be written"):
        export_to(full, tmp_path / "no" / "records.jsonl")


# Malformed files


def corrupt_line(number, change):
    def corrupt(lines):
        name, values = json.loads(lines[number])
        change(values)
        lines[number] = json.dumps([name, values])

    return corrupt


def set_line(number, text):
    return lambda lines: lines.__setitem__(number, text)


MALFORMED = {
    "no JSON": (set_line(3, "{'a': 1}"), "Line 4 of .* malformed"),
    "no record": (set_line(3, "17"), "Line 4 of .* malformed"),
    "no fields": (set_line(3, '["recipe", 3]'), "Line 4 of .* malformed"),
    "too deep": (set_line(3, "[" * 100_000), "Line 4 of .* malformed"),
    "unknown kind": (set_line(3, '["pickle", {}]'), "Line 4 of .*no kind of record 'pickle'"),
    "unhashable kind": (set_line(3, "[[], {}]"), "Line 4 of .* malformed"),
    "field missing": (corrupt_line(5, lambda v: v.pop("description")), "Line 6 of .*'description'"),
    "field unknown": (corrupt_line(5, lambda v: v.update(color=1)), "Line 6 of .*'color'"),
    "wrong type": (corrupt_line(5, lambda v: v.update(digest=1)), "Line 6 of .*'digest' .* should be text, got 1"),
    "not a number": (corrupt_line(8, lambda v: v.update(ratio=math.nan)), "Line 9 of .*'ratio'"),
    "bad base64": (corrupt_line(6, lambda v: v.update(vector="!!!!")), "Line 7 of .*'vector'"),
    "half a number": (corrupt_line(6, lambda v: v.update(vector="AAA=")), "Line 7 of .*'vector'"),
    "occurs nowhere": (corrupt_line(1, lambda v: v.update(occurrences=[])), "Line 2 of .*at least one program"),
    "lone surrogate": (corrupt_line(5, lambda v: v.update(digest="\ud800")), "Line 6 of .*'digest'"),
    "line lost": (lambda lines: lines.pop(), "cut short or edited"),
    "line changed": (corrupt_line(5, lambda v: v.update(description="{}")), "cut short or edited"),
    "reference lost": (lambda lines: lines.pop(5), "Nothing of .* put what it refers to first"),
    "lengths differ": (corrupt_line(6, lambda v: v.update(vector="AAAAAA==")), "have .* numbers in this database"),
    "no manifest": (lambda lines: lines.pop(0), "first line of .* is no manifest"),
    "other manifest": (set_line(0, '{"format": "x"}'), "first line of .* is no manifest"),
    "bad manifest": (set_line(0, "[]"), "first line of .* is no manifest"),
    "empty": (lambda lines: lines.clear(), "first line of .* is no manifest"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_nothing_of_a_malformed_file_is_imported(full, new_store, make, tmp_path, case):
    corrupt, message = MALFORMED[case]
    path = tmp_path / "records.jsonl"
    export_to(full, path)
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    corrupt(lines)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    other = new_store()
    other.put_workload(make.workload("mine"))
    with pytest.raises(StoreError, match=message):
        import_from(other, path)
    assert sum(other.stats().counts.values()) == 2
    assert other.check() == []


@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_truncated_archive_is_refused(full, new_store, tmp_path, kept):
    path = tmp_path / "records.jsonl.gz"
    export_to(full, path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    other = new_store()
    with pytest.raises(StoreError, match="cannot be read to its end"):
        import_from(other, path)
    assert not any(other.stats().counts.values())


@pytest.mark.parametrize(("name", "data"), [("a.jsonl.gz", b"plain"), ("a.jsonl", b"\xff\xfe\n"), ("b.jsonl", None)])
def test_a_file_of_another_kind_is_refused(new_store, tmp_path, name, data):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(StoreError, match="cannot be read to its end"):
        import_from(new_store(), tmp_path / name)


def test_a_newer_file_asks_for_an_upgrade(full, new_store, tmp_path):
    path = tmp_path / "records.jsonl.gz"
    export_to(full, path)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        first, rest = file.readline(), file.read()
    values = json.loads(first) | {"schema": 99, "package": "9.0"}
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(json.dumps(values) + "\n" + rest)
    with pytest.raises(StoreError, match=r"exported by dace_transfer 9\.0 .*; upgrade dace_transfer"):
        import_from(new_store(), path)


# Merging is a set union


def _store_of(choice, make):
    """A store with some of a few records, which clash on their keys."""
    store = open_store("sqlite://")
    store.put_all([make.workload(), make.recipe(), make.target()])
    for number in choice:
        variant = number % 3
        put = [
            lambda v: store.put_workload(make.workload(program="pqr"[v], sdfg_json=str(v))),
            lambda v: store.put_recipe(make.recipe(name="abc"[v])),
            lambda v: store.put_target(make.target(description=str(v))),
            lambda v: store.put_embedding(make.embedding(vector=(v, 1))),
            lambda v: store.put_tuning(make.tuning(ratio=1.0 + v)),
            lambda v: store.put_verification(make.verification(trials=1 + v // 2, local=v != 1)),
        ]
        put[number // 3](variant)
    return store


def _merged(*stores):
    result = open_store("sqlite://")
    for store in stores:
        merge(result, store)
    return result


CHOICES = st.sets(st.integers(0, 17))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(a=CHOICES, b=CHOICES, c=CHOICES)
def test_merging_is_a_set_union(tmp_path, make, a, b, c):
    one, two, three = (_store_of(choice, make) for choice in (a, b, c))

    def same(left, right):
        return contents(left, tmp_path) == contents(right, tmp_path)

    assert same(_merged(one, two), _merged(two, one))
    assert same(_merged(one, two, two, one), _merged(one, two))
    assert same(_merged(_merged(one, two), three), _merged(one, _merged(two, three)))
    assert same(_merged(one, two), _store_of(a | b, make))
    assert _merged(one, two, three).check() == []


def test_a_merge_that_fails_leaves_nothing(full, new_store, make):
    other = new_store()
    other.put_all([make.workload("w"), make.embedding("w", (1, 2, 3))])
    before = other.stats()
    with pytest.raises(StoreError, match="an encoder that changes needs another id"):
        merge(other, full)
    assert other.stats() == before


def test_an_import_extends_what_is_there(full, new_store, make, tmp_path):
    export_to(full, tmp_path / "records.jsonl")
    other = new_store()
    other.put_all([make.workload("mine"), make.embedding("mine", (0, 0))])
    zero = np.zeros(2, np.float32)
    assert [n.digest for n in other.neighbours("enc-1", "", zero, 9)] == ["mine"]
    import_from(other, tmp_path / "records.jsonl")
    assert [n.digest for n in other.neighbours("enc-1", "", zero, 9)][:2] == ["mine", "w"]
    assert replace(other.get_workload("w"), program="a") == full.get_workload("w")
