"""Whether the way a computation is written matters once it is tuned.

python -m benchmarks.pairs [--preset M] [--mode transfer] [--kernels gemm,syrk] [--forms ABC] [--digests]
"""

from __future__ import annotations

from typing import Annotated

import typer

from benchmarks.pairs import KERNELS, digests
from benchmarks.pairs.forms import FORMS
from benchmarks.run import choose
from benchmarks.settings import Settings
from benchmarks.suites import PAIRS
from dace_transfer.cli.output import one_sentence
from dace_transfer.hardware import describe_cpu

app = typer.Typer()


@app.command()
def main(
    preset: Annotated[str, typer.Option(help="Size of the computations: S or M.")] = "M",
    kernels: Annotated[str, typer.Option(help="Comma-separated names; all by default.")] = "",
    forms: Annotated[str, typer.Option(help="Forms to look at.")] = "".join(FORMS),
    digests_only: Annotated[
        bool, typer.Option("--digests", help="Only normalise and compare; nothing is built, run or timed.")
    ] = False,
) -> None:
    """Normalise, tune and time every form of every computation."""
    settings = Settings(PAIRS, preset, "transfer")
    with one_sentence():
        names = choose(list(KERNELS), [name for name in kernels.split(",") if name])
        _digests(settings, names, choose(FORMS, list(forms)))


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
