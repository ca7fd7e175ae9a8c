"""`dace-transfer sweep`: tune many programs, with as many workers as there are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from dace_transfer.cli.output import AsJson, Database, one_sentence, show

_PRINTED = 30.0  # Seconds between two lines where the output is no terminal.


class _RunsByDefault(TyperGroup):
    """`sweep FILE` is `sweep run FILE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = ["run", *args]
        return super().parse_args(ctx, args)


sweep = typer.Typer(
    cls=_RunsByDefault,
    help="Tune many programs: `sweep FILE.toml` runs what a specification says, or goes on where it was stopped.",
    no_args_is_help=True,
)


@sweep.command("run")
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="What is to be done, and by whom.")],
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Run a sweep to its end; stopped at any point, the same command goes on."""
    with one_sentence():
        from dace_transfer.sweep.progress import flat, sentence
        from dace_transfer.sweep.run import run_sweep, stopped_by_signals
        from dace_transfer.sweep.spec import read_spec

        spec = read_spec(file)
        with _told() as hear, stopped_by_signals() as stopping:
            counts = run_sweep(spec, file.parent, database, hear=hear, stopping=stopping)
        show(flat(counts), sentence(counts), as_json)
        if counts.finished < counts.total:
            raise typer.Exit(130)


@sweep.command()
def status(
    file: Annotated[Path | None, typer.Argument(metavar="FILE.toml", help="One sweep; all without it.")] = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Say how far sweeps are, how fast they go, when they will end, and what failed."""
    with one_sentence():
        from dace_transfer.database.opening import open_sql_store
        from dace_transfer.errors import SweepError
        from dace_transfer.sweep.counting import begun, count
        from dace_transfer.sweep.progress import flat, sentence, table
        from dace_transfer.sweep.spec import read_spec

        wanted = None if file is None else read_spec(file).id(file.parent)
        store = open_sql_store(database, seed=False)
        found = [known for known in begun(store) if wanted in (None, known.id)]
        if wanted is not None and not found:
            raise SweepError(f"The sweep of '{file}' was not begun on this database.")
        counted = {known.id: count(store, known.id) for known in found}
        store.close()
        lines = []
        for known in found:
            lines.append(f"{known.name or known.id}: {sentence(counted[known.id])}")
            lines += [f"  {row['what']}: {row['which']} {row['count']}" for row in table(counted[known.id])]
        data = [{"id": known.id, "name": known.name, **flat(counted[known.id])} for known in found]
        show(data, "\n".join(lines) or "No sweep was begun on this database.", as_json)


@contextmanager
def _told() -> Iterator[Callable[[Any], None]]:
    """Show what a sweep tells on standard error: live in a terminal, a line every now and then anywhere else."""
    console = Console(stderr=True)
    if console.is_terminal:
        # Drawn only when there is news: who computes disturbs who measures.
        with Live(console=console, auto_refresh=False) as live:
            yield lambda news: live.update(_picture(news), refresh=True)
        return
    last = -_PRINTED

    def tell(news: Any) -> None:
        nonlocal last
        if time.monotonic() - last > _PRINTED:
            last = time.monotonic()
            console.print(" ".join(_lines(news)), markup=False, highlight=False, soft_wrap=True)

    yield tell


def _lines(news: Any) -> list[str]:
    from dace_transfer.sweep.progress import sentence

    shown = [sentence(news.counts)]
    shown += [f"Dashboard: {news.dashboard}"] if news.dashboard else []
    return [*shown, *([f"Waiting: {news.trouble}"] if news.trouble else [])]


def _picture(news: Any) -> Table:
    from dace_transfer.sweep.progress import table

    picture = Table(title=Text("\n".join(_lines(news))), title_justify="left")
    for column in ("what", "which", "count"):
        picture.add_column(column)
    for row in table(news.counts):
        picture.add_row(*(str(value) for value in row.values()))
    return picture
