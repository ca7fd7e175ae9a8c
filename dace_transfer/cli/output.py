"""How commands speak: JSON when asked for, tables in a terminal, plain lines anywhere else."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from dace_transfer.errors import DaceTransferError

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Database = Annotated[str | None, typer.Option(help="File or URL of the database; your own by default.")]
Encoder = Annotated[str, typer.Option(help="features, learnt, or a file of weights that `train` wrote.")]


def show(data: Any, text: str, as_json: bool) -> None:
    """Print the JSON form of a result or its text."""
    print(json.dumps(data, indent=1, default=str) if as_json else text)


def show_rows(rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """Print rows as JSON, as a table, or, when the output is no terminal, as tab-separated lines."""
    if as_json:
        print(json.dumps(list(rows), indent=1, default=str))
    elif not sys.stdout.isatty():
        for row in rows:
            print("\t".join(str(value) for value in row.values()))
    elif rows:
        table = Table(*rows[0].keys())
        for row in rows:
            table.add_row(*(str(value) for value in row.values()))
        Console().print(table)


@contextmanager
def one_sentence() -> Iterator[None]:
    """End the command with one sentence on standard error for everything that is the caller's to mend."""
    try:
        yield
    except DaceTransferError as error:
        print(f"dace-transfer: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
