"""Layer normalisation over the last axis, with scale and shift."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

BATCH, TOKENS, WIDTH = (dace.symbol(name) for name in ("BATCH", "TOKENS", "WIDTH"))


@dace.program
def layer_norm(
    values: dace.float32[BATCH, TOKENS, WIDTH],
    scale: dace.float32[WIDTH],
    shift: dace.float32[WIDTH],
    result: dace.float32[BATCH, TOKENS, WIDTH],
) -> None:
    mean = np.add.reduce(values, axis=-1, keepdims=True) / WIDTH
    centred = values - mean
    variance = np.add.reduce(centred * centred, axis=-1, keepdims=True) / WIDTH
    result[:] = centred / np.sqrt(variance + 1e-5) * scale + shift


def reference(values: np.ndarray, scale: np.ndarray, shift: np.ndarray, result: np.ndarray) -> None:
    centred = values - values.mean(axis=-1, keepdims=True)
    variance = (centred * centred).mean(axis=-1, keepdims=True)
    result[:] = centred / np.sqrt(variance + 1e-5) * scale + shift


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    values = rng.standard_normal((sizes["BATCH"], sizes["TOKENS"], sizes["WIDTH"]), dtype=np.float32)
    return {
        "values": values,
        "scale": rng.standard_normal(sizes["WIDTH"], dtype=np.float32),
        "shift": rng.standard_normal(sizes["WIDTH"], dtype=np.float32),
        "result": np.zeros_like(values),
    }


PROGRAM = Program(
    name="layer_norm",
    family="normalisation",
    program=layer_norm,
    sizes={"S": {"BATCH": 8, "TOKENS": 32, "WIDTH": 64}, "M": {"BATCH": 16, "TOKENS": 512, "WIDTH": 512}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="layer normalisation over the last axis",
    rtol=1e-4,
)
