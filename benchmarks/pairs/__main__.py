"""Whether the way a computation is written matters once it is tuned.

python -m benchmarks.pairs [--preset M] [--mode transfer] [--kernels a,b] [--forms ABC] [--json OUT] [--resume]
python -m benchmarks.pairs --digests
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.options import Database, Json, Mode, Programs, Rounds, listed
from benchmarks.pairs import KERNELS, digests, table
from benchmarks.pairs.forms import FORMS
from benchmarks.pairs.run import run_kernels
from benchmarks.run import choose
from benchmarks.settings import Settings
from benchmarks.suites import PAIRS
from dace_transfer.cli.output import one_sentence
from dace_transfer.hardware import describe_cpu

_RESULTS = Path(__file__).parents[1] / "results"

app = typer.Typer()


@app.command()
def main(
    preset: Annotated[str, typer.Option(help="Size of the computations: S or M.")] = "M",
    mode: Mode = "transfer",
    kernels: Programs = "",
    forms: Annotated[str, typer.Option(help="Forms to run.")] = "".join(FORMS),
    digests_only: Annotated[
        bool, typer.Option("--digests", help="Only normalise and compare; nothing is built, run or timed.")
    ] = False,
    json: Json = None,
    results: Annotated[
        bool, typer.Option("--results", help="Keep the rows and the table in benchmarks/results/.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Do not run again what the file already holds.")] = False,
    database: Database = None,
    budget: Annotated[float | None, typer.Option(help="Seconds of tuning per form.")] = None,
    rounds: Rounds = 5,
    timeout: Annotated[float, typer.Option(help="Seconds after which a computation is given up.")] = 3600.0,
) -> None:
    """Tune every form of every computation, leaving its own family out; fails when a bar is missed."""
    settings = Settings(PAIRS, preset, mode, True, database, budget, rounds, timeout)
    command = f"python -m benchmarks.pairs --preset {preset} --mode {mode}"
    out = _RESULTS / f"pairs_{preset}_{mode}.json" if results else json
    with one_sentence():
        names = choose(list(KERNELS), listed(kernels))
        chosen = choose(FORMS, sorted(set(forms)))
        if digests_only:
            _digests(settings, names, chosen)
            return
        rows = run_kernels(settings, names, chosen, out, f"Forms at {preset}, {mode}", command, resume)
    if not all(bar.met for bar in table.bars(rows)):
        raise typer.Exit(1)


def _digests(settings: Settings, names: list[str], forms: list[str]) -> None:
    target = describe_cpu()
    print(*digests.header(), sep="\n")
    found = {}
    for name in names:
        found[name] = digests.normalized(settings, name, forms, target)
        print(digests.line(name, found[name]), flush=True)
    print("", *digests.summary(found), sep="\n")


if __name__ == "__main__":
    app()
