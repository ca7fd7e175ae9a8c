"""A weighted histogram over two dimensions."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

SAMPLES, BINS_X, BINS_Y = (dace.symbol(name) for name in ("SAMPLES", "BINS_X", "BINS_Y"))


@dace.program
def histogram2d(
    x: dace.float32[SAMPLES],
    y: dace.float32[SAMPLES],
    weights: dace.float64[SAMPLES],
    counts: dace.float64[BINS_X, BINS_Y],
) -> None:
    for sample in dace.map[0:SAMPLES]:
        column = int(BINS_X * x[sample])
        row = int(BINS_Y * y[sample])
        counts[column, row] += weights[sample]


def reference(x: np.ndarray, y: np.ndarray, weights: np.ndarray, counts: np.ndarray) -> None:
    bounds = [(0, 1), (0, 1)]
    counts += np.histogram2d(x, y, bins=counts.shape, range=bounds, weights=weights)[0]


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    samples, bins = sizes["SAMPLES"], (sizes["BINS_X"], sizes["BINS_Y"])
    return {
        "x": (rng.integers(2**12, size=samples) / 2**12).astype(np.float32),
        "y": (rng.integers(2**12, size=samples) / 2**12).astype(np.float32),
        "weights": rng.random(samples),
        "counts": rng.random(bins),
    }


PROGRAM = Program(
    name="histogram2d",
    family="histogram",
    program=histogram2d,
    sizes={
        "S": {"SAMPLES": 50000, "BINS_X": 16, "BINS_Y": 32},
        "M": {"SAMPLES": 1000000, "BINS_X": 64, "BINS_Y": 128},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("counts",),
    description="weighted two-dimensional histogram, conflicts inside a map",
)
