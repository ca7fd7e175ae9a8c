"""`dace-transfer train`: train the encoder on what a database holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dace_transfer.cli.evaluate import show_evaluation
from dace_transfer.cli.output import Database, one_sentence
from dace_transfer.errors import DaceTransferError

Objective = Annotated[Literal["regret", "runtime", "profile"], typer.Option(help="What is learnt.")]
Epochs = Annotated[int | None, typer.Option(min=1, help="Passes over the workloads.")]
Folds = Annotated[int, typer.Option(help="Groups of families that are left out at the end to judge it; 0 for none.")]


def train(
    database: Database = None,
    objective: Objective = "regret",
    epochs: Epochs = None,
    out: Annotated[Path, typer.Option(help="Where the weights go.")] = Path("learnt.safetensors"),
    seed: Annotated[int, typer.Option(min=0, help="Of weights, batches and dropout.")] = 0,
    resume: Annotated[bool, typer.Option(help="Go on where a training into the same file was stopped.")] = False,
    continue_: Annotated[Path | None, typer.Option("--continue", help="Weights to begin with.")] = None,
    folds: Folds = 5,
) -> None:
    """Train the encoder on all outcomes, encode all workloads, and say what it recovers on families that are left out.

    Equal outcomes, options and seeds make equal weights. The vectors stand beside those of other encoders.
    """
    with one_sentence():
        from dace_transfer.database.store import open_store
        from dace_transfer.embeddings.encoders import WEIGHTS
        from dace_transfer.embeddings.training.settings import Settings
        from dace_transfer.learning.comparison import Sources
        from dace_transfer.learning.profiles import profiles_of
        from dace_transfer.learning.training import judge
        from dace_transfer.learning.training import train as fit
        from dace_transfer.tuner.encoding import encode_missing

        if out.suffix != WEIGHTS:
            raise DaceTransferError(f"Weights go into a file *{WEIGHTS}; got '{out}'.")
        store = open_store(database)
        sources = Sources(store, profiles_of(store), seed)
        settings = Settings(objective, seed=seed)
        settings = settings if epochs is None else replace(settings, epochs=epochs)
        with _bar("training", settings.epochs) as heard:
            encoder = fit(sources, settings, out, start=continue_, resume=resume, progress=heard)
        encoded = encode_missing(store, encoder)
        print(
            f"Wrote the encoder '{encoder.id}' to {out}; {len(encoded.digests)} encoded, {len(encoded.failed)} failed."
        )
        if folds:
            with _bar("families left out", settings.epochs * folds) as heard:
                rows = judge(sources, settings, folds, heard)
            show_evaluation(rows)
        store.close()


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int, float, float], None]]:
    """Show progress on standard error; what is yielded hears of epochs."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[loss]}"), console=Console(stderr=True)) as bars:
        bar = bars.add_task(what, total=total, loss="")

        def heard(epoch: int, loss: float, held_out: float) -> None:
            bars.update(bar, advance=1, loss=f"loss {loss:.3f}")

        yield heard
