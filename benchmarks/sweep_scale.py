"""How many outcomes a second a coordinator takes in, and how long it takes to resume a sweep of many tasks.

    python -m benchmarks.sweep_scale [--tasks 20000] [--resumed 1000000] [--workers 64] [--json OUT.json]

Leases, batches and states are those of a real sweep, in a database of its own on disk. Workers only pretend: each
answers at once with one candidate, which brings a workload, a recipe, a target and an outcome.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.context import describe
from benchmarks.options import Json
from benchmarks.table import cells, write
from dace_transfer.cli.output import one_sentence
from dace_transfer.database.opening import open_sql_store
from dace_transfer.database.records import RecipeRecord, Record, TargetRecord, TuningRecord, WorkloadRecord
from dace_transfer.hardware import describe_cpu
from dace_transfer.sweep.collecting import as_json
from dace_transfer.sweep.coordinator import Coordinator
from dace_transfer.sweep.counting import count as look
from dace_transfer.sweep.engine import InProcess
from dace_transfer.sweep.ledger import Ledger
from dace_transfer.sweep.owner import is_gone, owner_name
from dace_transfer.sweep.spec import Spec, spec_of
from dace_transfer.sweep.task import MEASURED, TUNE, Answer, NewTask, Order, Task, measuring

_SWEEP, _DEVICE = "scale", "cpu"
_SAMPLES = (0.001,) * 20

app = typer.Typer()


@app.command()
def main(
    tasks: Annotated[int, typer.Option(help="Tasks of the sweep that is run.")] = 20_000,
    resumed: Annotated[int, typer.Option(help="Tasks of the sweep that is resumed.")] = 1_000_000,
    workers: Annotated[int, typer.Option(help="Workers that pretend.")] = 64,
    json: Json = None,
) -> None:
    """Measure the coordinator."""
    with one_sentence(), tempfile.TemporaryDirectory(prefix="dace-transfer-scale-") as folder:
        rows = [*run(Path(folder) / "run.db", tasks, workers), *resume(Path(folder) / "resume.db", resumed, workers)]
        text = render(rows, describe(describe_cpu()))
        print(text)
        if json is not None:
            write(rows, text, json)


def run(database: Path, count: int, workers: int) -> list[dict[str, Any]]:
    """Run a sweep from its plan to its end; seconds of both."""
    store = open_sql_store(database, seed=False)
    ledger = Ledger(store, _SWEEP, owner_name())
    planning = _timed(lambda: _plan(ledger, count))
    running = _timed(lambda: _coordinator(ledger, workers).run(threading.Event()))
    store.close()
    what = "leases, answers, records and states"
    return [
        {"what": "planning", "count": count, "seconds": planning, "per_second": count / planning},
        {"what": what, "count": count, "seconds": running, "per_second": count / running},
    ]


def resume(database: Path, count: int, workers: int) -> list[dict[str, Any]]:
    """Plan a sweep, stop it at once, and run it again until the first answers are written; seconds of the latter."""
    store = open_sql_store(database, seed=False)
    planning = _timed(lambda: _plan(Ledger(store, _SWEEP, owner_name()), count))
    store.close()

    def first_answers() -> None:
        opened = open_sql_store(database, seed=False)
        ledger = Ledger(opened, _SWEEP, owner_name())
        _plan(ledger, count)
        look(opened, _SWEEP)
        stopping = threading.Event()
        _coordinator(ledger, workers, after=1000, stopping=stopping).run(stopping)
        opened.close()

    seconds = _timed(first_answers)
    return [
        {"what": "planning", "count": count, "seconds": planning, "per_second": count / planning},
        {"what": "resuming, until 1000 answers are written", "count": count, "seconds": seconds, "per_second": None},
    ]


def render(rows: list[dict[str, Any]], context: dict[str, Any]) -> str:
    """The table, with the circumstances over it."""
    lines = [
        "# What a coordinator of sweeps takes in",
        "",
        "`python -m benchmarks.sweep_scale`",
        "",
        f"- {context['device']}; Python {context['python']}, {context['date'][:10]}",
        "- Workers only pretend; the database is a file, and everything else as in a real sweep.",
        "",
        cells(["what", "tasks", "s", "tasks a second"]),
        cells(["---", "---:", "---:", "---:"]),
    ]
    for row in rows:
        rate = "" if row["per_second"] is None else f"{row['per_second']:.0f}"
        lines.append(cells([row["what"], f"{row['count']}", f"{row['seconds']:.1f}", rate]))
    return "\n".join(lines) + "\n"


def _plan(ledger: Ledger, count: int) -> None:
    if not ledger.begin(_spec()):
        ledger.plan(_tasks(count))


def _tasks(count: int) -> Iterator[NewTask]:
    for number in range(count):
        payload = {"program": {"source": f"programs.py:p{number}", "size": {"N": 10}}, "mode": "search", "budget": None}
        yield NewTask(TUNE, _DEVICE, str(number), f"programs.py:p{number} N=10", payload)


def _coordinator(
    ledger: Ledger, workers: int, after: float = float("inf"), stopping: threading.Event | None = None
) -> Coordinator:
    answered = 0

    def work(order: Order) -> Answer:
        nonlocal answered
        answered += 1
        if answered >= after and stopping is not None:
            stopping.set()
        return _pretend(order)

    def order_of(task: Task) -> Order:
        return Order(f"{task.id}-0", task.step, task.role, task.device, task.payload)

    role = measuring(_DEVICE)
    return Coordinator(ledger, [role], lambda: InProcess({role: workers}, work), order_of, is_gone)


def _pretend(order: Order) -> Answer:
    digest = order.id.split("-")[0]
    words = ("It is right.", "[]", "search", "2", "0", "2026-01-01T00:00:00+00:00", "scale")
    records: list[Record] = [
        TargetRecord("t", "{}"),
        WorkloadRecord(digest, "program", "{}", {"N": 10}, "program", "family"),
        RecipeRecord("r", "recipe", "text"),
        TuningRecord(digest, "r", "t", "auto_optimize", "FASTER", 2.0, 1.9, 2.1, _SAMPLES, _SAMPLES, *words),
    ]
    return Answer(MEASURED, records=tuple(as_json(record) for record in records))


def _spec() -> Spec:
    return spec_of({"programs": ["programs.py:p"], "sizes": [{"N": 10}]}, "scale")


def _timed(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    app()
