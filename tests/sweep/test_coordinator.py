"""Whoever is lost or stopped, every task gets one final state, and every candidate is stored once."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from dace_transfer.database.opening import open_sql_store
from dace_transfer.database.records import TuningRecord, WorkloadRecord
from dace_transfer.errors import EngineLostError, StoreError, SweepError
from dace_transfer.sweep.coordinator import Pace
from dace_transfer.sweep.counting import Counts
from dace_transfer.sweep.engine import InProcess
from dace_transfer.sweep.ledger import Ledger
from dace_transfer.sweep.run import News, run_sweep
from dace_transfer.sweep.spec import Spec
from dace_transfer.sweep.task import (
    COMPILE,
    DISK,
    DONE_CUTTING,
    LOST,
    MEASURED,
    RATE,
    Answer,
    NewTask,
    Order,
    again,
    failed,
    measuring,
)

QUICK = Pace(poll=0.05, write=0.02, batch=8, beat=0.5, reclaim=0.2, pause=0.05, patience=5.0)
SLOTS = {COMPILE: 2, measuring("cpu"): 2}
Work = Callable[[Order], Answer]


def sweep(spec: Spec, folder: Path, work: Work, **more: Any) -> Counts:
    options: Mapping[str, Any] = {"pace": QUICK, "open_engine": lambda spec: InProcess(SLOTS, work), **more}
    return run_sweep(spec, folder, folder / "test.db", **options)


def outcomes(folder: Path) -> Counter[str]:
    """How often each workload was tuned, as the database says."""
    store = open_sql_store(folder / "test.db", seed=False)
    found = Counter(record.workload for record in store.records(TuningRecord))
    assert store.check() == []
    store.close()
    return found


def once_each(folder: Path, count: int) -> bool:
    found = outcomes(folder)
    return len(found) == count and set(found.values()) == {1}


def test_all_is_done_once(spec: Callable[..., Spec], tmp_path: Path, pretend: Work) -> None:
    heard: list[News] = []
    counts = sweep(spec(30), tmp_path, pretend, hear=heard.append)
    assert (counts.states, counts.leased, counts.outcomes) == ({"measured": 30}, 0, {"faster": 30})
    assert once_each(tmp_path, 30)
    assert heard and heard[-1].trouble == ""
    assert sweep(spec(30), tmp_path, lambda order: pytest.fail("nothing is left")).finished == 30


def test_programs_are_cut_and_what_they_share_is_built_and_rated_once(
    spec: Callable[..., Spec], tmp_path: Path, pretend: Work
) -> None:
    asked: list[str] = []

    def work(order: Order) -> Answer:
        asked.append(order.step)
        if order.step != "cut":
            assert order.arguments["workload"]["digest"] in ("own0", "own1", "shared")
            return Answer("compiled") if order.step == "build" else Answer(MEASURED)
        own = f"own{order.arguments['program']['source'][-1]}"
        records = tuple(
            ("workload", {**workload, "digest": digest})
            for name, workload in pretend(order).records
            if name == "workload"
            for digest in (own, "shared")
        )
        follow = (NewTask(RATE, "cpu", d, d, {"workload": d, "target": "t"}) for d in (own, "shared"))
        return Answer(DONE_CUTTING, records=records, follow=tuple(follow))

    counts = sweep(spec(2, mode="bank"), tmp_path, work)
    assert counts.states == {"cut": 2, "measured": 3}
    assert Counter(asked) == {"cut": 2, "build": 3, "rate": 3}


def test_workers_are_told_what_the_database_holds(spec: Callable[..., Spec], tmp_path: Path, pretend: Work) -> None:
    def work(order: Order) -> Answer:
        if order.step == "cut":
            answer = pretend(order)
            follow = NewTask(RATE, "cpu", "x", "x", {"workload": order.id.split("-")[0], "target": "t"})
            return Answer(DONE_CUTTING, records=answer.records, follow=(follow,))
        assert (order.step, order.arguments["known"]) == ("build", ["r"])
        return Answer(MEASURED)

    assert sweep(spec(1, mode="bank"), tmp_path, work).states == {"cut": 1, "measured": 1}, "it is not rated again"


def test_lost_workers_and_full_disks_cost_nothing_but_time(
    spec: Callable[..., Spec], tmp_path: Path, pretend: Work
) -> None:
    chance, tries = random.Random(5), []

    def work(order: Order) -> Answer:
        fate = chance.random()
        tries.append(order.id)
        if fate < 0.2:
            return again(LOST, "The worker was killed.")
        if fate < 0.25:
            return again(DISK, "There is no room.")
        if fate < 0.3:
            raise OSError("The worker fell over.")
        return pretend(order)

    counts = sweep(spec(60), tmp_path, work)
    assert counts.states == {"measured": 60} and len(tries) > 70
    assert once_each(tmp_path, 60)


def test_failures_are_outcomes(spec: Callable[..., Spec], tmp_path: Path, pretend: Work) -> None:
    kinds = {"p1": "timeout", "p3": "WorkloadError"}

    def work(order: Order) -> Answer:
        kind = kinds.get(order.arguments["program"]["source"].split(":")[1])
        return failed(kind, "It does not work.") if kind else pretend(order)

    counts = sweep(spec(5), tmp_path, work)
    assert counts.failures == {"timeout": 1, "WorkloadError": 1} and counts.finished == 5


def test_a_sweep_that_is_stopped_gives_everything_back_and_goes_on(
    spec: Callable[..., Spec], tmp_path: Path, pretend: Work
) -> None:
    stopping, finished = threading.Event(), []

    def work(order: Order) -> Answer:
        time.sleep(0.02)
        finished.append(order.id)
        if len(finished) > 10:
            stopping.set()
        return pretend(order)

    counts = sweep(spec(60), tmp_path, work, stopping=stopping)
    assert 5 < counts.finished < 60 and counts.leased == 0
    assert sweep(spec(60), tmp_path, pretend).states == {"measured": 60}
    assert once_each(tmp_path, 60)


def test_workers_that_are_gone_are_waited_for(spec: Callable[..., Spec], tmp_path: Path, pretend: Work) -> None:
    opened = []

    class Fragile(InProcess):
        def completed(self, timeout: float) -> list[tuple[str, Answer]]:
            if len(opened) < 4 and len(outcomes(tmp_path)) > 5 * len(opened):
                raise EngineLostError("The scheduler is gone.")
            return super().completed(timeout)

    def open_engine(spec: Spec) -> Fragile:
        if len(opened) == 2:
            opened.append("a try that failed")
            raise EngineLostError("It is still gone.")
        opened.append("an engine")
        return Fragile(SLOTS, pretend)

    assert sweep(spec(40), tmp_path, pretend, open_engine=open_engine).states == {"measured": 40}
    assert len(opened) == 4 and once_each(tmp_path, 40)


def test_workers_that_cannot_be_had_at_all_are_told_at_once(
    spec: Callable[..., Spec], tmp_path: Path, pretend: Work
) -> None:
    def open_engine(spec: Spec) -> InProcess:
        raise EngineLostError("There is no scheduler.")

    with pytest.raises(SweepError, match="There is no scheduler"):
        sweep(spec(1), tmp_path, pretend, open_engine=open_engine)


def test_a_database_that_cannot_be_written_for_a_while_is_waited_for(
    spec: Callable[..., Spec], tmp_path: Path, pretend: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = iter([False, False, True, True, True])
    finish = Ledger.finish

    def fragile(self: Ledger, done: Any) -> Any:
        if next(broken, False):
            raise StoreError("It cannot be used.") from OperationalError("", {}, Exception("disk is full"))
        return finish(self, done)

    monkeypatch.setattr(Ledger, "finish", fragile)
    counts = sweep(spec(30), tmp_path, pretend)
    assert counts.states == {"measured": 30} and once_each(tmp_path, 30)


def test_an_answer_that_the_store_refuses_fails_alone(spec: Callable[..., Spec], tmp_path: Path, pretend: Work) -> None:
    def work(order: Order) -> Answer:
        answer = pretend(order)
        if order.arguments["program"]["source"].endswith(":p3"):
            # Its tuning refers to a workload that it does not bring.
            return Answer(MEASURED, records=tuple(r for r in answer.records if r[0] != "workload"))
        return answer

    counts = sweep(spec(6), tmp_path, work)
    assert counts.states == {"measured": 5, "failed": 1} and counts.failures == {"store": 1}


def test_two_coordinators_share_one_sweep(spec: Callable[..., Spec], tmp_path: Path, pretend: Work) -> None:
    sides: list[str] = []

    def side(name: str) -> None:
        def work(order: Order) -> Answer:
            time.sleep(0.02)
            sides.append(name)
            return pretend(order)

        sweep(spec(200), tmp_path, work)

    open_sql_store(tmp_path / "test.db", seed=False).close()
    threads = [threading.Thread(target=side, args=(name,)) for name in ("left", "right")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert once_each(tmp_path, 200)
    assert len(sides) == 200 and set(sides) == {"left", "right"}


COORDINATOR = """
import sys, time, uuid
from pathlib import Path
from dace_transfer.database.records import RecipeRecord, TargetRecord, TuningRecord, WorkloadRecord
from dace_transfer.sweep.collecting import as_json
from dace_transfer.sweep.coordinator import Pace
from dace_transfer.sweep.engine import InProcess
from dace_transfer.sweep.run import run_sweep
from dace_transfer.sweep.spec import spec_of
from dace_transfer.sweep.task import Answer

