"""One small matrix-vector product for every element of a batch."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

BATCH, ROWS, COLS = (dace.symbol(name) for name in ("BATCH", "ROWS", "COLS"))


@dace.program
def batched_matvec(
    matrices: dace.float32[BATCH, ROWS, COLS],
    vectors: dace.float32[BATCH, COLS],
    result: dace.float32[BATCH, ROWS],
) -> None:
    for element in dace.map[0:BATCH]:
        result[element] = matrices[element] @ vectors[element]


def reference(matrices: np.ndarray, vectors: np.ndarray, result: np.ndarray) -> None:
    result[:] = (matrices * vectors[:, np.newaxis, :]).sum(axis=2)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    batch, rows, cols = sizes["BATCH"], sizes["ROWS"], sizes["COLS"]
    return {
        "matrices": rng.random((batch, rows, cols), dtype=np.float32),
        "vectors": rng.random((batch, cols), dtype=np.float32),
        "result": np.zeros((batch, rows), dtype=np.float32),
    }


PROGRAM = Program(
    name="batched_matvec",
    family="small_matmul",
    program=batched_matvec,
    sizes={"S": {"BATCH": 10000, "ROWS": 8, "COLS": 6}, "M": {"BATCH": 100000, "ROWS": 12, "COLS": 10}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="one small matrix-vector product per element of a batch",
    rtol=1e-5,
)
