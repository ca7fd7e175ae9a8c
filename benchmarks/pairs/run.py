"""Runs computations, one child process each, and keeps the rows as they come."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import table as results
from benchmarks.pairs import table
from benchmarks.pairs.row import FormRow, by_kernel
from benchmarks.run import Say, progress, recall, run_child, sentence, show
from benchmarks.settings import Settings

FlatRows = list[dict[str, Any]]


def run_kernels(
    settings: Settings,
    names: Sequence[str],
    forms: Sequence[str],
    out: Path | None,
    title: str,
    command: str,
    resume: bool = False,
) -> FlatRows:
    """Run computations one after the other and show the table.

    Args:
        settings: How to run them.
        names: Which computations.
        forms: Which forms of each.
        out: File the rows are kept in. Rows with other settings are left as they are.
        title: Over the table.
        command: What reproduces it.
        resume: Whether computations that the file holds with these settings and forms are not run again.

    Returns:
        One row per form, in order.
    """
    kept, others = recall(out, settings)
    held = by_kernel(kept)
    done: dict[str, FlatRows] = {}
    with progress(len(names)) as say:
        for name in names:
            known = held.pop(name, {})
            fresh = not resume or set(known) != set(forms)
            done[name] = run_kernel(settings, name, forms, say) if fresh else [dict(known[form]) for form in forms]
            say(name, "; ".join(f"{row['program']} {sentence(row)}" for row in done[name]))
            if out is not None:
                rows = [row for part in done.values() for row in part]
                unseen = [row for part in held.values() for row in part.values()]
                results.write([*others, *unseen, *rows], table.render(rows, title, command), out)
    rows = [row for part in done.values() for row in part]
    show(table.render(rows, title, command))
    return rows


def run_kernel(settings: Settings, name: str, forms: Sequence[str], say: Say) -> FlatRows:
    """Run one computation in a child process; whatever becomes of that, there is a row for each form."""
    with tempfile.TemporaryDirectory(prefix="dace-transfer-rows-") as folder:
        file = Path(folder) / "rows.json"

        def tick() -> None:
            say(name, _rows(file, settings, name, forms)[0].stage + " ...")

        end = run_child("benchmarks.pairs.one", settings, [name, "".join(forms)], file, tick)
        rows = _rows(file, settings, name, forms)
        if rows[0].stage != "done":
            rows[0].blame(f"While {rows[0].stage}, the process {end}")
            for row in rows[1:]:
                row.blame(f"The process of all forms ended early; see {rows[0].program}.")
        return [row.flat() for row in rows]


def _rows(file: Path, settings: Settings, name: str, forms: Sequence[str]) -> list[FormRow]:
    if not file.is_file():
        return [FormRow(f"{name}-{form}", name, settings.identity) for form in forms]
    return [FormRow(**row) for row in json.loads(file.read_text())]