def work(order):
    time.sleep(0.005)
    digest = order.id.split("-")[0]
    words = ("because", "[]", "search", "2", "0", "2026-01-01T00:00:00+00:00", uuid.uuid4().hex)
    records = [
        TargetRecord("t", "{}"),
        WorkloadRecord(digest, "program", "{}", {"N": 10}, "program", "family"),
        RecipeRecord("r", "recipe", "text"),
        TuningRecord(digest, "r", "t", "auto_optimize", "FASTER", 2.0, None, None, (), (), *words),
    ]
    return Answer("measured", records=tuple(as_json(record) for record in records))

said = {"programs": [f"programs.py:p{i}" for i in range(400)], "sizes": [{"N": 10}], "donors": "none"}
folder = Path(sys.argv[1])
pace = Pace(poll=0.05, write=0.02, batch=8, beat=0.5, reclaim=0.2)
counts = run_sweep(
    spec_of(said, ""), folder, folder / "test.db", pace=pace,
    open_engine=lambda spec: InProcess({"compile": 1, "measure-cpu": 2}, work),
    hear=lambda news: print(news.counts.finished, flush=True),
)
print("all", counts.states, flush=True)
"""


@pytest.mark.parametrize("seed", [1, 2])
def test_a_coordinator_that_is_killed_goes_on_where_it_was(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", COORDINATOR, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.4))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert set(outcomes(tmp_path).values()) <= {1}
    done = subprocess.run(
        [sys.executable, "-c", COORDINATOR, str(tmp_path)], capture_output=True, text=True, timeout=120, check=True
    )
    assert "all {'measured': 400}" in done.stdout
    assert once_each(tmp_path, 400)
    store = open_sql_store(tmp_path / "test.db", seed=False)
    assert len(list(store.records(WorkloadRecord))) == 400
    store.close()


def test_tasks_of_another_kind_of_worker_wait_for_it(spec: Callable[..., Spec], tmp_path: Path, pretend: Work) -> None:
    stopping = threading.Event()
    threading.Timer(1.0, stopping.set).start()
    without = {"open_engine": lambda spec: InProcess({COMPILE: 1}, pretend), "stopping": stopping}
    counts = sweep(spec(3), tmp_path, pretend, **without)
    assert counts.states == {"queued": 3} and counts.leased == 0
