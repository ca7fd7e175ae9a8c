"""The commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from dace_transfer.cli.db import db
from dace_transfer.cli.evaluate import evaluate
from dace_transfer.cli.output import AsJson, Database, Encoder, one_sentence, show, show_rows
from dace_transfer.cli.recipe import recipe
from dace_transfer.cli.sweep import sweep
from dace_transfer.cli.train import train
from dace_transfer.loading import load_program, parse_sizes

app = typer.Typer(help="Tune DaCe programs with what was learnt from others.", no_args_is_help=True)
app.add_typer(db, name="db")
app.add_typer(recipe, name="recipe")
app.add_typer(sweep, name="sweep")
app.command()(evaluate)
app.command()(train)

Source = Annotated[str, typer.Argument(metavar="FILE.py:NAME", help="A @dace.program in a file.")]
Size = Annotated[list[str] | None, typer.Option("--size", metavar="N=1000", help="Value of a symbol.")]


@app.command()
def tune(
    program: Source,
    size: Size = None,
    mode: Annotated[str, typer.Option(help="transfer, measure, search or replay.")] = "transfer",
    budget: Annotated[float | None, typer.Option(help="Seconds after which nothing new is tried.")] = None,
    device: Annotated[str, typer.Option(help="The device to tune for.")] = "cpu",
    database: Database = None,
    encoder: Encoder = "features",
    output: Annotated[Path | None, typer.Option(help="Where to save the tuned SDFG.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tune a program on random inputs of the given sizes and report what was decided."""
    with one_sentence():
        from dace_transfer.tuner import tune as run

        loaded = load_program(program)
        sizes = parse_sizes(size or [])
        result = run(loaded, sizes, mode=mode, budget=budget, device=device, database=database, encoder=encoder)
        if output is not None:
            result.sdfg.save(str(output))
        show(json.loads(result.report.to_json()), str(result.report), as_json)


@app.command()
def explain(
    program: Source,
    size: Size = None,
    database: Database = None,
    encoder: Encoder = "features",
    as_json: AsJson = False,
) -> None:
    """Show a program's workloads, their neighbours and what the recipes would do; build and run nothing."""
    with one_sentence():
        from dace_transfer.tuner import explain as run

        report = run(load_program(program), parse_sizes(size or []), database=database, encoder=encoder)
        show(json.loads(report.to_json()), str(report), as_json)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what was found on this machine, what is missing, and how to get it."""
    from dace_transfer.doctor import examine

    checks = examine()
    rows = [{"": "ok" if c.ok else "--", "what": c.name, "found": c.found, "advice": c.advice} for c in checks]
    show_rows(rows, as_json)
    if not all(check.ok or not check.required for check in checks):
        raise typer.Exit(1)
