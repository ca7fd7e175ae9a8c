"""A sparse matrix in compressed rows times a dense matrix of a few columns."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np
import scipy.sparse

from benchmarks.programs.base import Arguments, Program, Sizes
from benchmarks.programs.sparsity import row_starts

ROWS, INNER, ENTRIES, COLS = (dace.symbol(name) for name in ("ROWS", "INNER", "ENTRIES", "COLS"))


@dace.program
def spmm(
    starts: dace.int32[ROWS + 1],
    columns: dace.int32[ENTRIES],
    values: dace.float32[ENTRIES],
    dense: dace.float32[INNER, COLS],
    result: dace.float32[ROWS, COLS],
) -> None:
    for row in dace.map[0:ROWS]:
        result[row, :] = 0.0
        for entry in range(starts[row], starts[row + 1]):
            result[row, :] += values[entry] * dense[columns[entry], :]


def reference(
    starts: np.ndarray, columns: np.ndarray, values: np.ndarray, dense: np.ndarray, result: np.ndarray
) -> None:
    matrix = scipy.sparse.csr_array((values, columns, starts), shape=(len(result), len(dense)))
    result[:] = matrix @ dense


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    rows, inner, entries, cols = sizes["ROWS"], sizes["INNER"], sizes["ENTRIES"], sizes["COLS"]
    return {
        "starts": row_starts(rows, entries, rng),
        "columns": rng.integers(inner, size=entries, dtype=np.int32),
        "values": rng.random(entries, dtype=np.float32),
        "dense": rng.random((inner, cols), dtype=np.float32),
        "result": np.ones((rows, cols), dtype=np.float32),
    }


PROGRAM = Program(
    name="spmm",
    family="sparse",
    program=spmm,
    sizes={
        "S": {"ROWS": 1000, "INNER": 800, "ENTRIES": 20000, "COLS": 24},
        "M": {"ROWS": 20000, "INNER": 20000, "ENTRIES": 400000, "COLS": 32},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="compressed rows times a dense matrix, row slices in a map",
    rtol=1e-5,
)
