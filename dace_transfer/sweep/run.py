"""Runs a sweep from its specification to its end, or from where it was stopped."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from dace_transfer.database.opening import open_sql_store
from dace_transfer.database.sql import SqlStore
from dace_transfer.errors import StoreError
from dace_transfer.sweep.cluster import open_dask
from dace_transfer.sweep.collecting import as_json
from dace_transfer.sweep.coordinator import Coordinator, Pace
from dace_transfer.sweep.counting import Counts, count
from dace_transfer.sweep.donors import snapshot
from dace_transfer.sweep.engine import Engine, InProcess
from dace_transfer.sweep.ledger import Ledger
from dace_transfer.sweep.owner import is_gone, owner_name
from dace_transfer.sweep.plan import planned
from dace_transfer.sweep.spec import IN_PROCESS, Spec
from dace_transfer.sweep.task import COMPILE, RATE, Answer, Order, Task, failed, measuring
from dace_transfer.sweep.work import Crew

_LOOK = 2.0  # Seconds between two looks at where a sweep stands,
_SHARE = 50.0  # and how many times as long as one look takes.


@dataclass(frozen=True)
class News:
    """What a sweep tells of itself while it runs.

    Attributes:
        counts: Where it stands.
        trouble: What is in the way; "" when nothing is.
        dashboard: Where Dask shows what its workers do; "" for nowhere.
    """

    counts: Counts
    trouble: str
    dashboard: str


def run_sweep(
    spec: Spec,
    folder: Path,
    database: str | Path | None = None,
    *,
    hear: Callable[[News], None] = lambda news: None,
    stopping: threading.Event | None = None,
    open_engine: Callable[[Spec], Engine] | None = None,
    pace: Pace | None = None,
) -> Counts:
    """Run a sweep until every task has its final state, or until it is to stop; nothing is done twice.

    Any number of processes may run the same sweep on one database at once; they share its tasks.

    Args:
        spec: What is to be done, and by whom.
        folder: Where its files are looked for.
        database: File or URL, the user's own by default.
        hear: Told every now and then where the sweep stands.
        stopping: Set to stop it; what is under way is given back.
        open_engine: Other workers than the specification's.
        pace: How often things are done.

    Returns:
        Where it stands at the end.

    Raises:
        SweepError: Programs are not where the specification says, or workers cannot be had.
        StoreError: The database cannot be used.
    """
    sweep = spec.id(folder)
    store = open_sql_store(database, seed=database is None)
    try:
        ledger = Ledger(store, sweep, owner_name())
        if not ledger.begin(spec):
            ledger.plan(planned(spec, folder))
        coordinator = Coordinator(
            ledger,
            [COMPILE, *map(measuring, spec.targets)],
            lambda: (open_engine or engine_of)(spec),
            _orders(spec, snapshot(spec, folder, sweep, store), store),
            is_gone,
            pace,
            _listening(hear, store, sweep),
        )
        coordinator.run(stopping or threading.Event())
        return count(store, sweep)
    finally:
        store.close()


def engine_of(spec: Spec) -> Engine:
    """Start or find the workers that a specification asks for."""
    workers = spec.workers
    if workers.engine != IN_PROCESS:
        return open_dask(workers, spec.targets)
    crew = Crew()
    slots = {COMPILE: workers.compile, **{measuring(device): workers.measure for device in spec.targets}}
    return InProcess(slots, crew.work, crew.stop)


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that is set when the process is asked to end; asked again, it ends at once."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()
        signal.signal(number, before[number])

    before: dict[int, Any] = {}
    for asked in (signal.SIGINT, signal.SIGTERM):
        before[asked] = signal.signal(asked, stop)
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _orders(spec: Spec, donors: str, store: SqlStore) -> Callable[[Task], Order | Answer]:
    """How orders are made of tasks; they name the recipes that are known on a workload, which are not tried again."""
    serial = itertools.count()
    said = os.environ.get("OMP_NUM_THREADS", "")
    threads = spec.threads or (int(said) if said.isdigit() and int(said) else None)

    def order_of(task: Task) -> Order | Answer:
        arguments = dict(task.payload)
        if task.kind == RATE:
            digest, target = arguments["workload"], arguments["target"]
            record = store.get_workload(digest)
            if record is None:
                return failed("workload", f"The database holds no workload '{digest}' any more.")
            known = sorted({tuning.recipe for tuning in store.tunings(digest, target)})
            arguments = {"workload": as_json(record)[1], "known": known}
        name = f"{task.id}-{next(serial)}"
        arguments["donors"] = donors
        return Order(name, task.step, task.role, task.device, arguments, threads, spec.workers.timeout)

    return order_of


def _listening(hear: Callable[[News], None], store: SqlStore, sweep: str) -> Callable[[str, str], None]:
    """Look at where a sweep stands, seldom enough that it costs nothing."""
    next_look, known = 0.0, Counts({}, 0, {}, {}, 0, 1.0)

    def listen(trouble: str, dashboard: str) -> None:
        nonlocal next_look, known
        begun = time.monotonic()
        if begun < next_look:
            return
        # Where the database cannot be used, that is what there is to tell.
        with suppress(StoreError):
            known = count(store, sweep)
        hear(News(known, trouble, dashboard))
        ended = time.monotonic()
        next_look = ended + max(_LOOK, _SHARE * (ended - begun))

    return listen
