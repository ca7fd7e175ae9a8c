"""Make the database that is shipped: search every benchmark program at every size, and export what was learnt.

    python -m benchmarks.seed --database FILE [--preset S --preset M] [--budget 120] [--export seed.jsonl.gz]

A run that was stopped goes on where it was: a program and preset that was searched to the end before is skipped.
Nothing else may run on the machine meanwhile.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.programs import PROGRAMS
from benchmarks.programs.base import Program
from dace_transfer.database import exchange
from dace_transfer.database.store import Store, open_store
from dace_transfer.errors import told
from dace_transfer.hardware import describe_cpu
from dace_transfer.transformations.normalization import normalize
from dace_transfer.tuner import tune
from dace_transfer.tuner.arguments import infer_sizes
from dace_transfer.tuner.parsing import parse
from dace_transfer.workload import workload_of

app = typer.Typer()


@app.command()
def main(
    database: Annotated[Path, typer.Option(help="Database file the records go to.")],
    preset: Annotated[list[str] | None, typer.Option(help="Sizes to search at.")] = None,
    programs: Annotated[str, typer.Option(help="Comma-separated names; all by default.")] = "",
    budget: Annotated[float, typer.Option(help="Seconds per program and size.")] = 120.0,
    export: Annotated[Path | None, typer.Option(help="Export everything to this file at the end.")] = None,
) -> None:
    """Search programs one after the other."""
    store = open_store(database, seed=False)
    names = programs.split(",") if programs else list(PROGRAMS)
    jobs = [(PROGRAMS[name], size) for size in preset or ["S", "M"] for name in names]
    for index, (program, size) in enumerate(jobs, 1):
        outcome = _search(store, program, size, budget)
        print(f"[{index}/{len(jobs)}] {program.name} {size}: {outcome}", flush=True)
    if export is not None:
        exchange.export_to(store, export)
    store.close()


def _search(store: Store, program: Program, size: str, budget: float) -> str:
    try:
        return _search_once(store, program, size, budget)
    except Exception as error:  # noqa: BLE001  One program must not end a sweep of hours.
        return f"failed: {told(error)}"


def _search_once(store: Store, program: Program, size: str, budget: float) -> str:
    arguments = program.inputs(size)
    sizes = dict(program.sizes[size])
    original = parse(program.program)
    root = workload_of(normalize(original), infer_sizes(original, {**sizes, **arguments}))
    if any(record.mode == "search" for record in store.tunings(root.digest, describe_cpu().digest)):
        return "searched before"
    start = time.monotonic()
    # A store of its own, so that nothing one family found reaches the records of another.
    with tempfile.TemporaryDirectory(prefix="dace-transfer-seed-") as folder:
        own = open_store(Path(folder) / "own.db", seed=False)
        try:
            given = {**sizes, **arguments}
            report = tune(
                program.program, given, mode="search", budget=budget, database=own, family=program.family
            ).report
            exchange.merge(store, own)
        finally:
            own.close()
    ratio = f"{report.ratio:.2f}x" if report.ratio else "not timed"
    return f"{report.used}, {report.verdict.value}, {ratio}, {time.monotonic() - start:.0f} s. {report.reason}"


if __name__ == "__main__":
    app()
