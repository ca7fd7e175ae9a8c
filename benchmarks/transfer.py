"""How much of the best known speedup each way to choose donors recovers, whole families of programs left out.

    python -m benchmarks.transfer [--database FILE] [--donors features,portfolio] [--folds 10] [--json OUT.json]

Nothing is built or run: the outcomes are those of a survey, which `python -m benchmarks.seed` makes.
"""

from __future__ import annotations

import json as jsonlib
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from benchmarks.context import describe
from benchmarks.options import Database, Json, listed
from benchmarks.table import cells, write
from dace_transfer.cli.evaluate import Donors, Folds, Seed
from dace_transfer.cli.output import one_sentence
from dace_transfer.database.records import TargetRecord
from dace_transfer.database.store import open_store
from dace_transfer.hardware import describe_cpu
from dace_transfer.learning.comparison import compare
from dace_transfer.learning.evaluation import Row
from dace_transfer.learning.report import ABOUT, forecasts, shown

app = typer.Typer()


@app.command()
def main(
    database: Database = None, donors: Donors = "", folds: Folds = None, seed: Seed = 0, json: Json = None
) -> None:
    """Compare ways to choose donors."""
    with one_sentence():
        store = open_store(database)
        rows = compare(store, listed(donors), count=folds, seed=seed)
        now = describe(describe_cpu())
        context = {
            "targets": [jsonlib.loads(target.description) for target in store.records(TargetRecord)],
            **{key: now[key] for key in ("python", "versions", "date")},
        }
        given = {"--donors": donors, "--folds": folds, "--seed": seed}
        options = " ".join(f"{name} {value}" for name, value in given.items() if value)
        left_out = "one family" if folds is None else f"one of {folds} groups of families"
        text = render(rows, context, f"python -m benchmarks.transfer {options}".strip(), left_out)
        print(text)
        if json is not None:
            write({"context": context, "rows": [row.flat() for row in rows]}, text, json)
        store.close()


def render(rows: Sequence[Row], context: Mapping[str, Any], command: str, left_out: str) -> str:
    """The table, with the circumstances over it."""
    versions = ", ".join(f"{name} {version}" for name, version in context["versions"].items())
    lines = [
        "# What donors recover",
        "",
        f"`{command}`",
        "",
        f"- {rows[0].workloads} questions about workloads of {rows[0].families} families, "
        f"{rows[0].worth_tuning} of them about workloads that are worth tuning (at least 1.1x); {left_out} is left out "
        "at a time, with every workload and program that it shares.",
        *(f"- Outcomes of {t['model']}, {t['threads']} threads, {t['compiler']}." for t in context["targets"]),
        f"- {context['date'][:10]}; Python {context['python']}, {versions}",
        *(f"- {line}" for line in (*ABOUT.splitlines(), *forecasts(rows))),
        "",
    ]
    table = [shown(row) for row in rows]
    lines += [cells(list(table[0])), cells(["---"] + ["---:"] * (len(table[0]) - 1))]
    return "\n".join([*lines, *(cells(list(row.values())) for row in table)]) + "\n"


if __name__ == "__main__":
    app()
