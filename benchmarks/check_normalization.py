"""Normalises random programs by the thousand, and checks each against Python.

    python -m benchmarks.check_normalization --count 10000 --out FILE.jsonl [--start 0] [--jobs 2]

One line per program is added to the file as it is known, and programs it already holds are not run again. A program is
"ok", or one of these, of which the last three make the exit status 1:

    refused    DaCe by itself does not parse, compile or compute it right: not ours
    unstable   it is right, but normalising the normal form changes it
    exception  normalising, or making code of the normal form, failed
    wrong      the normal form computes something else, in at least one order of the iterations of its maps, or
               iterations of a parallel map write the same elements
    crashed    a step killed its process or did not end

`python -m benchmarks.random_programs SEED` shows a program.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.random_programs.unit import Source, UnitCompiler
from dace_transfer.building.binary import Binary
from dace_transfer.child import Child, Ended

BATCH = 40
FAILURES = ("exception", "wrong", "crashed")
OUTCOMES = ("ok", "refused", "unstable", *FAILURES)

_START_TIMEOUT = 120.0
_PREPARE_TIMEOUT = 60.0
_RUN_TIMEOUT = 20.0
_BATCHES_PER_CHILD = 10
_LONGEST_REASON = 500
_MOST_LINES = 40
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_ROOT = Path(__file__).parents[1]

Row = dict[str, Any]


class Server:
    """A child that is started again whenever it was ended."""

    def __init__(self, module: str, folder: Path) -> None:
        """Prepare; the child starts with the first request."""
        self._module, self._folder = module, folder
        self._child: Child | None = None

    def ask(self, request: Mapping[str, Any], timeout: float) -> Row | Ended:
        """Send one request and wait for its answer."""
        if self._child is None:
            self._child = Child(self._module, _ENVIRONMENT | {"PYTHONPATH": _python_path()}, self._folder)
            ready = self._child.receive(_START_TIMEOUT)
            if isinstance(ready, Ended):
                raise RuntimeError(f"The process of '{self._module}' does not start: {ready.message}")
        self._child.send(request)
        answer = self._child.receive(timeout)
        if isinstance(answer, Ended):
            self.close()
        return answer

    def close(self) -> None:
        """End the child; the next request starts another."""
        if self._child is not None:
            self._child.close()
        self._child = None


class Worker:
    """Checks batches of programs, one after the other."""

    def __init__(self, compiler: UnitCompiler) -> None:
        """Prepare two children; the compiler may be shared."""
        self._compiler = compiler
        self._preparing = Server("benchmarks.random_programs.preparing", compiler.folder)
        self._running = Server("benchmarks.random_programs.running", compiler.folder)
        self._batches = 0

    def check(self, seeds: Sequence[int]) -> list[Row]:
        """Check programs; one row each."""
        self._batches += 1
        if self._batches % _BATCHES_PER_CHILD == 0:
            self.close()
        rows = self._judge(seeds, original=False)
        doubtful = [seed for seed, row in rows.items() if row["outcome"] in ("exception", "wrong", "crashed")]
        for seed, row in self._judge(doubtful, original=True).items():
            if row["outcome"] != "ok":
                ours = {f"our_{key}": rows[seed][key] for key in ("outcome", "stage", "error")}
                rows[seed] |= ours | {key: row[key] for key in ("stage", "error")} | {"outcome": "refused"}
        return list(rows.values())

    def close(self) -> None:
        """End the children."""
        self._preparing.close()
        self._running.close()

    def _judge(self, seeds: Sequence[int], original: bool) -> dict[int, Row]:
        rows = {seed: self._prepare(seed, original) for seed in seeds}
        code = {seed: Source(row.pop("code"), row.pop("abi")) for seed, row in rows.items() if "code" in row}
        for seed, built in self._compiler.build(code).items():
            rows[seed] |= self._run(seed, built)
        return rows

    def _prepare(self, seed: int, original: bool) -> Row:
        row: Row = {"seed": seed, "outcome": "ok"}
        answer = self._preparing.ask({"seed": seed, "original": original}, _PREPARE_TIMEOUT)
        if isinstance(answer, Ended):
            return row | {"outcome": "crashed", "stage": "prepare", "error": _reason(answer)}
        row |= answer
        if row["stage"]:
            row["outcome"] = {"parse": "refused", "races": "wrong"}.get(row["stage"], "exception")
        elif row.get("digest") != row.pop("digest_again", None):
            row |= {"outcome": "unstable", "stage": "normalize again", "error": "The digest changes."}
        return row

    def _run(self, seed: int, built: Binary | str) -> Row:
        if isinstance(built, str):
            return {"outcome": "exception", "stage": "build", "error": built}
        library = str(built.library)
        request = {"seed": seed, "library": library, "binary": asdict(built) | {"library": library}}
        answer = self._running.ask(request, _RUN_TIMEOUT)
        if isinstance(answer, Ended):
            return {"outcome": "crashed", "stage": "run", "error": _reason(answer)}
        return {"outcome": "wrong", "stage": "run", "error": answer["wrong"]} if answer["wrong"] else {}


def check(seeds: Sequence[int], out: Path, jobs: int, batch: int = BATCH) -> list[Row]:
    """Check programs, and add a line per program to a file as they are known.

    Args:
        seeds: Which programs; those the file holds are left out.
        out: The file.
        jobs: Workers at the same time.
        batch: Programs compiled together.

    Returns:
        The rows of all of them, also those the file held.
    """
    known = {row["seed"]: row for row in read(out)}
    left = [seed for seed in seeds if seed not in known]
    batches = [left[start : start + batch] for start in range(0, len(left), batch)]
    if batches:
        with out.open("a") as file:
            for rows in _checked(batches, jobs):
                file.writelines(json.dumps(row) + "\n" for row in rows)
                file.flush()
                known |= {row["seed"]: row for row in rows}
                _say(rows, len(known), len(seeds))
    return [known[seed] for seed in seeds if seed in known]


def read(out: Path) -> list[Row]:
    """The rows of a file; a last line that was cut off is cut off for good."""
    if not out.is_file():
        return []
    text = out.read_text()
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        out.write_text(whole)
    return [json.loads(line) for line in whole.splitlines()]


def summary(rows: Sequence[Row], seconds: float) -> str:
    """A table of outcomes, and a line for each of the first failures."""
    counts = Counter(row["outcome"] for row in rows)
    lines = ["| outcome | programs | share |", "|---|---|---|"]
    lines += [f"| {name} | {counts[name]} | {counts[name] / max(len(rows), 1):.2%} |" for name in OUTCOMES]
    for stage in ("parse", "normalize"):
        times = sorted(row[f"{stage}_s"] for row in rows if f"{stage}_s" in row) or [0.0]
        late = times[len(times) * 99 // 100]
        lines.append(f"{stage}: median {median(times):.3f} s, 99 % {late:.3f} s, worst {times[-1]:.3f} s")
    lines.append(f"{len({row['digest'] for row in rows if 'digest' in row})} digests, {seconds:.0f} s in all")
    failed = [row for row in rows if row["outcome"] in FAILURES]
    lines += [
        f"{row['seed']}: {row['outcome']} ({row['stage']}) {row['error'][:160]!r}" for row in failed[:_MOST_LINES]
    ]
    return "\n".join(lines)


def _checked(batches: Sequence[Sequence[int]], jobs: int) -> Iterator[list[Row]]:
    """The rows of each batch, in the order in which batches are done."""
    with tempfile.TemporaryDirectory(prefix="check-normalization-") as folder:
        compiler = UnitCompiler(Path(folder))
        workers = [Worker(compiler) for _ in range(jobs)]
        idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        for worker in workers:
            idle.put(worker)

        def one(seeds: Sequence[int]) -> list[Row]:
            worker = idle.get()
            try:
                return worker.check(seeds)
            finally:
                idle.put(worker)

        with ThreadPoolExecutor(jobs) as pool:
            try:
                for done in as_completed([pool.submit(one, seeds) for seeds in batches]):
                    yield done.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
                for worker in workers:
                    worker.close()


def _say(rows: Sequence[Row], done: int, count: int) -> None:
    counts = Counter(row["outcome"] for row in rows)
    text = ", ".join(f"{counts[name]} {name}" for name in OUTCOMES if counts[name])
    print(f"[{done}/{count}] {text}", flush=True)


def _reason(end: Ended) -> str:
    return f"{end.kind}: {end.message}"[:_LONGEST_REASON]


def _python_path() -> str:
    return os.pathsep.join((str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])))


def main() -> int:
    """Check, print the summary, and say with the exit status whether anything failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.check_normalization")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=BATCH)
    options = parser.parse_args()
    start = time.monotonic()
    seeds = range(options.start, options.start + options.count)
    rows = check(seeds, options.out, options.jobs, options.batch)
    print(summary(rows, time.monotonic() - start))
    return int(any(row["outcome"] in FAILURES for row in rows))


if __name__ == "__main__":
    sys.exit(main())
