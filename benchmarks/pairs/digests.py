"""Whether the forms of a computation become one by normalisation: nothing is built, run or timed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.pairs.row import FormRow, Forms, equal, fill_looks
from benchmarks.settings import Settings
from benchmarks.suites import open_suite
from benchmarks.table import cells
from dace_transfer.target import Target
from dace_transfer.tuner.arguments import infer_sizes
from dace_transfer.tuner.parsing import parse

_SHORT = 6


def normalized(settings: Settings, kernel: str, forms: Sequence[str], target: Target) -> dict[str, dict[str, Any]]:
    """Normalise forms of a computation; returns their flat rows."""
    cases = {form: open_suite(settings.suite).load(f"{kernel}-{form}", settings.preset) for form in forms}
    rows = {form: FormRow(case.name, kernel, settings.identity, stage="done") for form, case in cases.items()}
    parsed = {form: parse(case.load_program()) for form, case in cases.items()}
    fill_looks(rows, {form: (sdfg, infer_sizes(sdfg, cases[form].arguments)) for form, sdfg in parsed.items()}, target)
    return {form: row.flat() for form, row in rows.items()}


def header() -> list[str]:
    """The first two lines of the table."""
    names = ["computation", "digests A B C", "A=B", "A=C", "distance B", "C", "parts A B C", "A=B", "A=C", "ms A B C"]
    return [cells(names), cells(["---"] * len(names))]


def line(kernel: str, forms: Forms) -> str:
    """The line of one computation."""
    digests, parts = (" ".join(row[key][:_SHORT] or "-" for row in forms.values()) for key in ("digest", "dominant"))
    same, same_parts = ([word(equal(forms, form, key)) for form in "BC"] for key in ("digest", "dominant"))
    away = [number(forms[form]["distance"]) if form in forms else "-" for form in "BC"]
    times = " ".join(number(row["normalize_s"], 1e3, ".0f") for row in forms.values())
    return cells([kernel, digests, *same, *away, parts, *same_parts, times])


def summary(kernels: Mapping[str, Forms]) -> list[str]:
    """How many computations are one after normalisation, and what failed."""
    (b, c), (part_b, part_c) = (
        [sum(equal(forms, form, key) is True for forms in kernels.values()) for form in "BC"]
        for key in ("digest", "dominant")
    )
    lines = [
        f"Of {len(kernels)} computations, equal digests A=B: {b}, A=C: {c}; "
        f"of the dominant part A=B: {part_b}, A=C: {part_c}."
    ]
    return lines + [
        f"- {row['program']}: {row['error']}" for f in kernels.values() for row in f.values() if row["error"]
    ]


def word(same: bool | None) -> str:
    """For a table."""
    return {True: "yes", False: "no", None: "-"}[same]


def number(value: float | None, factor: float = 1.0, form: str = ".2f") -> str:
    """For a table."""
    return "-" if value is None else format(factor * value, form)
