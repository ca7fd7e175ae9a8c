"""A survey rates the same recipes on a program and on all it falls into, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dace
import numpy as np
import pytest

from dace_transfer.database.records import EmbeddingRecord, TuningRecord, WorkloadRecord
from dace_transfer.database.store import Store, open_store
from dace_transfer.search import bank_proposals
from dace_transfer.transformations import parse_recipe
from dace_transfer.tuner import session, survey

N = dace.symbol("N")
LIBRARY = {
    recipe.name: recipe
    for recipe in map(
        parse_recipe,
        (
            "recipe auto_optimize\nauto_optimize sdfg\n",
            "recipe also\nauto_optimize sdfg\nschedule maps kind=parallel on_fail=skip\n",
            "recipe sequential\nschedule all_maps kind=sequential\n",
        ),
    )
}


@dace.program
def two_nests(a: dace.float64[N, N], b: dace.float64[N, N], c: dace.float64[N, N]):
    for i in range(1, N):
        c[i] = 0.5 * c[i - 1] + b[i]
    for i, j in dace.map[0:N, 0:N]:
        a[i, j] = np.exp(a[i, j]) * c[j, i]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(session, "load_library", lambda: LIBRARY)
    opened = open_store(tmp_path / "test.db", seed=False)
    yield opened
    opened.close()


def test_every_recipe_is_recorded_on_the_program_and_on_its_pieces(store: Store) -> None:
    assert survey(two_nests, {"N": 40}, database=store, family="nests") == 3
    assert len(list(store.records(WorkloadRecord))) == len(list(store.records(EmbeddingRecord))) == 3
    bank = {proposal.recipe.id for proposal in bank_proposals(LIBRARY)}
    for digest in {record.digest for record in store.records(WorkloadRecord)}:
        records = store.tunings(digest)
        assert {record.recipe for record in records} >= bank
        assert all(record.ratio for record in records if record.verdict in ("FASTER", "SAME", "SLOWER"))
        assert {occurrence.family for occurrence in store.occurrences(digest)} == {"nests"}


def test_recipes_that_came_later_are_tried_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    survey(two_nests, {"N": 40}, database=store)
    before = {(record.workload, record.recipe) for record in store.records(TuningRecord)}
    later = parse_recipe("recipe later\nschedule maps kind=sequential\n")
    monkeypatch.setattr(session, "load_library", lambda: {**LIBRARY, "later": later})
    assert survey(two_nests, {"N": 40}, database=store) == 3
    after = [(record.workload, record.recipe) for record in store.records(TuningRecord)]
    assert {recipe for _, recipe in set(after) - before} == {later.id}
    assert {recipe for workload, recipe in after if after.count((workload, recipe)) > 1} == {
        LIBRARY["auto_optimize"].id
    }


def test_what_is_known_is_only_noted_to_occur_again(store: Store) -> None:
    survey(two_nests, {"N": 40}, database=store, family="nests")
    before = len(list(store.records(TuningRecord)))
    assert survey(two_nests, {"N": 40}, database=store, family="others") == 0
    assert len(list(store.records(TuningRecord))) == before
    for record in store.records(WorkloadRecord):
        assert {occurrence.family for occurrence in store.occurrences(record.digest)} == {"nests", "others"}
    assert survey(two_nests, {"N": 41}, database=store) == 3
