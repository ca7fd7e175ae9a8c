"""Records that refer to one another, and every kind of store the contract is tested on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from dace_transfer.database.records import (
    EmbeddingRecord,
    RecipeRecord,
    TargetRecord,
    TuningRecord,
    VerificationRecord,
    WorkloadRecord,
)
from dace_transfer.database.store import Store, open_store


def workload(digest="w", program="prog", family="fam", kind="nest", sdfg_json='{"type": "SDFG"}', sizes=None):
    return WorkloadRecord(digest, kind, sdfg_json, {"N": 10, "M": 3} if sizes is None else sizes, program, family)


def embedding(digest="w", vector=(1.0, 2.0), encoder="enc-1", target=""):
    return EmbeddingRecord(digest, encoder, target, np.array(vector, np.float32))


def recipe(id="r", name="tile it", text="tile 32\n"):
    return RecipeRecord(id, name, text)


def target(digest="t", description='{"kind": "cpu"}'):
    return TargetRecord(digest, description)


TIME = "2026-01-01T00:00:00+00:00"


def tuning(workload="w", recipe="r", target="t", verdict="FASTER", ratio=2.0, created=TIME, **more):
    values = {"baseline": "auto_optimize", "low": 1.9, "high": 2.1, "reason": "It is.", "trace": "[]"}
    values |= {"samples": (0.1, 1 / 3), "baseline_samples": (0.2, 2 / 3), "mode": "measure"}
    values |= {"dace_version": "2.0.0b1", "package_version": "0.1.0", "provenance": "test"} | more
    return TuningRecord(workload, recipe, target, verdict=verdict, ratio=ratio, created=created, **values)


def verification(workload="w", recipe="r", target="t", ok=True, kind="", **more):
    values = {"reason": "", "max_error": 1e-17, "tolerance": 1e-12, "trials": 3}
    values |= {"dace_version": "2.0.0b1", "created": TIME} | more
    return VerificationRecord(workload, recipe, target, ok, kind, **values)


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    return SimpleNamespace(
        workload=workload,
        embedding=embedding,
        recipe=recipe,
        target=target,
        tuning=tuning,
        verification=verification,
    )


@pytest.fixture
def new_store(tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Open as many empty stores in files as a test wants."""
    stores: list[Store] = []

    def build() -> Store:
        stores.append(open_store(tmp_path / f"{len(stores)}.sqlite"))
        return stores[-1]

    yield build
    for store in stores:
        store.close()


@pytest.fixture(params=["sqlite file", "sqlite memory", "postgresql"])
def store(request: pytest.FixtureRequest, new_database: Callable[[str], Any]) -> Iterator[Store]:
    """An empty store of each kind."""
    with new_database(request.param) as location:
        opened = open_store(location)
        yield opened
        opened.close()
