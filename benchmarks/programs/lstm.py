"""A recurrent cell with forget, input and output gates, run over a sequence."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np
import scipy.special

from benchmarks.programs.base import Arguments, Program, Sizes

TIMES, BATCH, FEATURES, HIDDEN = (dace.symbol(name) for name in ("TIMES", "BATCH", "FEATURES", "HIDDEN"))


@dace.program
def lstm(
    inputs: dace.float32[TIMES, BATCH, FEATURES],
    weights: dace.float32[FEATURES, 4 * HIDDEN],
    recurrent: dace.float32[HIDDEN, 4 * HIDDEN],
    bias: dace.float32[4 * HIDDEN],
    hidden: dace.float32[BATCH, HIDDEN],
    cell: dace.float32[BATCH, HIDDEN],
) -> None:
    for t in range(TIMES):
        gates = inputs[t] @ weights + hidden @ recurrent + bias
        keep = 1.0 / (1.0 + np.exp(-gates[:, :HIDDEN]))
        write = 1.0 / (1.0 + np.exp(-gates[:, HIDDEN : 2 * HIDDEN]))
        show = 1.0 / (1.0 + np.exp(-gates[:, 2 * HIDDEN : 3 * HIDDEN]))
        cell[:] = keep * cell + write * np.tanh(gates[:, 3 * HIDDEN :])
        hidden[:] = show * np.tanh(cell)


def reference(
    inputs: np.ndarray,
    weights: np.ndarray,
    recurrent: np.ndarray,
    bias: np.ndarray,
    hidden: np.ndarray,
    cell: np.ndarray,
) -> None:
    stacked = np.concatenate([weights, recurrent])
    for moment in inputs:
        keep, write, show, new = np.split(np.hstack([moment, hidden]) @ stacked + bias, 4, axis=1)
        cell[:] = scipy.special.expit(keep) * cell + scipy.special.expit(write) * np.tanh(new)
        hidden[:] = scipy.special.expit(show) * np.tanh(cell)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    times, batch, features, hidden = sizes["TIMES"], sizes["BATCH"], sizes["FEATURES"], sizes["HIDDEN"]
    return {
        "inputs": rng.standard_normal((times, batch, features), dtype=np.float32),
        "weights": rng.standard_normal((features, 4 * hidden), dtype=np.float32) / np.float32(np.sqrt(features)),
        "recurrent": rng.standard_normal((hidden, 4 * hidden), dtype=np.float32) / np.float32(np.sqrt(hidden)),
        "bias": rng.random(4 * hidden, dtype=np.float32),
        "hidden": np.zeros((batch, hidden), dtype=np.float32),
        "cell": np.zeros((batch, hidden), dtype=np.float32),
    }


PROGRAM = Program(
    name="lstm",
    family="recurrent",
    program=lstm,
    sizes={
        "S": {"TIMES": 8, "BATCH": 24, "FEATURES": 40, "HIDDEN": 48},
        "M": {"TIMES": 40, "BATCH": 64, "FEATURES": 128, "HIDDEN": 192},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("hidden", "cell"),
    description="a long short-term memory cell over a sequence",
    rtol=1e-4,
)
