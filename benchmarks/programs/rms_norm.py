"""Every token divided by its root mean square, then scaled."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

TOKENS, WIDTH = (dace.symbol(name) for name in ("TOKENS", "WIDTH"))


@dace.program
def rms_norm(
    values: dace.float32[TOKENS, WIDTH], scale: dace.float32[WIDTH], result: dace.float32[TOKENS, WIDTH]
) -> None:
    inverse = np.zeros((TOKENS,), dtype=np.float32)
    for token in range(TOKENS):
        for channel in range(WIDTH):
            inverse[token] += values[token, channel] * values[token, channel]
        inverse[token] = 1.0 / np.sqrt(inverse[token] / WIDTH + 1e-6)
    for token, channel in dace.map[0:TOKENS, 0:WIDTH]:
        result[token, channel] = values[token, channel] * inverse[token] * scale[channel]


def reference(values: np.ndarray, scale: np.ndarray, result: np.ndarray) -> None:
    square = np.square(values).mean(axis=1, keepdims=True)
    result[:] = values / np.sqrt(square + np.float32(1e-6)) * scale


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    tokens, width = sizes["TOKENS"], sizes["WIDTH"]
    return {
        "values": rng.standard_normal((tokens, width), dtype=np.float32),
        "scale": rng.random(width, dtype=np.float32),
        "result": np.zeros((tokens, width), dtype=np.float32),
    }


PROGRAM = Program(
    name="rms_norm",
    family="normalisation",
    program=rms_norm,
    sizes={"S": {"TOKENS": 800, "WIDTH": 160}, "M": {"TOKENS": 8000, "WIDTH": 512}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="root-mean-square normalisation by loops and a map",
    rtol=1e-4,
)
