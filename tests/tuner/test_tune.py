"""The whole way, with real builds and runs: search, transfer, replay, and what happens when it fails."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import dace
import numpy as np
import pytest

import dace_transfer
from dace_transfer.database.store import open_store
from dace_transfer.errors import DaceTransferError, NoRecordError, WorkloadError
from dace_transfer.report import Report
from dace_transfer.transformations import load_library
from dace_transfer.tuner import explain, session, tune

pytestmark = pytest.mark.alone

N, M = dace.symbol("N"), dace.symbol("M")


@dace.program
def softmax(x: dace.float32[N, M], out: dace.float32[N, M]):
    peak = np.maximum.reduce(x, axis=-1, keepdims=True)
    shifted = np.exp(x - peak)
    out[:] = shifted / np.add.reduce(shifted, axis=-1, keepdims=True)


@dace.program
def centre(x: dace.float64[N, M]):
    mean = np.sum(x, axis=1) / M
    return x - np.reshape(mean, (N, 1))


@pytest.fixture(autouse=True)
def small_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = {name: load_library()[name] for name in ("auto_optimize", "fused")}
    monkeypatch.setattr(session, "load_library", lambda: library)
    monkeypatch.setenv("DACE_TRANSFER_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def inputs(rows: int, columns: int) -> dict[str, np.ndarray]:
    x = np.random.default_rng(0).standard_normal((rows, columns)).astype(np.float32)
    return {"x": x, "out": np.zeros_like(x)}


def test_search_then_transfer_then_replay(tmp_path: Path) -> None:
    database = tmp_path / "records.db"
    arguments = inputs(300, 500)
    kept = {name: value.copy() for name, value in arguments.items()}
    found = tune(softmax, arguments, mode="search", database=database, family="softmax", budget=20)
    assert all(np.array_equal(arguments[name], kept[name]) for name in arguments), "the user's arrays are not changed"
    assert found.report.used in ("tuned", "normalized", "auto_optimize")
    found.compiled(**arguments)
    shifted = np.exp(kept["x"] - kept["x"].max(axis=1, keepdims=True))
    np.testing.assert_allclose(arguments["out"], shifted / shifted.sum(axis=1, keepdims=True), rtol=1e-5)

    y = np.random.default_rng(1).random((200, 700))
    moved = tune(centre, {"x": y}, mode="transfer", database=database)
    attempts = [a for _, d in moved.report.decision.walk() for a in d.attempts]
    if found.report.decision.chosen:
        assert {a.donor_program for a in attempts} & {found.report.program}
    np.testing.assert_allclose(moved.compiled(x=y), y - y.mean(axis=1, keepdims=True), rtol=1e-10, atol=1e-12)

    again = tune(softmax, inputs(300, 500), mode="replay", database=database)
    assert again.report.decision.chosen == found.report.decision.chosen
    with pytest.raises(NoRecordError, match="tune it once"):
        tune(softmax, inputs(301, 500), mode="replay", database=database)

    assert Report.from_json(found.report.to_json()) == found.report
    store = open_store(database, seed=False)
    assert store.check() == []
    store.close()


def test_an_empty_database_leaves_auto_optimize(tmp_path: Path) -> None:
    result = tune(centre, {"N": 20, "M": 30}, database=tmp_path / "records.db")
    assert result.report.used in ("normalized", "auto_optimize")
    assert {d.verdict.name for _, d in result.report.decision.walk()} == {"NO_NEIGHBOUR"}
    x = np.random.default_rng(1).random((20, 30))
    np.testing.assert_allclose(result.compiled(x=x), x - x.mean(axis=1, keepdims=True), rtol=1e-12)


def test_explain_builds_nothing(tmp_path: Path) -> None:
    report = explain(softmax, {"N": 8, "M": 9}, database=tmp_path / "records.db")
    assert report.mode == "explain" and report.decision is not None
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_wrong_requests_get_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DaceTransferError, match="no mode 'best'"):
        tune(softmax, {"N": 8, "M": 9}, mode="best", database=tmp_path / "records.db")
    with pytest.raises(DaceTransferError, match="device 'tpu'"):
        tune(softmax, {"N": 8, "M": 9}, device="tpu", database=tmp_path / "records.db")
    with pytest.raises(WorkloadError, match="'M'"):
        tune(softmax, {"N": 8}, database=tmp_path / "records.db")


def test_a_killed_tuner_leaves_a_usable_database(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import dace, numpy as np\n"
        "N = dace.symbol('N')\n"
        "@dace.program\n"
        "def total(x: dace.float64[N, N], y: dace.float64[N]):\n"
        "    y[:] = np.sum(x * 2, axis=1)\n"
    )
    database = tmp_path / "records.db"
    command = [sys.executable, "-m", "dace_transfer.cli", "tune", f"{program}:total", "--size", "N=64", "--json"]
    command += ["--database", str(database), "--mode", "search", "--budget", "20"]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    for seconds in (1.5, 4.0, 9.0):
        child = subprocess.Popen(command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL)
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        child.wait()
        if database.exists():
            store = open_store(database, seed=False)
            assert store.check() == []
            store.close()
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["used"] in ("tuned", "normalized", "auto_optimize")


def test_importing_the_package_offers_tune() -> None:
    assert dace_transfer.tune is tune
