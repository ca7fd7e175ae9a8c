"""What races come to: how often they were right, and what they cost."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.racing.contest import FIELD, FIELD_SIZE, PLANTED, SAME, Line, contest_of
from benchmarks.racing.programs import SUBJECTS
from benchmarks.table import cells
from dace_transfer.verdict import Verdict

_VERDICTS = (Verdict.FASTER, Verdict.SLOWER, Verdict.SAME, Verdict.AMBIGUOUS, Verdict.FAILED)
_ALL = "all"

Row = dict[str, Any]


def rows(lines: Sequence[Line]) -> list[Row]:
    """One row per kind, slowdown and program, and one for all programs of each kind and slowdown."""
    kinds = sorted({(line["kind"], line["slowdown"]) for line in lines}, key=lambda it: (_ORDER.index(it[0]), it[1]))
    found = []
    for kind, slowdown in kinds:
        mine = [line for line in lines if (line["kind"], line["slowdown"]) == (kind, slowdown)]
        names = [name for name in SUBJECTS if any(line["program"] == name for line in mine)]
        for name in names:
            found.append(_row(kind, slowdown, name, [line for line in mine if line["program"] == name]))
        found.append(_row(kind, slowdown, _ALL, mine))
    return found


_ORDER = (SAME, PLANTED, FIELD)


def _row(kind: str, slowdown: float, program: str, lines: Sequence[Line]) -> Row:
    verdicts = [line["verdicts"][0] for line in lines]
    ratios = [line["comparisons"][0]["ratio"] for line in lines if line["comparisons"][0]]
    return {
        "kind": kind,
        "slowdown": slowdown,
        "program": program,
        "races": len(lines),
        "verdicts": {verdict.name: verdicts.count(verdict.name) for verdict in _VERDICTS},
        "right": sum(line["best"] == contest_of(line).right for line in lines),
        "none": sum(line["best"] is None for line in lines),
        "false": sum(line["best"] not in (None, contest_of(line).right) for line in lines),
        "ratio": statistics.median(ratios) if ratios else None,
        "ms": 1e3 * statistics.median(_times(lines)) if program != _ALL else None,
        "spread": _spread(lines),
        "processes": statistics.fmean(len(_processes(line)) for line in lines),
        "seconds": statistics.fmean(line["seconds"] for line in lines),
    }


def _processes(line: Line) -> list[Sequence[float]]:
    return [*line["baseline"], *(samples for rounds in line["candidates"] for samples in rounds)]


def _times(lines: Sequence[Line]) -> list[float]:
    """Seconds of the baselines' processes; nothing where none ran."""
    return [statistics.median(samples) for line in lines for samples in line["baseline"]] or [float("nan")]


def _spread(lines: Sequence[Line]) -> float:
    """How much slower than the median of its race the slowest process in ten is."""
    ratios = []
    for line in lines:
        times = [statistics.median(samples) for samples in line["baseline"]]
        ratios += [time / statistics.median(times) for time in times]
    return float(np.percentile(ratios, 90)) if ratios else float("nan")


def interval(hits: int, races: int) -> tuple[float, float]:
    """The 95 % interval of a share after Clopper and Pearson."""
    found = stats.binomtest(hits, races).proportion_ci(0.95, method="exact")
    return float(found.low), float(found.high)


def share(hits: int, races: int) -> str:
    """A count as a share, with its interval."""
    if not races:
        return "-"
    low, high = interval(hits, races)
    return f"{hits} of {races} = {hits / races:.2%} [{low:.2%}, {high:.2%}]"


def render(found: Sequence[Row], context: Mapping[str, Any], loads: Sequence[float], command: str) -> str:
    """The circumstances, what it comes to, and a table for each question."""
    lines = ["# Races under noise", "", f"`{command}`", "", *_circumstances(context, loads), ""]
    lines += [sentence for row in found if row["program"] == _ALL for sentence in _sentences(row)]
    for kind, title in _TITLES.items():
        if mine := [row for row in found if row["kind"] == kind]:
            lines += ["", f"## {title}", "", *_header(kind), *(_line(kind, row) for row in mine)]
    return "\n".join(lines) + "\n"


_TITLES = {
    SAME: "A binary against itself",
    PLANTED: "A binary against one that does more work",
    FIELD: f"One that does less work among {FIELD_SIZE} candidates, the others equal to the baseline",
}


def _circumstances(context: Mapping[str, Any], loads: Sequence[float]) -> list[str]:
    packages = ", ".join(f"{name} {version}" for name, version in context["versions"].items())
    return [
        f"- {context['device']}, {context['threads']} threads, OMP_WAIT_POLICY {context['wait_policy']}; load when a "
        f"race ended {min(loads, default=0):.1f} to {max(loads, default=0):.1f}",
        f"- {context['compiler']}, {context['flags']}; Python {context['python']}, {packages}",
        f"- {context['date'][:10]}; every race is the tuner's own (`dace_transfer.measure.race`), each timing a fresh "
        "process. In brackets: 95 % intervals after Clopper and Pearson.",
        "- ms: the median process. spread: what the slowest of ten processes takes, over the median of its race. "
        "ratio: the median of what the races estimate. processes, seconds: per race, on average.",
    ]


def _sentences(row: Row) -> list[str]:
    more, races = f"{row['slowdown']:.0%}", row["races"]
    if row["kind"] == SAME:
        counts = row["verdicts"].items()
        return [
            f"- Equal binaries, {name}: {share(count, races)}." for name, count in counts if count or name != "FAILED"
        ]
    if row["kind"] == PLANTED:
        return [f"- {more} more work, found: {share(row['right'], races)}; wrong way: {row['verdicts']['SLOWER']}."]
    chosen = f"the right one {share(row['right'], races)}, a false one {share(row['false'], races)}"
    return [f"- {more} more work, one of {FIELD_SIZE}: {chosen}, none {row['none']}."]


def _header(kind: str) -> list[str]:
    outcomes = ["right", "none", "false"] if kind == FIELD else [verdict.name for verdict in _VERDICTS]
    names = ["program", "work", "more work", "ms", "spread", "races", *outcomes, "ratio", "processes", "seconds"]
    return [cells(names), cells(["---", "---", *["---:"] * (len(names) - 2)])]


def _line(kind: str, row: Row) -> str:
    counts = [row[key] for key in ("right", "none", "false")] if kind == FIELD else row["verdicts"].values()
    subject = SUBJECTS.get(row["program"])
    return cells(
        [
            row["program"],
            subject.kind if subject else "",
            f"{row['slowdown']:.0%}",
            f"{row['ms']:.3g}" if row["ms"] else "",
            f"{row['spread']:.2f}",
            str(row["races"]),
            *map(str, counts),
            f"{row['ratio']:.3f}" if row["ratio"] and kind != FIELD else "-",
            f"{row['processes']:.1f}",
            f"{row['seconds']:.1f}",
        ]
    )
