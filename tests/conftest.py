"""Programs written as raw C++, a builder for them, and a database as a survey leaves it."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import dace
import numpy as np
import pytest

from dace_transfer.building.builder import Builder
from dace_transfer.database.records import EmbeddingRecord, RecipeRecord, TargetRecord, TuningRecord, WorkloadRecord
from dace_transfer.database.store import open_store
from dace_transfer.embeddings.features import FEATURES
from dace_transfer.target import Target

POSTGRES = os.environ.get("DACE_TRANSFER_TEST_POSTGRES", "")
RIGHT = "for (int i = 0; i < N; i++) b[i] = 2 * a[i];"


@pytest.fixture(scope="session")
def target() -> Target:
    return Target("cpu", "any", (), 2, (), "any", "")


@pytest.fixture(scope="session")
def raw() -> Callable[..., dace.SDFG]:
    return raw_program


@pytest.fixture(scope="module")
def builder(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Builder]:
    with Builder(target, tmp_path_factory.mktemp("builds"), workers=1) as it:
        yield it


def raw_program(code: str = RIGHT, dtype: dace.typeclass = dace.float64, name: str = "raw") -> dace.SDFG:
    """A program of `a` (read) and `b` (written), both of N elements, that is one piece of C++."""
    sdfg = dace.SDFG(name)
    size = dace.symbol("N")
    sdfg.add_array("A", [size], dtype)
    sdfg.add_array("B", [size], dtype)
    state = sdfg.add_state()
    tasklet = state.add_tasklet("raw", {"a"}, {"b"}, code, language=dace.Language.CPP)
    state.add_edge(state.add_read("A"), None, tasklet, "a", dace.Memlet("A[0:N]"))
    state.add_edge(tasklet, "b", state.add_write("B"), None, dace.Memlet("B[0:N]"))
    return sdfg


@pytest.fixture
def new_database(tmp_path: Path) -> Callable[[str], Any]:
    """Makes a database: "sqlite file", "sqlite memory" or "postgresql"."""
    return partial(NewDatabase, tmp_path)


class NewDatabase:
    """Where an empty database is, while it is entered: a file, memory or, where there is a server, a schema on it."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.kind, self.folder, self.schema = kind, folder, f"test_{uuid.uuid4().hex}"

    def __enter__(self) -> str | Path:
        if self.kind == "sqlite file":
            return self.folder / "store.sqlite"
        if self.kind == "sqlite memory":
            return "sqlite://"
        if not POSTGRES:
            pytest.skip("DACE_TRANSFER_TEST_POSTGRES names no database.")
        self._run(f"CREATE SCHEMA {self.schema}")
        return f"{POSTGRES}{'&' if '?' in POSTGRES else '?'}options=-csearch_path%3D{self.schema}"

    def __exit__(self, *_: object) -> None:
        if self.kind == "postgresql" and POSTGRES:
            self._run(f"DROP SCHEMA {self.schema} CASCADE")

    def _run(self, statement: str) -> None:
        import sqlalchemy

        engine = sqlalchemy.create_engine(POSTGRES)
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text(statement))
        engine.dispose()


@pytest.fixture
def surveyed(tmp_path: Path) -> str:
    """Ten workloads of five families; their first feature says which of two recipes is faster, the other is slower."""
    path = tmp_path / "surveyed.db"
    store = open_store(path, seed=False)
    target = json.dumps({"model": "some CPU", "threads": 2, "compiler": "gcc 12"})
    store.put_all([TargetRecord("t", target), *(RecipeRecord(name, name, "") for name in ("left", "right", "never"))])
    for index in range(10):
        digest, side = f"w{index}", index % 2
        vector = np.array([side, *[0.0] * (len(FEATURES) - 1)], np.float32)
        ratios = {"left": (4.0, 0.5)[side], "right": (0.5, 4.0)[side], "never": None}
        store.put_all([WorkloadRecord(digest, "nest", "{}", {}, f"program{index}", f"family{index // 2}")])
        store.put_all([EmbeddingRecord(digest, "symbolic-2", "", vector)])
        store.put_all(_tuned(digest, recipe, ratio) for recipe, ratio in ratios.items())
    store.close()
    return str(path)


def _tuned(digest: str, recipe: str, ratio: float | None) -> TuningRecord:
    verdict = "NOT_APPLICABLE" if ratio is None else "FASTER" if ratio > 1 else "SLOWER"
    words = ("because", "[]", "search", "2", "0", "2026-01-01T00:00:00+00:00", "test")
    return TuningRecord(digest, recipe, "t", "auto_optimize", verdict, ratio, None, None, (), (), *words)
