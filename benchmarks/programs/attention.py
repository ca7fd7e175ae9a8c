"""Scaled dot-product attention of several heads."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np
import scipy.special

from benchmarks.programs.base import Arguments, Program, Sizes

HEADS, QUERIES, KEYS, DEPTH = (dace.symbol(name) for name in ("HEADS", "QUERIES", "KEYS", "DEPTH"))


@dace.program
def attention(
    scale: dace.float32,
    queries: dace.float32[HEADS, QUERIES, DEPTH],
    keys: dace.float32[HEADS, KEYS, DEPTH],
    values: dace.float32[HEADS, KEYS, DEPTH],
    result: dace.float32[HEADS, QUERIES, DEPTH],
) -> None:
    for head in range(HEADS):
        scores = scale * (queries[head] @ np.transpose(keys[head]))
        weights = np.exp(scores - np.maximum.reduce(scores, axis=1, keepdims=True))
        result[head] = weights @ values[head] / np.add.reduce(weights, axis=1, keepdims=True)


def reference(scale: np.float32, queries: np.ndarray, keys: np.ndarray, values: np.ndarray, result: np.ndarray) -> None:
    scores = np.einsum("hqd,hkd->hqk", scale * queries, keys, optimize=True)
    result[:] = scipy.special.softmax(scores, axis=2) @ values


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    heads, queries, keys, depth = sizes["HEADS"], sizes["QUERIES"], sizes["KEYS"], sizes["DEPTH"]
    return {
        "scale": np.float32(1.0 / np.sqrt(depth)),
        "queries": rng.standard_normal((heads, queries, depth), dtype=np.float32),
        "keys": rng.standard_normal((heads, keys, depth), dtype=np.float32),
        "values": rng.standard_normal((heads, keys, depth), dtype=np.float32),
        "result": np.zeros((heads, queries, depth), dtype=np.float32),
    }


PROGRAM = Program(
    name="attention",
    family="attention",
    program=attention,
    sizes={
        "S": {"HEADS": 4, "QUERIES": 64, "KEYS": 80, "DEPTH": 32},
        "M": {"HEADS": 8, "QUERIES": 256, "KEYS": 384, "DEPTH": 64},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="softmax(Q K^T / sqrt(d)) V, one head at a time",
    rtol=1e-4,
)
