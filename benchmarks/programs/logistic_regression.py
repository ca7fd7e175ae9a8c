"""Gradient steps of a logistic regression."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np
import scipy.special

from benchmarks.programs.base import Arguments, Program, Sizes

SAMPLES, FEATURES, STEPS = (dace.symbol(name) for name in ("SAMPLES", "FEATURES", "STEPS"))


@dace.program
def logistic_regression(
    rate: dace.float64,
    table: dace.float64[SAMPLES, FEATURES],
    labels: dace.int32[SAMPLES],
    weights: dace.float64[FEATURES],
) -> None:
    for _ in range(STEPS):
        chance = 1.0 / (1.0 + np.exp(-(table @ weights)))
        weights -= rate / SAMPLES * ((chance - labels) @ table)


def reference(rate: float, table: np.ndarray, labels: np.ndarray, weights: np.ndarray, STEPS: int) -> None:
    for _ in range(STEPS):
        slope = scipy.special.expit(table @ weights) - labels
        weights -= rate * (table * slope[:, np.newaxis]).mean(axis=0)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    samples, features = sizes["SAMPLES"], sizes["FEATURES"]
    return {
        "rate": 0.5,
        "table": rng.standard_normal((samples, features)),
        "labels": rng.integers(2, size=samples, dtype=np.int32),
        "weights": rng.standard_normal(features),
        "STEPS": sizes["STEPS"],
    }


PROGRAM = Program(
    name="logistic_regression",
    family="regression",
    program=logistic_regression,
    sizes={
        "S": {"SAMPLES": 2000, "FEATURES": 50, "STEPS": 5},
        "M": {"SAMPLES": 20000, "FEATURES": 100, "STEPS": 10},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("weights",),
    description="gradient descent on a logistic loss",
)
