"""Tunes our own programs and compares them side by side with DaCe, NumPy and its peers.

python -m benchmarks.examples [--preset S] [--mode transfer] [--programs a,b] [--all] [--peers numba,jax]
    [--json OUT]
"""

from __future__ import annotations

from typing import Annotated

import typer

from benchmarks.options import Budget, Database, Json, LeaveFamilyOut, Mode, Peers, Programs, Rounds, Timeout, listed
from benchmarks.peers import choose_peers
from benchmarks.run import run_suite
from benchmarks.settings import Settings
from benchmarks.suites import EXAMPLES
from dace_transfer.cli.output import one_sentence

app = typer.Typer()


@app.command()
def main(
    preset: Annotated[str, typer.Option(help="Size of the programs: S or M.")] = "S",
    mode: Mode = "transfer",
    programs: Programs = "",
    leave_family_out: LeaveFamilyOut = True,
    json: Json = None,
    database: Database = None,
    budget: Budget = None,
    rounds: Rounds = 5,
    timeout: Timeout = 1200.0,
    peers: Peers = "",
) -> None:
    """Run the example programs."""
    with one_sentence():
        chosen = choose_peers(peers)
        settings = Settings(EXAMPLES, preset, mode, leave_family_out, database, budget, rounds, timeout, chosen)
        command = f"python -m benchmarks.examples {settings.options}"
        run_suite(settings, listed(programs), json, f"Example programs at {preset}, {mode}", command)


if __name__ == "__main__":
    app()
