"""Tunes the DaCe programs of a checkout of NPBench and compares them side by side with DaCe, NumPy and its peers.

    python -m benchmarks.npbench --path DIR [--preset S] [--mode transfer] [--all] [--programs a,b]
        [--peers numba,jax] [--json OUT]

The checkout is `git clone https://github.com/spcl/npbench DIR`; nothing in it is changed or installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.options import Budget, Database, Json, LeaveFamilyOut, Mode, Peers, Programs, Rounds, Timeout, listed
from benchmarks.peers import choose_peers
from benchmarks.run import run_suite
from benchmarks.settings import Settings
from dace_transfer.cli.output import one_sentence

app = typer.Typer()


@app.command()
def main(
    path: Annotated[Path, typer.Option(help="Folder of the checkout.", exists=True, file_okay=False)],
    preset: Annotated[str, typer.Option(help="Size of the programs: S, M, L or paper.")] = "S",
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
    """Run NPBench."""
    with one_sentence():
        chosen = choose_peers(peers)
        settings = Settings(
            str(path.resolve()), preset, mode, leave_family_out, database, budget, rounds, timeout, chosen
        )
        command = f"python -m benchmarks.npbench --path DIR {settings.options}"
        run_suite(settings, listed(programs), json, f"NPBench at {preset}, {mode}", command)


if __name__ == "__main__":
    app()
