"""The rows of a sparse matrix in compressed rows, scaled so that each sums to one."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes
from benchmarks.programs.sparsity import row_starts

ROWS, ENTRIES = (dace.symbol(name) for name in ("ROWS", "ENTRIES"))


@dace.program
def sparse_normalise(starts: dace.int32[ROWS + 1], values: dace.float64[ENTRIES], totals: dace.float64[ROWS]) -> None:
    for row in range(ROWS):
        total = 0.0
        for entry in range(starts[row], starts[row + 1]):
            total += values[entry]
        totals[row] = total
        if total > 0.0:
            for entry in range(starts[row], starts[row + 1]):
                values[entry] /= total


def reference(starts: np.ndarray, values: np.ndarray, totals: np.ndarray) -> None:
    rows = np.repeat(np.arange(len(totals)), np.diff(starts))
    totals[:] = np.bincount(rows, weights=values, minlength=len(totals))
    values /= totals[rows]


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    rows, entries = sizes["ROWS"], sizes["ENTRIES"]
    return {"starts": row_starts(rows, entries, rng), "values": rng.random(entries), "totals": np.ones(rows)}


PROGRAM = Program(
    name="sparse_normalise",
    family="sparse",
    program=sparse_normalise,
    sizes={"S": {"ROWS": 10000, "ENTRIES": 200000}, "M": {"ROWS": 100000, "ENTRIES": 4000000}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("values", "totals"),
    description="row sums of a sparse matrix, and the rows divided by them",
)
