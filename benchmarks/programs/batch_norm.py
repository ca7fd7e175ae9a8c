"""Standardisation of every column of a table."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator,no-untyped-def"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

SAMPLES, FEATURES = (dace.symbol(name) for name in ("SAMPLES", "FEATURES"))


@dace.program
def batch_norm(table: dace.float64[SAMPLES, FEATURES]):
    mean = np.sum(table, axis=0) / SAMPLES
    centred = table - mean
    deviation = np.sqrt(np.sum(centred * centred, axis=0) / SAMPLES)
    return centred / (deviation + 1e-8)


def reference(table: np.ndarray) -> np.ndarray:
    return np.asarray((table - table.mean(axis=0)) / (table.std(axis=0) + 1e-8))


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    return {"table": rng.standard_normal((sizes["SAMPLES"], sizes["FEATURES"]))}


PROGRAM = Program(
    name="batch_norm",
    family="normalisation",
    program=batch_norm,
    sizes={"S": {"SAMPLES": 200, "FEATURES": 50}, "M": {"SAMPLES": 8000, "FEATURES": 300}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("__return",),
    description="standardisation of the columns of a table",
)
