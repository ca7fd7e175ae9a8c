"""A weighted histogram over equal bins between the smallest and largest sample."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

SAMPLES, BINS = (dace.symbol(name) for name in ("SAMPLES", "BINS"))


@dace.program
def histogram(samples: dace.float64[SAMPLES], weights: dace.float64[SAMPLES], counts: dace.float64[BINS]) -> None:
    low = np.min(samples)
    high = np.max(samples)
    counts[:] = 0.0
    for i in range(SAMPLES):
        cell = min(int(BINS * (samples[i] - low) / (high - low)), BINS - 1)
        counts[cell] += weights[i]


def reference(samples: np.ndarray, weights: np.ndarray, counts: np.ndarray) -> None:
    low, high, bins = samples.min(), samples.max(), len(counts)
    cells = np.minimum((bins * (samples - low) / (high - low)).astype(np.int64), bins - 1)
    counts[:] = np.bincount(cells, weights=weights, minlength=bins)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    samples, bins = sizes["SAMPLES"], sizes["BINS"]
    return {
        "samples": rng.standard_normal(samples),
        "weights": rng.random(samples),
        "counts": np.zeros(bins),
    }


PROGRAM = Program(
    name="histogram",
    family="histogram",
    program=histogram,
    sizes={"S": {"SAMPLES": 5000, "BINS": 30}, "M": {"SAMPLES": 1000000, "BINS": 100}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("counts",),
    description="weighted histogram with data-dependent bins",
)
