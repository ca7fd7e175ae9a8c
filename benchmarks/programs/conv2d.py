"""Convolution of images with a bank of filters and a bias, channels first."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

BATCH, CHANNELS, FILTERS, HEIGHT, WIDTH, TAPS = (
    dace.symbol(name) for name in ("BATCH", "CHANNELS", "FILTERS", "HEIGHT", "WIDTH", "TAPS")
)


@dace.program
def conv2d(
    images: dace.float32[BATCH, CHANNELS, HEIGHT, WIDTH],
    filters: dace.float32[FILTERS, CHANNELS, TAPS, TAPS],
    bias: dace.float32[FILTERS],
    result: dace.float32[BATCH, FILTERS, HEIGHT - TAPS + 1, WIDTH - TAPS + 1],
) -> None:
    for row in range(HEIGHT - TAPS + 1):
        for column in range(WIDTH - TAPS + 1):
            patch = images[:, np.newaxis, :, row : row + TAPS, column : column + TAPS]
            result[:, :, row, column] = np.sum(patch * filters, axis=(2, 3, 4)) + bias


def reference(images: np.ndarray, filters: np.ndarray, bias: np.ndarray, result: np.ndarray) -> None:
    taps = filters.shape[2]
    windows = np.lib.stride_tricks.sliding_window_view(images, (taps, taps), axis=(2, 3))
    result[:] = np.einsum("bcyxij,fcij->bfyx", windows, filters, optimize=True) + bias[:, np.newaxis, np.newaxis]


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    batch, filters, taps = sizes["BATCH"], sizes["FILTERS"], sizes["TAPS"]
    channels, height, width = sizes["CHANNELS"], sizes["HEIGHT"], sizes["WIDTH"]
    return {
        "images": rng.random((batch, channels, height, width), dtype=np.float32),
        "filters": rng.random((filters, channels, taps, taps), dtype=np.float32),
        "bias": rng.random(filters, dtype=np.float32),
        "result": np.zeros((batch, filters, height - taps + 1, width - taps + 1), dtype=np.float32),
    }


PROGRAM = Program(
    name="conv2d",
    family="convolution",
    program=conv2d,
    sizes={
        "S": {"BATCH": 2, "CHANNELS": 3, "FILTERS": 4, "HEIGHT": 16, "WIDTH": 16, "TAPS": 3},
        "M": {"BATCH": 8, "CHANNELS": 3, "FILTERS": 16, "HEIGHT": 64, "WIDTH": 64, "TAPS": 5},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="2-D convolution with bias, one patch per output pixel",
    rtol=1e-4,
)
