"""Make the database that is shipped: rate recipes on benchmark programs and random nests, and export it all.

    python -m benchmarks.seed --database FILE [--preset S --preset M] [--random 300] [--export seed.jsonl.gz]

A run that was stopped goes on where it was: what the database holds is not timed again. It waits while other processes
compute.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import dace
import typer

from benchmarks.options import Programs, listed
from benchmarks.programs import PROGRAMS
from benchmarks.programs.base import Program
from benchmarks.quiet import Quiet
from benchmarks.random_programs import generate
from benchmarks.random_programs.preparing import parse
from benchmarks.run import choose
from dace_transfer.cli.output import one_sentence
from dace_transfer.database import exchange
from dace_transfer.database.store import Store, open_store
from dace_transfer.embeddings import SymbolicFeatures
from dace_transfer.errors import told
from dace_transfer.hardware import describe_cpu
from dace_transfer.transformations.normalization import normalize
from dace_transfer.tuner import survey
from dace_transfer.tuner.decide import estimated_work
from dace_transfer.tuner.encoding import encode_missing
from dace_transfer.workload import workload_of

_LEAST_WORK, _MOST_WORK = 3e4, 1e7  # Operations and elements moved of a random program, drawn between on a log scale.
_MOST_BYTES = 1e8  # Of a random program's arrays, those it makes included.
_PATIENCE = 3600.0  # Seconds to wait in all while other processes compute.

app = typer.Typer()


@app.command()
def main(
    database: Annotated[Path, typer.Option(help="Database file the records go to.")],
    preset: Annotated[list[str] | None, typer.Option(help="Sizes of the programs; S and M by default.")] = None,
    programs: Programs = "",
    nests: Annotated[int, typer.Option("--random", help="Random nests besides.")] = 300,
    export: Annotated[Path | None, typer.Option(help="Export everything to this file at the end.")] = None,
) -> None:
    """Survey programs one after the other."""
    with one_sentence():
        names = choose(list(PROGRAMS), listed(programs))
        store = open_store(database, seed=False)
        jobs = {
            **{
                f"{name} {size}": partial(_survey, PROGRAMS[name], size)
                for size in preset or ["S", "M"]
                for name in names
            },
            **{f"random nest {seed}": partial(_survey_random, seed) for seed in range(nests)},
        }
        quiet = Quiet(_PATIENCE)
        for index, (what, job) in enumerate(jobs.items(), 1):
            quiet.wait(partial(print, flush=True))
            print(f"[{index}/{len(jobs)}] {what}: {_done(job, store)}", flush=True)
        if export is not None:
            _export(store, export)
        store.close()


def _export(store: Store, file: Path) -> None:
    """Write everything with vectors of today's encoder only, whenever the rest was recorded."""
    with tempfile.TemporaryDirectory(prefix="dace-transfer-seed-") as folder:
        exchange.export_to(store, Path(folder) / "records.jsonl", embeddings=False)
        fresh = open_store(Path(folder) / "fresh.db", seed=False)
        exchange.import_from(fresh, Path(folder) / "records.jsonl")
        encode_missing(fresh, SymbolicFeatures(describe_cpu()))
        exchange.export_to(fresh, file)
        fresh.close()


def _done(job: Callable[[Store], int], store: Store) -> str:
    start = time.monotonic()
    try:
        return f"{job(store)} workloads, {time.monotonic() - start:.0f} s"
    except Exception as error:  # noqa: BLE001  One program must not end a sweep of hours.
        return f"failed: {told(error)}"


def _survey(program: Program, size: str, store: Store) -> int:
    arguments = {**program.sizes[size], **program.inputs(size)}
    return survey(program.program, arguments, database=store, family=program.family)


def _survey_random(seed: int, store: Store) -> int:
    nest = generate(seed, pieces=1)
    sdfg = parse(nest)
    sizes = _enlarged(sdfg, nest.sizes, random.Random(seed))
    return sum(survey(sdfg, sizes, database=store, family=family) for family in sorted(nest.families))


def _enlarged(sdfg: dace.SDFG, smallest: Mapping[str, int], rng: random.Random) -> dict[str, int]:
    """Sizes at which a program does an amount of work that is drawn at random."""
    normal = normalize(sdfg)
    work = _LEAST_WORK * (_MOST_WORK / _LEAST_WORK) ** rng.random()
    best = dict(smallest)
    for sizes in _growing(smallest, rng):
        if estimated_work(workload_of(normal, sizes)) > work or _bytes(sdfg, sizes) > _MOST_BYTES:
            break
        best = sizes
    return best


def _growing(smallest: Mapping[str, int], rng: random.Random) -> Iterator[dict[str, int]]:
    """Larger and larger sizes, each of a shape of its own."""
    factor = 1.0
    while True:
        factor *= 1.5
        yield {name: int(size * factor * 2 ** rng.uniform(-1, 1)) + 3 for name, size in smallest.items()}


def _bytes(sdfg: dace.SDFG, sizes: Mapping[str, int]) -> float:
    sized = ((array.total_size, array.dtype.bytes) for array in sdfg.arrays.values())
    return float(sum(int(dace.symbolic.evaluate(size, sizes)) * bytes_of_one for size, bytes_of_one in sized))


if __name__ == "__main__":
    app()
