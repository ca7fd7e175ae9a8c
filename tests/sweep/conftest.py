"""Sweeps of programs that are not there, by workers that only pretend."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dace_transfer.database.records import RecipeRecord, Record, TargetRecord, TuningRecord, WorkloadRecord
from dace_transfer.sweep.collecting import as_json
from dace_transfer.sweep.spec import Spec, spec_of
from dace_transfer.sweep.task import MEASURED, Answer, Order


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DACE_TRANSFER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


@pytest.fixture
def spec() -> Callable[..., Spec]:
    """A specification of some programs at one size, with other fields as given."""

    def make(count: int = 10, **said: Any) -> Spec:
        programs = [f"programs.py:p{i}" for i in range(count)]
        return spec_of({"programs": programs, "sizes": [{"N": 10}], "mode": "search", "donors": "none", **said}, "test")

    return make


@pytest.fixture
def pretend() -> Callable[[Order], Answer]:
    """Answers an order with one candidate, and differently each time, so that what is stored twice can be seen."""
    return measured


def measured(order: Order) -> Answer:
    digest = order.id.split("-")[0]
    records: list[Record] = [
        TargetRecord("t", "{}"),
        WorkloadRecord(digest, "program", "{}", {"N": 10}, "program", "family"),
        RecipeRecord("r", "recipe", "text"),
        tuning(digest, uuid.uuid4().hex),
    ]
    return Answer(MEASURED, records=tuple(as_json(record) for record in records))


def tuning(workload: str, provenance: str) -> TuningRecord:
    words = ("because", "[]", "search", "2", "0", "2026-01-01T00:00:00+00:00", provenance)
    return TuningRecord(workload, "r", "t", "auto_optimize", "FASTER", 2.0, None, None, (), (), *words)
