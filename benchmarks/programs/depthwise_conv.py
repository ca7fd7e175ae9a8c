"""Depth-wise convolution: a small filter of its own for every channel, channels last."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

BATCH, HEIGHT, WIDTH, CHANNELS, TAPS = (dace.symbol(name) for name in ("BATCH", "HEIGHT", "WIDTH", "CHANNELS", "TAPS"))


@dace.program
def depthwise_conv(
    images: dace.float32[BATCH, HEIGHT + TAPS - 1, WIDTH + TAPS - 1, CHANNELS],
    filters: dace.float32[TAPS, TAPS, CHANNELS],
    result: dace.float32[BATCH, HEIGHT, WIDTH, CHANNELS],
) -> None:
    result[:] = 0.0
    for down in range(TAPS):
        for across in range(TAPS):
            result += images[:, down : down + HEIGHT, across : across + WIDTH, :] * filters[down, across, :]


def reference(images: np.ndarray, filters: np.ndarray, result: np.ndarray) -> None:
    taps = len(filters)
    windows = np.lib.stride_tricks.sliding_window_view(images, (taps, taps), axis=(1, 2))
    result[:] = np.einsum("byxcij,ijc->byxc", windows, filters)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    batch, channels, taps = sizes["BATCH"], sizes["CHANNELS"], sizes["TAPS"]
    height, width = sizes["HEIGHT"], sizes["WIDTH"]
    return {
        "images": rng.random((batch, height + taps - 1, width + taps - 1, channels), dtype=np.float32),
        "filters": rng.random((taps, taps, channels), dtype=np.float32),
        "result": np.ones((batch, height, width, channels), dtype=np.float32),
    }


PROGRAM = Program(
    name="depthwise_conv",
    family="convolution",
    program=depthwise_conv,
    sizes={
        "S": {"BATCH": 2, "HEIGHT": 28, "WIDTH": 24, "CHANNELS": 32, "TAPS": 3},
        "M": {"BATCH": 4, "HEIGHT": 96, "WIDTH": 96, "CHANNELS": 48, "TAPS": 5},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="depth-wise convolution, one tap of the filters at a time",
    rtol=1e-4,
)
