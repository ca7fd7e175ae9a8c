"""`dace-transfer evaluate`: how good the donors of a database are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from dace_transfer.cli.output import Database, one_sentence, show_rows

Donors = Annotated[
    str, typer.Option(help="Comma-separated ways to choose donors; all that need no training by default.")
]
Folds = Annotated[int | None, typer.Option(help="Folds of families; one for each family by default.")]
Seed = Annotated[int, typer.Option(help="Of all that is drawn.")]


def evaluate(
    database: Database = None,
    to_json: Annotated[Path | None, typer.Option("--json", help="Write the rows to this file.")] = None,
    donors: Donors = "",
    folds: Folds = None,
    seed: Seed = 0,
    calibrate: Annotated[
        Path | None, typer.Option(help="Write to this file how far neighbours can be trusted; show no table.")
    ] = None,
) -> None:
    """Ask every way to choose donors about families of programs that are left out, and compare what is gained."""
    with one_sentence():
        from dace_transfer.database.store import open_store
        from dace_transfer.learning.calibration import calibrate as fit
        from dace_transfer.learning.comparison import compare

        if calibrate is not None:
            calibrate.write_text(fit(open_store(database)).to_json())
            return
        rows = compare(open_store(database), [name for name in donors.split(",") if name], count=folds, seed=seed)
        if to_json is not None:
            to_json.write_text(json.dumps({"rows": [row.flat() for row in rows]}, indent=1) + "\n")
        show_evaluation(rows)


def show_evaluation(rows: Sequence[Any]) -> None:
    """Print the table with what its columns mean."""
    from dace_transfer.learning.report import ABOUT, forecasts, shown

    show_rows([shown(row) for row in rows], as_json=False)
    print("\n".join([ABOUT, *forecasts(rows)]))
