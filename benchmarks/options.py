"""Options of the command line that benchmarks share; each says itself what it is by default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Mode = Annotated[str, typer.Option(help="Mode of the tuner: transfer, measure, search or replay.")]
Programs = Annotated[str, typer.Option(help="Comma-separated names; all by default.")]
LeaveFamilyOut = Annotated[
    bool, typer.Option("--leave-family-out/--all", help="Whether records of a program's own families may not donate.")
]
Json = Annotated[Path | None, typer.Option(help="Keep the rows in this file, with a table beside it.")]
Database = Annotated[str | None, typer.Option(help="Database of the tuner; your own by default.")]
Budget = Annotated[float | None, typer.Option(help="Seconds of tuning per program.")]
Rounds = Annotated[int, typer.Option(help="Fresh processes per side.")]
Timeout = Annotated[float, typer.Option(help="Seconds after which a program is given up.")]
Peers = Annotated[str, typer.Option(help="Comma-separated others to compare with: numba, jax.")]


def listed(text: str) -> list[str]:
    """The names that a comma-separated text lists."""
    return [name for name in text.split(",") if name]
