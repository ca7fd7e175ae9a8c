"""Cross-entropy of logits against labels, by a stable log-sum-exp."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

BATCH, CLASSES = (dace.symbol(name) for name in ("BATCH", "CLASSES"))


@dace.program
def cross_entropy(logits: dace.float64[BATCH, CLASSES], labels: dace.int32[BATCH], losses: dace.float64[BATCH]) -> None:
    peak = np.max(logits, axis=1)
    shifted = logits - np.reshape(peak, (BATCH, 1))
    normaliser = np.log(np.sum(np.exp(shifted), axis=1))
    for sample in dace.map[0:BATCH]:
        losses[sample] = normaliser[sample] - shifted[sample, labels[sample]]


def reference(logits: np.ndarray, labels: np.ndarray, losses: np.ndarray) -> None:
    shifted = logits - logits.max(axis=1, keepdims=True)
    losses[:] = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(labels)), labels]


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    batch, classes = sizes["BATCH"], sizes["CLASSES"]
    return {
        "logits": 4 * rng.standard_normal((batch, classes)),
        "labels": rng.integers(classes, size=batch, dtype=np.int32),
        "losses": np.zeros(batch),
    }


PROGRAM = Program(
    name="cross_entropy",
    family="softmax",
    program=cross_entropy,
    sizes={"S": {"BATCH": 128, "CLASSES": 100}, "M": {"BATCH": 4000, "CLASSES": 500}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("losses",),
    description="per-sample cross-entropy through log-sum-exp",
)
