"""Softmax over the last axis of attention scores."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

BATCH, HEADS, ROWS, KEYS = (dace.symbol(name) for name in ("BATCH", "HEADS", "ROWS", "KEYS"))


@dace.program
def softmax(scores: dace.float32[BATCH, HEADS, ROWS, KEYS], weights: dace.float32[BATCH, HEADS, ROWS, KEYS]) -> None:
    peak = np.maximum.reduce(scores, axis=-1, keepdims=True)
    shifted = np.exp(scores - peak)
    weights[:] = shifted / np.add.reduce(shifted, axis=-1, keepdims=True)


def reference(scores: np.ndarray, weights: np.ndarray) -> None:
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights[:] = shifted / shifted.sum(axis=-1, keepdims=True)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    shape = (sizes["BATCH"], sizes["HEADS"], sizes["ROWS"], sizes["KEYS"])
    scores = rng.standard_normal(shape, dtype=np.float32)
    return {"scores": scores, "weights": np.zeros_like(scores)}


PROGRAM = Program(
    name="softmax",
    family="softmax",
    program=softmax,
    sizes={
        "S": {"BATCH": 4, "HEADS": 4, "ROWS": 32, "KEYS": 64},
        "M": {"BATCH": 16, "HEADS": 8, "ROWS": 128, "KEYS": 256},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("weights",),
    description="softmax over the last axis of 4-D attention scores",
    rtol=1e-5,
)
