"""Tunes products of sparse and dense matrices, and compares them with SciPy's and, where it is installed, MKL's.

    python -m benchmarks.sparse [--preset M] [--mode search] [--budget 60] [--peers sparse_dot_mkl] [--json OUT]

Rows are stored compressed, columns are random. SciPy's product is the reference, in the column of NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
import scipy.sparse
import typer

from benchmarks.options import Budget, Database, Json, Mode, Programs, Rounds, Timeout, listed
from benchmarks.peers import choose_peers, load
from benchmarks.programs.base import Program, Sizes
from benchmarks.programs.spmm import PROGRAM
from benchmarks.run import run_suite
from benchmarks.settings import Settings
from benchmarks.suites import SPARSE
from dace_transfer.cli.output import one_sentence

_DENSITIES = {"0.01%": 1e-4, "0.1%": 1e-3, "1%": 1e-2}
_WIDTHS = (16, 128)
_ORDERS = {"S": 2000, "M": 20000}

app = typer.Typer()


def _sizes(order: int, density: float, width: int) -> Sizes:
    return {"ROWS": order, "INNER": order, "ENTRIES": int(density * order * order), "COLS": width}


def _program(label: str, density: float, width: int) -> Program:
    sizes = {preset: _sizes(order, density, width) for preset, order in _ORDERS.items()}
    return replace(PROGRAM, name=f"spmm-{label}-{width}", sizes=sizes)


PROGRAMS = {
    program.name: program
    for label, density in _DENSITIES.items()
    for width in _WIDTHS
    for program in (_program(label, density, width),)
}
"""By name: a square sparse matrix of a density times as many columns as the name ends in."""


def with_mkl() -> Callable[..., Any]:
    """The product by MKL, which takes and gives what the reference does."""
    multiply = load("sparse_dot_mkl").dot_product_mkl

    def product(
        starts: np.ndarray, columns: np.ndarray, values: np.ndarray, dense: np.ndarray, result: np.ndarray
    ) -> None:
        matrix = scipy.sparse.csr_matrix((values, columns, starts), shape=(len(result), len(dense)))
        multiply(matrix, dense, out=result, out_scalar=0.0)

    return product


@app.command()
def main(
    preset: Annotated[str, typer.Option(help="Size of the matrices: S or M.")] = "M",
    mode: Mode = "search",
    programs: Programs = "",
    json: Json = None,
    database: Database = None,
    budget: Budget = None,
    rounds: Rounds = 5,
    timeout: Timeout = 1200.0,
    peers: Annotated[str, typer.Option(help="sparse_dot_mkl, if MKL is to be compared.")] = "",
) -> None:
    """Run the products."""
    with one_sentence():
        others = choose_peers(peers)
        settings = Settings(SPARSE, preset, mode, False, database, budget, rounds, timeout, others)
        command = f"python -m benchmarks.sparse --preset {preset} --mode {mode}" + (
            f" --peers {peers}" if peers else ""
        )
        names = listed(programs)
        run_suite(settings, names, json, f"Sparse times dense at {preset}, {mode}", command)


if __name__ == "__main__":
    app()
