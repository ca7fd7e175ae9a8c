"""The covariance matrix of the columns of a table."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

SAMPLES, FEATURES = (dace.symbol(name) for name in ("SAMPLES", "FEATURES"))


@dace.program
def covariance(table: dace.float64[SAMPLES, FEATURES], result: dace.float64[FEATURES, FEATURES]) -> None:
    centred = table - np.mean(table, axis=0)
    result[:] = np.transpose(centred) @ centred / (SAMPLES - 1)


def reference(table: np.ndarray, result: np.ndarray) -> None:
    result[:] = np.cov(table, rowvar=False)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    features = sizes["FEATURES"]
    return {"table": rng.random((sizes["SAMPLES"], features)), "result": np.zeros((features, features))}


PROGRAM = Program(
    name="covariance",
    family="covariance",
    program=covariance,
    sizes={"S": {"SAMPLES": 120, "FEATURES": 60}, "M": {"SAMPLES": 1600, "FEATURES": 480}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="covariance of columns by one matrix product",
)
