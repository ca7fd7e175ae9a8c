"""Whether the forms of a computation become one by normalisation: nothing is built, run or timed."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence

from benchmarks.pairs.looks import distance, look
from benchmarks.pairs.row import FormRow
from benchmarks.settings import Settings
from benchmarks.suites import open_suite
from benchmarks.table import cells
from dace_transfer.target import Target
from dace_transfer.tuner.arguments import infer_sizes
from dace_transfer.tuner.parsing import parse

Rows = Mapping[str, FormRow]
"""The rows of one computation by form."""

_SHORT = 6


def normalized(settings: Settings, kernel: str, forms: Sequence[str], target: Target) -> dict[str, FormRow]:
    """Normalise forms of a computation; where that fails, the row says how."""
    rows: dict[str, FormRow] = {}
    for form in forms:
        case = open_suite(settings.suite).load(f"{kernel}-{form}", settings.preset)
        rows[form] = FormRow(case.name, case.family, settings.identity, stage="done")
        original = parse(case.load_program())
        try:
            rows[form].take(look(original, infer_sizes(original, case.arguments), target))
        except Exception as error:  # noqa: BLE001  Whatever goes wrong belongs in the row; the others still run.
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{where.filename.rsplit('/', 1)[-1]}:{where.lineno}"
            rows[form].blame(f"normalize failed at {place}: {type(error).__name__}: {str(error)[:300]}")
    return rows


def header() -> list[str]:
    """The first two lines of the table."""
    names = ["computation", "digests A B C", "A=B", "A=C", "distance B", "C", "parts A B C", "A=B", "A=C", "ms A B C"]
    return [cells(names), cells(["---"] * len(names))]


def line(kernel: str, rows: Rows) -> str:
    """The line of one computation."""
    digests = " ".join(row.digest[:_SHORT] or "failed" for row in rows.values())
    parts = " ".join(row.dominant[:_SHORT] or "failed" for row in rows.values())
    times = " ".join("-" if row.normalize_s is None else f"{1e3 * row.normalize_s:.0f}" for row in rows.values())
    same, same_parts = ([word(equal(rows, form, part=part)) for form in "BC"] for part in (False, True))
    away = [number(apart(rows, form)) for form in "BC"]
    return cells([kernel, digests, *same, *away, parts, *same_parts, times])


def equal(rows: Rows, form: str, *, part: bool = False) -> bool | None:
    """Whether a form has the digest of form A, as a whole or in its dominant part; None where one has none."""
    if not {"A", form} <= rows.keys():
        return None
    first, second = ((row.dominant if part else row.digest) for row in (rows["A"], rows[form]))
    return first == second if first and second else None


def apart(rows: Rows, form: str) -> float | None:
    """The distance of a form's embedding from form A's; None where one of them has none."""
    if not {"A", form} <= rows.keys() or not rows["A"].vector or not rows[form].vector:
        return None
    return distance(rows["A"].vector, rows[form].vector)


def summary(kernels: Mapping[str, Rows]) -> list[str]:
    """How many computations are one after normalisation, and what failed."""
    counts = [sum(equal(rows, form) is True for rows in kernels.values()) for form in "BC"]
    parts = [sum(equal(rows, form, part=True) is True for rows in kernels.values()) for form in "BC"]
    lines = [
        f"Of {len(kernels)} computations, equal digests A=B: {counts[0]}, A=C: {counts[1]}; "
        f"of the dominant part A=B: {parts[0]}, A=C: {parts[1]}."
    ]
    return lines + [f"- {row.program}: {row.error}" for rows in kernels.values() for row in rows.values() if row.error]


def word(same: bool | None) -> str:
    """For a table."""
    return {True: "yes", False: "no", None: "-"}[same]


def number(value: float | None) -> str:
    """For a table."""
    return "-" if value is None else f"{value:.2f}"
