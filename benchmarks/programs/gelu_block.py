"""A dense block with a residual connection: two layers with a Gaussian error unit between them."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator,no-untyped-def"
from __future__ import annotations

import dace
import numpy as np
import scipy.special

from benchmarks.programs.base import Arguments, Program, Sizes

TOKENS, WIDTH, HIDDEN = (dace.symbol(name) for name in ("TOKENS", "WIDTH", "HIDDEN"))


@dace.program
def gelu_block(
    tokens: dace.float32[TOKENS, WIDTH],
    widen: dace.float32[WIDTH, HIDDEN],
    bias: dace.float32[HIDDEN],
    narrow: dace.float32[HIDDEN, WIDTH],
):
    hidden = tokens @ widen + bias
    gate = np.tanh(0.7978845608 * (hidden + 0.044715 * hidden * hidden * hidden))
    return tokens + (0.5 * hidden * (1.0 + gate)) @ narrow


def reference(tokens: np.ndarray, widen: np.ndarray, bias: np.ndarray, narrow: np.ndarray) -> np.ndarray:
    hidden = tokens @ widen + bias
    gate = scipy.special.expit(np.float32(np.sqrt(8 / np.pi)) * (hidden + np.float32(0.044715) * hidden**3))
    return np.asarray(tokens + (hidden * gate) @ narrow)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    tokens, width, hidden = sizes["TOKENS"], sizes["WIDTH"], sizes["HIDDEN"]
    return {
        "tokens": rng.standard_normal((tokens, width), dtype=np.float32),
        "widen": rng.standard_normal((width, hidden), dtype=np.float32) / np.float32(np.sqrt(width)),
        "bias": rng.random(hidden, dtype=np.float32),
        "narrow": rng.standard_normal((hidden, width), dtype=np.float32) / np.float32(np.sqrt(hidden)),
    }


PROGRAM = Program(
    name="gelu_block",
    family="gemm",
    program=gelu_block,
    sizes={
        "S": {"TOKENS": 96, "WIDTH": 64, "HIDDEN": 192},
        "M": {"TOKENS": 1024, "WIDTH": 256, "HIDDEN": 1024},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("__return",),
    description="two dense layers with a Gaussian error unit and a residual",
    rtol=1e-4,
)
