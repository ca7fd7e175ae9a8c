"""How near tuned programs come to what the machine can do.

    python -m benchmarks.limits RESULTS.json --suite DIR|examples [--json OUT]

RESULTS is what another benchmark wrote. For each of its programs, the least that has to be moved and computed is set
against measured speeds of this machine, which must be the one that the results are of.
"""

from __future__ import annotations

import json as jsonlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import dace
import numpy as np
import typer

from benchmarks.case import Case
from benchmarks.demand import Demand, demand_of
from benchmarks.suites import open_suite
from benchmarks.table import cells, write
from dace_transfer.cli.output import one_sentence
from dace_transfer.errors import DaceTransferError
from dace_transfer.hardware import describe_cpu
from dace_transfer.microbenchmark import Speeds, speeds_of
from dace_transfer.target import Target
from dace_transfer.transformations.normalization import normalize
from dace_transfer.transformations.normalization.normalize import rewrite
from dace_transfer.transformations.normalization.raising import raise_sdfg
from dace_transfer.transformations.normalization.tree import (
    Computation,
)
from dace_transfer.tuner.arguments import infer_sizes
from dace_transfer.tuner.parsing import parse

app = typer.Typer()


@dataclass(frozen=True)
class Share:
    """A line of the table.

    Attributes:
        program: Its name.
        ours_ms: What it takes.
        limit_ms: What the machine would need for the least that has to be done.
        bound: What that is given by: a level of the memory hierarchy, loads, arithmetic, divisions or functions.
        megabytes: The least that is moved.
        share: The limit over what it takes; above 1 where less is done than the author wrote.
    """

    program: str
    ours_ms: float
    limit_ms: float
    bound: str
    megabytes: float
    share: float


def share_of(row: Mapping[str, Any], demand: Demand, speeds: Speeds, target: Target) -> Share:
    """Set what a program takes against what it has to do."""
    own = [size * target.threads for size in target.caches[:-1]]
    levels = [*own, *target.caches[-1:], math.inf]
    level = next(number for number, size in enumerate(levels) if demand.footprint <= size)
    names = [*(f"L{number + 1}" for number in range(len(target.caches))), "memory"]
    work = demand.operations
    plain, divisions, functions = (
        (speeds.peak_fp32, speeds.divisions_fp32, speeds.exponentials_fp32)
        if demand.is_single
        else (speeds.peak_fp64, speeds.divisions_fp64, speeds.exponentials_fp64)
    )
    limit, bound = max(
        (_moving(demand, speeds, level) / 1e6, names[level]),
        (demand.loaded / speeds.bandwidth[0] / 1e6, "loads"),
        (work.plain / plain / 1e6, "arithmetic"),
        (work.divisions / divisions / 1e6, "divisions"),
        (work.functions / functions / 1e6, "functions"),
    )
    return Share(row["program"], row["ours_ms"], limit, bound, demand.bytes / 1e6, limit / row["ours_ms"])


def _moving(demand: Demand, speeds: Speeds, level: int) -> float:
    """Nanoseconds to move everything; caches fetch from memory what is overwritten without being read."""
    fresh = 2 * demand.fresh if level == len(speeds.bandwidth) - 1 else 0.0
    return (demand.bytes - fresh) / speeds.bandwidth[level] + fresh / speeds.copy


def render(shares: Sequence[Share], left: Mapping[str, str], speeds: Speeds, source: str) -> str:
    """The table, with the speeds it rests on."""
    caches = ", ".join(f"{value:.0f}" for value in speeds.bandwidth[:-1])
    lines = [
        "# Shares of what the machine can do",
        "",
        f"`python -m benchmarks.limits {source} --suite DIR`",
        "",
        f"- Measured: {caches} GB/s of the caches and {speeds.bandwidth[-1]:.0f} GB/s of main memory "
        f"({speeds.copy:.0f} GB/s for copies), "
        f"{speeds.peak_fp64:.0f} and {speeds.peak_fp32:.0f} GFLOP/s in double and single precision, "
        f"{speeds.divisions_fp64:.1f} and {speeds.divisions_fp32:.1f} divisions and "
        f"{speeds.exponentials_fp64:.2f} and {speeds.exponentials_fp32:.2f} exponentials a nanosecond, all threads.",
        "- Moved: every argument read and written once, in each iteration of sequential loops that touch the same "
        "elements again, at the bandwidth of the cache that holds all of them; what is written to memory and not read, "
        "at that of a copy. Loads: what vector code must load and store even if the first cache holds everything, at "
        "its bandwidth: neighbours along a last dimension of parallel loops are loads of their own, the rest of what "
        "iterations share may stay in registers. Computed: every operation as written; "
        "a square root counts as a division, any transcendental function as an exponential. What takes longest of all "
        "these is the limit, as if the rest went on beside it.",
        "- What a program stores for itself and reads again counts nothing, so that a share of 1 may be out of reach.",
        "",
        cells(["program", "ours ms", "moved MB", "limit", "limit ms", "share"]),
        cells(["---", "---:", "---:", "---", "---:", "---:"]),
    ]
    for one in sorted(shares, key=lambda share: -share.share):
        numbers = [f"{one.limit_ms:.3g}", f"{100 * one.share:.0f} %"]
        lines.append(cells([one.program, f"{one.ours_ms:.3g}", f"{one.megabytes:.3g}", one.bound, *numbers]))
    return "\n".join([*lines, "", *(f"- {name}: {reason}" for name, reason in left.items())]) + "\n"


@app.command()
def main(
    results: Annotated[Path, typer.Argument(help="Rows of another benchmark.", exists=True, dir_okay=False)],
    suite: Annotated[str, typer.Option(help="examples, or the folder of a checkout of NPBench.")] = "examples",
    json: Annotated[Path | None, typer.Option(help="Keep the shares in this file, with a table beside it.")] = None,
) -> None:
    """Compare results with the limits of this machine."""
    with one_sentence():
        target = describe_cpu()
        speeds, opened = speeds_of(target), open_suite(suite)
        shares: list[Share] = []
        left: dict[str, str] = {}
        for row in jsonlib.loads(results.read_text()):
            if not row["ours_ms"] or not row["valid"]:
                left[row["program"]] = "It has no right result with a time."
                continue
            try:
                case = opened.load(row["program"], row["preset"])
                original = parse(case.load_program())
                demand = demand_of(_read(original), _whole_numbers(case) | infer_sizes(original, case.arguments))
            except DaceTransferError as error:
                left[row["program"]] = str(error)
                continue
            shares.append(share_of(row, demand, speeds, target))
        text = render(shares, left, speeds, results.name)
        print(text)
        if json is not None:
            write([asdict(share) for share in shares], text, json)


def _whole_numbers(case: Case) -> dict[str, int]:
    """Arguments that loops may be bounded by."""
    return {name: int(v) for name, v in case.arguments.items() if isinstance(v, (int, np.integer))}


def _read(original: dace.SDFG) -> Computation:
    raised = raise_sdfg(normalize(original))
    if raised is None:
        raise DaceTransferError("The program cannot be read as loops around statements.")
    return rewrite(raised)


if __name__ == "__main__":
    app()
