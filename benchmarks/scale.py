"""How fast workloads are encoded, and how fast neighbours are found among many.

    python -m benchmarks.scale [--database FILE] [--encoders features,learnt] [--json OUT.json]

Workloads are those of the database, loaded beforehand. Vectors among which neighbours are looked for are theirs, each
many times over with its numbers moved at random, in the memory of one process.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
import typer

from benchmarks.context import describe
from benchmarks.options import Database, Json, listed
from benchmarks.quiet import Quiet
from benchmarks.table import cells, write
from dace_transfer.cli.output import one_sentence
from dace_transfer.database.nearest import Block, nearest
from dace_transfer.database.records import Vector
from dace_transfer.database.store import open_store
from dace_transfer.database.workloads import once_each, workload_in
from dace_transfer.embeddings import Encoder
from dace_transfer.embeddings.encoders import encoder_named
from dace_transfer.hardware import describe_cpu
from dace_transfer.search.neighbours import NEIGHBOURS
from dace_transfer.workload import Workload

_COUNTS = (10_000, 100_000, 1_000_000)
_BATCH = 64
_REPEATS, _QUERIES = 5, 50
_MOVED = 0.3  # Standard deviation of what is added to vectors: workloads a little larger or smaller.
_PATIENCE = 60.0  # Seconds to wait in all while other processes compute.

app = typer.Typer()


@app.command()
def main(
    database: Database = None,
    encoders: Annotated[str, typer.Option(help="Comma-separated encoders.")] = "features,learnt",
    json: Json = None,
) -> None:
    """Measure encoders and the search for neighbours."""
    with one_sentence():
        target = describe_cpu()
        workloads = load(database)
        Quiet(_PATIENCE).wait(print)
        rows: list[dict[str, Any]] = []
        for name in listed(encoders):
            encoder = encoder_named(name, target)
            seconds, vectors = encode(encoder, workloads)
            rate = len(workloads) / seconds
            rows.append({"what": f"encoding, {name}", "count": len(workloads), "per_second": rate})
            rows += [search(vectors, name, count) for count in _COUNTS]
        text = render(rows, describe(target))
        print(text)
        if json is not None:
            write(rows, text, json)


def load(database: str | None) -> list[Workload]:
    """All workloads of a database."""
    store = open_store(database)
    records = once_each(store)
    store.close()
    return [workload_in(record) for record in records.values()]


def encode(encoder: Encoder, workloads: Sequence[Workload]) -> tuple[float, Vector]:
    """Encode workloads in batches, in a process for each processor.

    Returns:
        Seconds, the least of a few repeats, since anything else on the machine only adds; and the vectors.
    """
    batches = [workloads[begin : begin + _BATCH] for begin in range(0, len(workloads), _BATCH)]
    best, vectors = float("inf"), np.zeros((0, 0), np.float32)
    # Forked, so that workloads need not be written and read for every batch.
    _Forked.encoder, _Forked.batches = encoder, batches
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        for _ in range(_REPEATS):
            start = time.perf_counter()
            parts = pool.map(_Forked.encode, range(len(batches)), chunksize=1)
            best, vectors = min(best, time.perf_counter() - start), np.concatenate(parts)
    return best, vectors


class _Forked:
    """What processes are born with."""

    encoder: Encoder
    batches: Sequence[Sequence[Workload]]

    @staticmethod
    def encode(index: int) -> Vector:
        return _Forked.encoder.encode(_Forked.batches[index])


def search(vectors: Vector, name: str, count: int) -> dict[str, Any]:
    """Find the neighbours of workloads among many vectors, exactly; the median time of a query."""
    rng = np.random.default_rng(0)
    rows = rng.integers(0, len(vectors), count)
    many = (vectors[rows] + rng.normal(0.0, _MOVED, (count, vectors.shape[1]))).astype(np.float32)
    block = Block(1, {f"{place:x}": place for place in range(count)}, many)
    samples = []
    for query in vectors[rng.integers(0, len(vectors), _QUERIES)]:
        start = time.perf_counter()
        nearest(block, query, NEIGHBOURS, ())
        samples.append(time.perf_counter() - start)
    return {"what": f"{NEIGHBOURS} neighbours, {name}", "count": count, "ms": 1e3 * statistics.median(samples)}


def render(rows: Sequence[Mapping[str, Any]], context: Mapping[str, Any]) -> str:
    """The table, with the circumstances over it."""
    lines = [
        "# Encoding and finding neighbours at scale",
        "",
        "`python -m benchmarks.scale`",
        "",
        f"- {context['device']}, {os.cpu_count()} processors; Python {context['python']}, {context['date'][:10]}",
        f"- Encoding: all workloads of the shipped database in batches of {_BATCH}, a process for each processor, the "
        f"fastest of {_REPEATS} repeats. Neighbours: exact, in memory, the median of {_QUERIES} queries.",
        "",
        cells(["what", "workloads or vectors", "a second", "ms"]),
        cells(["---", "---:", "---:", "---:"]),
    ]
    for row in rows:
        rate = f"{row['per_second']:.0f}" if "per_second" in row else ""
        lines.append(cells([row["what"], f"{row['count']}", rate, f"{row['ms']:.2f}" if "ms" in row else ""]))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    app()
