"""Tunes our own programs and compares them side by side with DaCe, NumPy and its peers.

python -m benchmarks.examples [--preset S] [--mode transfer] [--programs a,b] [--all] [--peers numba,jax]
    [--json OUT]
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.peers import choose_peers
from benchmarks.run import run_suite
from benchmarks.settings import Settings
from benchmarks.suites import EXAMPLES
from dace_transfer.cli.output import one_sentence

app = typer.Typer()


@app.command()
def main(
    preset: Annotated[str, typer.Option(help="Size of the programs: S or M.")] = "S",
    mode: Annotated[str, typer.Option(help="Mode of the tuner: transfer, measure, search or replay.")] = "transfer",
    programs: Annotated[str, typer.Option(help="Comma-separated names; all by default.")] = "",
    leave_family_out: Annotated[
        bool,
        typer.Option("--leave-family-out/--all", help="Whether records of a program's own family may not donate."),
    ] = True,
    json: Annotated[Path | None, typer.Option(help="Keep the rows in this file, with a table beside it.")] = None,
    database: Annotated[str | None, typer.Option(help="Database of the tuner; your own by default.")] = None,
    budget: Annotated[float | None, typer.Option(help="Seconds of tuning per program.")] = None,
    rounds: Annotated[int, typer.Option(help="Fresh processes per side.")] = 5,
    timeout: Annotated[float, typer.Option(help="Seconds after which a program is given up.")] = 1200.0,
    peers: Annotated[str, typer.Option(help="Comma-separated others to compare with: numba, jax.")] = "",
) -> None:
    """Run the example programs."""
    with one_sentence():
        others = choose_peers(peers)
        settings = Settings(EXAMPLES, preset, mode, leave_family_out, database, budget, rounds, timeout, others)
        command = f"python -m benchmarks.examples --preset {preset} --mode {mode}"
        command += ("" if leave_family_out else " --all") + (f" --peers {peers}" if others else "")
        names = [name for name in programs.split(",") if name]
        run_suite(settings, names, json, f"Example programs at {preset}, {mode}", command)


if __name__ == "__main__":
    app()
