"""What normalising costs beside DaCe's `auto_optimize`, and how much of each program it can read.

    python -m benchmarks.normalization_cost --suite DIR|examples|pairs [--json OUT]

Both start from copies of the same simplified SDFG, in turn, in one process; times are medians of three.
"""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import dace
import typer
from dace.transformation.auto.auto_optimize import auto_optimize

from benchmarks.context import describe
from benchmarks.suites import open_suite
from benchmarks.table import write
from dace_transfer.errors import told
from dace_transfer.hardware import describe_cpu
from dace_transfer.transformations.normalization import normalize
from dace_transfer.transformations.normalization.raising import raise_sdfg
from dace_transfer.transformations.normalization.tree import Opaque, nodes
from dace_transfer.tuner.arguments import infer_sizes
from dace_transfer.tuner.parsing import parse
from dace_transfer.workload import workload_of

app = typer.Typer()


@dataclass
class Cost:
    """What was found out about one program.

    Attributes:
        program: Its name.
        normalize_s: Seconds to normalise it.
        auto_optimize_s: Seconds of `auto_optimize`.
        settled: Whether normalising once more gives the same digest.
        opaque: Blocks of the normal form that could not be read; None where no part could be.
        error: What went wrong.
        context: Machine, versions and date.
    """

    program: str
    normalize_s: float | None = None
    auto_optimize_s: float | None = None
    settled: bool | None = None
    opaque: int | None = None
    error: str = ""
    context: dict[str, Any] | None = None


@app.command()
def main(
    suite: Annotated[str, typer.Option(help="examples, pairs, or the folder of a checkout of NPBench.")] = "examples",
    json: Annotated[Path | None, typer.Option(help="Keep the rows in this file, with a table beside it.")] = None,
    repeat: Annotated[int, typer.Option(help="Times each is measured.")] = 3,
) -> None:
    """Measure all programs of a suite."""
    opened, context = open_suite(suite), describe(describe_cpu())
    rows = []
    for name in opened.names():
        cost = Cost(name, context=context)
        try:
            _measure(cost, opened.load(name, "S"), repeat)
        except Exception as error:  # noqa: BLE001  One program must not end the others.
            cost.error = told(error)
        print(_line(cost), flush=True)
        rows.append(cost)
    print("\n".join(_summary(rows)))
    if json is not None:
        data = [asdict(row) for row in rows]
        text = [
            "# Normalisation beside auto_optimize",
            "",
            _circumstances(context),
            "",
            *_HEADER,
            *map(_line, rows),
            "",
        ]
        write(data, "\n".join([*text, *_summary(rows), ""]), json)


def _measure(cost: Cost, case: Any, repeat: int) -> None:
    original = parse(case.load_program())
    sizes = infer_sizes(original, dict(case.arguments))
    ours, theirs, normal = [], [], original
    for _ in range(repeat):
        seconds, normal = _timed(lambda: normalize(original))
        ours.append(seconds)
        theirs.append(_optimized(cost, original, sizes))
    cost.normalize_s = statistics.median(ours)
    cost.auto_optimize_s = statistics.median(times) if (times := [t for t in theirs if t]) else None
    cost.settled = workload_of(normal, sizes).digest == workload_of(normalize(normal), sizes).digest
    computation = raise_sdfg(normal)
    if computation is not None:
        cost.opaque = sum(isinstance(node, Opaque) for node in nodes(computation.body))


def _optimized(cost: Cost, original: dace.SDFG, sizes: dict[str, int]) -> float | None:
    try:
        optimizing = partial(auto_optimize, copy.deepcopy(original), dace.DeviceType.CPU, symbols=dict(sizes))
        return _timed(optimizing)[0]
    except Exception as error:  # noqa: BLE001  DaCe raises all kinds of errors.
        cost.error = f"auto_optimize: {told(error)}"
        return None


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def _circumstances(context: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in context["versions"].items())
    return f"{context['device']}, Python {context['python']}, {versions}; {context['date'][:10]}; in one process."


_HEADER = [
    "| program | normalise s | auto_optimize s | share | fixed point | blocks not read | went wrong |",
    "|---|---|---|---|---|---|---|",
]


def _line(row: Cost) -> str:
    share = row.normalize_s / row.auto_optimize_s if row.normalize_s and row.auto_optimize_s else None
    cells = [row.program, _number(row.normalize_s), _number(row.auto_optimize_s), _number(share)]
    return f"| {' | '.join([*cells, str(row.settled), str(row.opaque), row.error])} |"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _summary(rows: list[Cost]) -> list[str]:
    shares = [row.normalize_s / row.auto_optimize_s for row in rows if row.normalize_s and row.auto_optimize_s]
    mean = statistics.geometric_mean(shares) if shares else float("nan")
    return [
        f"Normalising takes {mean:.3g} of the time of auto_optimize (geometric mean of {len(shares)} programs).",
        f"{sum(row.settled is True for row in rows)} of {len(rows)} are a fixed point; "
        f"{sum(row.opaque == 0 for row in rows)} are read to the last statement.",
    ]


if __name__ == "__main__":
    app()
