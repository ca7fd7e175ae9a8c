"""Two dense layers with bias and rectifier, in single precision."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator,no-untyped-def"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

BATCH, FEATURES, HIDDEN, CLASSES = (dace.symbol(name) for name in ("BATCH", "FEATURES", "HIDDEN", "CLASSES"))


@dace.program
def mlp(
    samples: dace.float32[BATCH, FEATURES],
    weights1: dace.float32[FEATURES, HIDDEN],
    bias1: dace.float32[HIDDEN],
    weights2: dace.float32[HIDDEN, CLASSES],
    bias2: dace.float32[CLASSES],
):
    hidden = np.maximum(samples @ weights1 + bias1, 0)
    return np.maximum(hidden @ weights2 + bias2, 0)


def reference(
    samples: np.ndarray, weights1: np.ndarray, bias1: np.ndarray, weights2: np.ndarray, bias2: np.ndarray
) -> np.ndarray:
    hidden = np.maximum(samples @ weights1 + bias1, 0)
    return np.asarray(np.maximum(hidden @ weights2 + bias2, 0))


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    batch, features, hidden, classes = (sizes[name] for name in ("BATCH", "FEATURES", "HIDDEN", "CLASSES"))
    return {
        "samples": rng.standard_normal((batch, features), dtype=np.float32),
        "weights1": rng.standard_normal((features, hidden), dtype=np.float32),
        "bias1": rng.standard_normal(hidden, dtype=np.float32),
        "weights2": rng.standard_normal((hidden, classes), dtype=np.float32),
        "bias2": rng.standard_normal(classes, dtype=np.float32),
    }


PROGRAM = Program(
    name="mlp",
    family="gemm",
    program=mlp,
    sizes={
        "S": {"BATCH": 32, "FEATURES": 128, "HIDDEN": 64, "CLASSES": 10},
        "M": {"BATCH": 512, "FEATURES": 1024, "HIDDEN": 512, "CLASSES": 100},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("__return",),
    description="two dense layers with bias and rectifier",
    rtol=1e-4,
)
