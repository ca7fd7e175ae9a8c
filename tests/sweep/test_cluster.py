"""Dask's workers do what threads do, and the same comes out."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from dace_transfer.database.opening import open_sql_store
from dace_transfer.database.records import TuningRecord
from dace_transfer.errors import SweepError
from dace_transfer.sweep import cluster
from dace_transfer.sweep.cluster import Dask, job_arguments, local_workers, open_dask
from dace_transfer.sweep.coordinator import Pace
from dace_transfer.sweep.run import run_sweep
from dace_transfer.sweep.spec import Spec, Workers

WORK = """
import time, uuid
from dace_transfer.database.records import RecipeRecord, TargetRecord, TuningRecord, WorkloadRecord
from dace_transfer.sweep.collecting import as_json
from dace_transfer.sweep.task import Answer

def work(order):
    time.sleep(0.05)
    digest = order.id.split("-")[0]
    words = ("because", "[]", "search", "2", "0", "2026-01-01T00:00:00+00:00", uuid.uuid4().hex)
    records = [
        TargetRecord("t", "{}"),
        WorkloadRecord(digest, "program", "{}", {"N": 10}, "program", "family"),
        RecipeRecord("r", "recipe", "text"),
        TuningRecord(digest, "r", "t", "auto_optimize", "FASTER", 2.0, None, None, (), (), *words),
    ]
    return Answer("measured", records=tuple(as_json(record) for record in records))
"""


def test_one_worker_for_each_device_and_any_number_that_compute() -> None:
    workers = local_workers(Workers(engine="local", compile=2, measure=2), ["cpu", "cuda"])
    assert {name: tuple(it["resources"].items()) for name, it in workers.items()} == {
        "compile-0": (("compile", 1),),
        "compile-1": (("compile", 1),),
        "measure-cpu-0": (("measure-cpu", 1),),
        "measure-cpu-1": (("measure-cpu", 1),),
        "measure-cuda-0": (("measure-cuda", 1),),
        "measure-cuda-1": (("measure-cuda", 1),),
    }
    pinned = {name: it["env"] for name, it in workers.items() if it["env"]}
    assert pinned == {f"measure-cuda-{i}": {"CUDA_VISIBLE_DEVICES": str(i)} for i in range(2)}
    assert job_arguments(["cpu"]) == ["--nthreads", "1", "--resources", "compile=1,measure-cpu=1"]


def test_without_dask_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(f"No module named '{name}'")

    monkeypatch.setattr(cluster.importlib, "import_module", missing)
    with pytest.raises(SweepError, match=r"pip install 'dace_transfer\[sweep\]', or choose the engine 'in-process'"):
        open_dask(Workers(engine="local"), ["cpu"])


def test_workers_of_this_machine_that_are_killed_cost_nothing_but_time(
    spec: Callable[..., Spec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'dace_transfer[sweep]'.")
    (tmp_path / "work_of_test_cluster.py").write_text(WORK)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    import work_of_test_cluster

    engines: list[Dask] = []

    def open_engine(spec: Spec) -> Dask:
        engines.append(open_dask(Workers(engine="local", measure=2), spec.targets, work_of_test_cluster.work))
        return engines[-1]

    killed: list[int] = []

    def kill() -> None:
        while not engines:
            time.sleep(0.1)
        for _ in range(3):
            time.sleep(0.7)
            # A worker may be gone or not yet back when it is asked.
            with contextlib.suppress(Exception):
                named = engines[-1]._client.run(lambda dask_worker: (str(dask_worker.name), os.getpid())).values()
                victim = next(process for name, process in sorted(named) if name.startswith("measure"))
                os.kill(victim, signal.SIGKILL)
                killed.append(victim)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    pace = Pace(poll=0.05, write=0.05, pause=0.1)
    counts = run_sweep(spec(150), tmp_path, tmp_path / "test.db", open_engine=open_engine, pace=pace)
    killer.join()
    assert counts.states == {"measured": 150} and killed
    store = open_sql_store(tmp_path / "test.db", seed=False)
    assert set(Counter(record.workload for record in store.records(TuningRecord)).values()) == {1}
    assert len(list(store.records(TuningRecord))) == 150
    store.close()
