"""Bilinear scores of pairs of vectors, one for every class."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

PAIRS, CLASSES, LEFT, RIGHT = (dace.symbol(name) for name in ("PAIRS", "CLASSES", "LEFT", "RIGHT"))


@dace.program
def bilinear(
    left: dace.float32[PAIRS, LEFT],
    weights: dace.float32[CLASSES, LEFT, RIGHT],
    right: dace.float32[PAIRS, RIGHT],
    bias: dace.float32[CLASSES],
    scores: dace.float32[PAIRS, CLASSES],
) -> None:
    for k in range(CLASSES):
        scores[:, k] = np.sum((left @ weights[k]) * right, axis=1) + bias[k]


def reference(left: np.ndarray, weights: np.ndarray, right: np.ndarray, bias: np.ndarray, scores: np.ndarray) -> None:
    scores[:] = np.einsum("pi,kij,pj->pk", left, weights, right, optimize=True) + bias


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    pairs, classes, left, right = sizes["PAIRS"], sizes["CLASSES"], sizes["LEFT"], sizes["RIGHT"]
    return {
        "left": rng.random((pairs, left), dtype=np.float32),
        "weights": rng.random((classes, left, right), dtype=np.float32),
        "right": rng.random((pairs, right), dtype=np.float32),
        "bias": rng.random(classes, dtype=np.float32),
        "scores": np.zeros((pairs, classes), dtype=np.float32),
    }


PROGRAM = Program(
    name="bilinear",
    family="tensor",
    program=bilinear,
    sizes={
        "S": {"PAIRS": 300, "CLASSES": 8, "LEFT": 48, "RIGHT": 40},
        "M": {"PAIRS": 2000, "CLASSES": 16, "LEFT": 96, "RIGHT": 80},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("scores",),
    description="bilinear forms of pairs of vectors, one class at a time",
    rtol=1e-4,
)
