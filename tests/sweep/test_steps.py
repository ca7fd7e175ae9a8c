"""The steps of a sweep do what the tuner does, and what was built ahead is not built again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dace_transfer.building.builder import Builder
from dace_transfer.database.codec import KINDS, from_json
from dace_transfer.database.opening import open_sql_store
from dace_transfer.database.records import TuningRecord, WorkloadRecord
from dace_transfer.search import bank_proposals
from dace_transfer.sweep.steps import STEPS
from dace_transfer.transformations import parse_recipe
from dace_transfer.tuner import session, survey

PROGRAM = """
from types import SimpleNamespace

import dace
import numpy as np

N = dace.symbol("N")

@dace.program
def two_nests(a: dace.float64[N, N], b: dace.float64[N, N], c: dace.float64[N, N]):
    for i in range(1, N):
        c[i] = 0.5 * c[i - 1] + b[i]
    for i, j in dace.map[0:N, 0:N]:
        a[i, j] = np.exp(a[i, j]) * c[j, i]

PROGRAM = SimpleNamespace(program=two_nests, family="nests", sizes={"S": {"N": 40}})
"""
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


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many programs every run of a compiler got."""
    monkeypatch.setattr(session, "load_library", lambda: LIBRARY)
    counts: list[int] = []
    compile_ = Builder._compile

    def counting(self: Builder, items: Any, *more: Any) -> Any:
        counts.append(len(items))
        return compile_(self, items, *more)

    monkeypatch.setattr(Builder, "_compile", counting)
    yield counts


def do(step: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(json.dumps(STEPS[step]("cpu", arguments)))
    return answer


def rows(answer: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The pairs of a workload and a recipe that were tried."""
    tunings = [values for name, values in answer["records"] if name == "tuning"]
    return {(values["workload"], values["recipe"]) for values in tunings}


def test_a_program_is_cut_built_and_rated_as_by_a_survey(tmp_path: Path, compiled: list[int]) -> None:
    (tmp_path / "nests_of_test_steps.py").write_text(PROGRAM)
    source = f"{tmp_path}/nests_of_test_steps.py:PROGRAM"
    cut = do("cut", {"program": {"source": source, "size": "S"}})
    workloads = {values["digest"]: values for name, values in cut["records"] if name == "workload"}
    assert cut["state"] == "cut" and len(workloads) == 3 and compiled == []
    assert {new["payload"]["workload"] for new in cut["follow"]} == set(workloads)
    assert {values["family"] for values in workloads.values()} == {"nests"}

    found: set[tuple[str, str]] = set()
    records = []
    for workload in workloads.values():
        assert do("build", {"workload": workload, "known": []}) == {"state": "compiled"}
        built = len(compiled)
        rated = do("rate", {"workload": workload, "known": []})
        assert rated["state"] == "measured" and len(compiled) == built, "all was in the builder's cache"
        assert any(name == "embedding" for name, _ in rated["records"])
        found |= rows(rated)
        records += [from_json(KINDS[name], values) for name, values in rated["records"]]
    assert compiled, "something was built ahead"

    swept, surveyed = open_sql_store(tmp_path / "a.db", seed=False), open_sql_store(tmp_path / "b.db", seed=False)
    swept.put_all(records)
    from nests_of_test_steps import two_nests

    assert survey(two_nests, {"N": 40}, database=surveyed, family="nests") == 3
    assert found == {(record.workload, record.recipe) for record in surveyed.records(TuningRecord)}
    assert {r.digest for r in swept.records(WorkloadRecord)} == {r.digest for r in surveyed.records(WorkloadRecord)}
    assert swept.check() == []
    swept.close()
    surveyed.close()


def test_only_recipes_that_are_not_known_are_tried(tmp_path: Path, compiled: list[int]) -> None:
    (tmp_path / "known_nests_of_test_steps.py").write_text(PROGRAM)
    cut = do("cut", {"program": {"source": f"{tmp_path}/known_nests_of_test_steps.py:PROGRAM", "size": "S"}})
    workload = next(values for name, values in cut["records"] if name == "workload")
    every = [proposal.recipe.id for proposal in bank_proposals(LIBRARY)]
    assert do("build", {"workload": workload, "known": every})["state"] == "measured"
    assert do("rate", {"workload": workload, "known": every}) == {"state": "measured", "records": []}
    assert compiled == []
    sequential, baseline = LIBRARY["sequential"].id, LIBRARY["auto_optimize"].id
    rated = do("rate", {"workload": workload, "known": [recipe for recipe in every if recipe != sequential]})
    assert {recipe for _, recipe in rows(rated)} == {sequential, baseline}


def test_a_program_is_tuned_with_the_donors_there_are(tmp_path: Path, compiled: list[int]) -> None:
    (tmp_path / "more_nests_of_test_steps.py").write_text(PROGRAM)
    program = {"source": f"{tmp_path}/more_nests_of_test_steps.py:two_nests", "size": {"N": 40}}
    open_sql_store(tmp_path / "donors.db", seed=False).close()
    how = {"mode": "transfer", "budget": 20.0, "donors": str(tmp_path / "donors.db")}
    tuned = do("tune", {"program": program, **how})
    assert tuned["state"] == "measured" and "two_nests" in tuned["reason"] and rows(tuned)
    store = open_sql_store(tmp_path / "donors.db", seed=False)
    assert store.stats().counts["workloads"] == 0, "workers write to no database"
    store.close()
