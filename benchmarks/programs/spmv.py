"""A sparse matrix in compressed rows times a vector."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

ROWS, COLS, ENTRIES = (dace.symbol(name) for name in ("ROWS", "COLS", "ENTRIES"))


@dace.program
def spmv(
    starts: dace.int32[ROWS + 1],
    columns: dace.int32[ENTRIES],
    values: dace.float64[ENTRIES],
    vector: dace.float64[COLS],
    result: dace.float64[ROWS],
) -> None:
    for row in range(ROWS):
        result[row] = 0.0
        for entry in range(starts[row], starts[row + 1]):
            result[row] += values[entry] * vector[columns[entry]]


def reference(
    starts: np.ndarray, columns: np.ndarray, values: np.ndarray, vector: np.ndarray, result: np.ndarray
) -> None:
    rows = np.repeat(np.arange(len(result)), np.diff(starts))
    result[:] = np.bincount(rows, weights=values * vector[columns], minlength=len(result))


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    rows, cols, entries = sizes["ROWS"], sizes["COLS"], sizes["ENTRIES"]
    counts = rng.multinomial(entries, np.full(rows, 1.0 / rows))
    return {
        "starts": np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        "columns": rng.integers(cols, size=entries, dtype=np.int32),
        "values": rng.random(entries),
        "vector": rng.random(cols),
        "result": np.zeros(rows),
    }


PROGRAM = Program(
    name="spmv",
    family="sparse",
    program=spmv,
    sizes={
        "S": {"ROWS": 500, "COLS": 500, "ENTRIES": 5000},
        "M": {"ROWS": 100000, "COLS": 100000, "ENTRIES": 4000000},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="sparse matrix-vector product, compressed rows",
)
