"""The correlation matrix of the columns of a table, half of it computed and then mirrored."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

SAMPLES, FEATURES = (dace.symbol(name) for name in ("SAMPLES", "FEATURES"))


@dace.program
def correlation(table: dace.float64[SAMPLES, FEATURES], result: dace.float64[FEATURES, FEATURES]) -> None:
    centred = table - np.mean(table, axis=0)
    norm = np.sqrt(np.sum(centred * centred, axis=0))
    scaled = centred / norm
    for column in range(FEATURES - 1):
        result[column, column] = 1.0
        half = scaled[:, column] @ scaled[:, column + 1 :]
        result[column, column + 1 :] = half
        result[column + 1 :, column] = half
    result[FEATURES - 1, FEATURES - 1] = 1.0


def reference(table: np.ndarray, result: np.ndarray) -> None:
    result[:] = np.corrcoef(table, rowvar=False)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    features = sizes["FEATURES"]
    return {"table": rng.random((sizes["SAMPLES"], features)), "result": np.zeros((features, features))}


PROGRAM = Program(
    name="correlation",
    family="covariance",
    program=correlation,
    sizes={"S": {"SAMPLES": 100, "FEATURES": 50}, "M": {"SAMPLES": 800, "FEATURES": 400}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="correlation of columns by matrix-vector products in a loop",
)
