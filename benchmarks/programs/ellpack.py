"""A sparse matrix with as many slots in every row, stored slot by slot, times a vector."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

ROWS, SLOTS, COLS = (dace.symbol(name) for name in ("ROWS", "SLOTS", "COLS"))


@dace.program
def ellpack(
    columns: dace.int32[SLOTS, ROWS],
    values: dace.float64[SLOTS, ROWS],
    vector: dace.float64[COLS],
    result: dace.float64[ROWS],
) -> None:
    result[:] = 0.0
    for slot in range(SLOTS):
        for row in dace.map[0:ROWS]:
            result[row] = result[row] + values[slot, row] * vector[columns[slot, row]]


def reference(columns: np.ndarray, values: np.ndarray, vector: np.ndarray, result: np.ndarray) -> None:
    result[:] = (values * vector[columns]).sum(axis=0)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    rows, slots, cols = sizes["ROWS"], sizes["SLOTS"], sizes["COLS"]
    filled = rng.random((slots, rows)) < 0.8  # Slots that are not needed hold zeros and point anywhere.
    return {
        "columns": rng.integers(cols, size=(slots, rows), dtype=np.int32),
        "values": np.where(filled, rng.random((slots, rows)), 0.0),
        "vector": rng.random(cols),
        "result": np.ones(rows),
    }


PROGRAM = Program(
    name="ellpack",
    family="sparse",
    program=ellpack,
    sizes={"S": {"ROWS": 20000, "SLOTS": 12, "COLS": 15000}, "M": {"ROWS": 200000, "SLOTS": 24, "COLS": 200000}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="ELLPACK matrix-vector product, one slot of all rows at a time",
)
