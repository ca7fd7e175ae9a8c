"""Renders rows as Markdown, with everything a reader needs to judge them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Rows = Sequence[Mapping[str, Any]]

_SHOWN = ("numpy", "simplify", "auto_optimize", "ours")


def write(rows: Rows, text: str, path: Path) -> None:
    """Write rows as JSON, and the table of them that `render` made beside it, with the ending ".md"."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for file, content in ((path, json.dumps(rows, indent=1) + "\n"), (path.with_suffix(".md"), text)):
        staged = file.with_name(file.name + ".part")
        staged.write_text(content)
        staged.replace(file)


def render(rows: Rows, title: str, command: str) -> str:
    """One table with a line per row, the geometric means under it, and the circumstances over it."""
    lines = [f"# {title}", "", f"`{command}`", "", *circumstances(rows), "", *_header()]
    lines += [_line(row) for row in rows]
    lines += ["", *summary(rows)]
    problems = [f"- {row['program']}: {row['error']}" for row in rows if row["error"]]
    if problems:
        lines += ["", "What went wrong:", "", *problems]
    return "\n".join(lines) + "\n"


def summary(rows: Rows) -> list[str]:
    """Geometric means of what is gained, over the rows whose result is right."""
    right = [row for row in rows if row["valid"]]
    lines = [f"{len(right)} of {len(rows)} programs give the result of NumPy."]
    for side, words in (("auto_optimize", "auto_optimize"), ("simplify", "simplify"), ("numpy", "NumPy")):
        ratios = [r for row in right if (r := ratio(row, side)) is not None]
        if ratios:
            mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
            lines.append(f"Geometric mean over {words}: {mean:.3g}x ({len(ratios)} programs).")
    wrong = [row["program"] for row in rows if row["valid"] is False]
    if wrong:
        lines.append(f"WRONG RESULTS: {', '.join(wrong)}.")
    return lines


def ratio(row: Mapping[str, Any], side: str) -> float | None:
    """How many times faster ours is than a side, None where either has no time or the side is wrong."""
    ours, theirs = row["ours_ms"], row[f"{side}_ms"]
    if not ours or not theirs or row["baseline_valid"].get(side) is False:
        return None
    return float(theirs / ours)


def circumstances(rows: Rows) -> list[str]:
    """The machine, the versions and how it was measured, as a list of points."""
    if not rows:
        return ["No program was run."]
    row = rows[-1]
    context = row["context"]
    if not context:
        return ["The machine is not known: the last program did not start."]
    packages = ", ".join(f"{name} {version}" for name, version in context["versions"].items())
    loads = [known["load"] for r in rows if (known := r["context"])]
    return [
        f"- {context['device']}, {context['threads']} threads, OMP_WAIT_POLICY {context['wait_policy']}; "
        f"load when a program began {min(loads):.1f} to {max(loads):.1f}",
        f"- {context['compiler']}, {context['flags']}; Python {context['python']}, {packages}",
        f"- {context['date'][:10]}; preset {row['preset']}, mode {row['mode']}, "
        + ("no record of a program's own family may donate" if row["leave_family_out"] else "all records may donate"),
        f"- Milliseconds: the median over {row['rounds']} interleaved fresh processes per side (fewer where they take "
        "minutes), in brackets the fastest and slowest process; the same threads, flags and BLAS for all "
        "sides but NumPy, which brings its own.",
        "- NumPy is the reference that every result is checked against.",
    ]


def _header() -> list[str]:
    names = ["program", "family", *_SHOWN, "ours over auto_optimize", "used", "right", "first call s"]
    return [cells(names), cells(["---"] * 2 + ["---:"] * (len(_SHOWN) + 1) + ["---"] * 2 + ["---:"])]


def _line(row: Mapping[str, Any]) -> str:
    gain = ratio(row, "auto_optimize")
    first = row["first_call_s"]
    right = {True: "yes", False: "**NO**", None: "-"}[row["valid"]]
    return cells(
        [
            row["program"],
            row["family"],
            *(_time(row, side) for side in _SHOWN),
            f"{gain:.2f}x" if gain else "-",
            row["used"] or "-",
            right,
            f"{first:.1f}" if first is not None else "-",
        ]
    )


def _time(row: Mapping[str, Any], side: str) -> str:
    if row[f"{side}_ms"] is None:
        return "-"
    middle, low, high = (row[f"{side}_ms{end}"] for end in ("", "_low", "_high"))
    wrong = " WRONG" if row["baseline_valid"].get(side) is False else ""
    return f"{middle:.3g} [{low:.3g}, {high:.3g}]{wrong}"


def cells(texts: Sequence[str]) -> str:
    """One line of a table."""
    return "| " + " | ".join(texts) + " |"
