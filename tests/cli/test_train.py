"""`dace-transfer train`, and encoding with what it wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import dace
import pytest
from typer.testing import CliRunner, Result

from dace_transfer.cli import app
from dace_transfer.database.records import RecipeRecord, Record, TargetRecord, TuningRecord
from dace_transfer.database.store import open_store
from dace_transfer.database.workloads import record_of
from dace_transfer.workload import workload_of

N = dace.symbol("N")


@dace.program
def scale(a: dace.float64[N], b: dace.float64[N]):
    b[:] = a * 2.0


@pytest.fixture
def database(tmp_path: Path) -> str:
    """Eight workloads of four families; one of two recipes is faster on small ones, the other on large ones."""
    store = open_store(tmp_path / "records.db", seed=False)
    store.put_all([TargetRecord("t", "{}"), *(RecipeRecord(name, name, "") for name in ("left", "right"))])
    for index in range(8):
        store.put_all(_records(index))
    store.close()
    assert run("db", "encode", "--database", str(tmp_path / "records.db")).exit_code == 0
    return str(tmp_path / "records.db")


def _records(index: int) -> Iterator[Record]:
    workload = workload_of(scale.to_sdfg(simplify=True), {"N": 2 ** (2 * index + 3)})
    yield record_of(workload, f"program{index}", f"family{index % 4}")
    for recipe, ratio in (("left", 4.0), ("right", 0.5)):
        ratio = ratio if index < 4 else 2.0 / ratio
        verdict = "FASTER" if ratio > 1 else "SLOWER"
        words = ("because", "[]", "search", "2", "0", "2026-01-01T00:00:00+00:00", "test")
        yield TuningRecord(workload.digest, recipe, "t", "auto_optimize", verdict, ratio, None, None, (), (), *words)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def train(database: str, file: Path, *words: str) -> Result:
    return run("train", "--database", database, "--out", str(file), "--epochs", "2", *words)


def test_training_is_deterministic_and_ends_with_what_it_recovers(database: str, tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.safetensors" for name in ("one", "two", "three")]
    result = train(database, files[0], "--folds", "2")
    assert result.exit_code == 0, result.output
    assert "Wrote the encoder 'learnt-1-" in result.stdout and "learnt\t1\t" in result.stdout
    assert train(database, files[1], "--folds", "0").exit_code == 0
    assert train(database, files[2], "--folds", "0", "--continue", str(files[0])).exit_code == 0
    contents = [file.read_bytes() for file in files]
    assert contents[0] == contents[1] != contents[2]
    assert {path.name for path in tmp_path.glob("*.safetensors*")} == {file.name for file in files}


def test_what_was_trained_encodes_beside_others(database: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.safetensors"
    assert "; 8 encoded, 0 failed." in train(database, file, "--folds", "0").stdout
    assert "0 encoded, 0 failed" in run("db", "encode", "--database", database, "--encoder", str(file)).stdout
    encoders = json.loads(run("db", "stats", "--database", database, "--json").stdout)["encoders"]
    assert len(encoders) == 2 and set(encoders.values()) == {8}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--out", "weights.bin"), "got 'weights.bin'"),
        (("--continue", "nowhere.safetensors"), "'nowhere.safetensors' does not hold"),
        (("--folds", "1"), "1 folds"),
    ],
)
def test_one_sentence_for_what_is_wrong(words: tuple[str, ...], sentence: str, database: str, tmp_path: Path) -> None:
    result = train(database, tmp_path / "some.safetensors", *words)
    assert result.exit_code == 1 and sentence in result.stderr
