"""Smooths an image within edges: weights by distance and by difference in brightness."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

HEIGHT, WIDTH, TAPS = (dace.symbol(name) for name in ("HEIGHT", "WIDTH", "TAPS"))


@dace.program
def bilateral_filter(
    image: dace.float32[HEIGHT + 2 * TAPS, WIDTH + 2 * TAPS],
    closeness: dace.float32[2 * TAPS + 1, 2 * TAPS + 1],
    sharpness: dace.float32,
    result: dace.float32[HEIGHT, WIDTH],
) -> None:
    centre = image[TAPS : TAPS + HEIGHT, TAPS : TAPS + WIDTH]
    weighted = np.zeros((HEIGHT, WIDTH), dtype=np.float32)
    weights = np.zeros((HEIGHT, WIDTH), dtype=np.float32)
    for di in range(2 * TAPS + 1):
        for dj in range(2 * TAPS + 1):
            near = image[di : di + HEIGHT, dj : dj + WIDTH]
            difference = near - centre
            weight = closeness[di, dj] * np.exp(-sharpness * difference * difference)
            weighted += weight * near
            weights += weight
    result[:] = weighted / weights


def reference(image: np.ndarray, closeness: np.ndarray, sharpness: np.float32, result: np.ndarray) -> None:
    taps, rows = len(closeness) // 2, len(result)
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(np.float64), closeness.shape)
    for row in range(rows):
        centre = windows[row, :, taps, taps][:, np.newaxis, np.newaxis]
        weight = closeness * np.exp(-np.float64(sharpness) * (windows[row] - centre) ** 2)
        result[row] = np.average(windows[row], axis=(1, 2), weights=weight)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    height, width, taps = sizes["HEIGHT"], sizes["WIDTH"], sizes["TAPS"]
    bell = np.exp(-0.3 * np.arange(-taps, taps + 1) ** 2)
    return {
        "image": rng.random((height + 2 * taps, width + 2 * taps), dtype=np.float32),
        "closeness": np.outer(bell, bell).astype(np.float32),
        "sharpness": np.float32(8.0),
        "result": np.zeros((height, width), dtype=np.float32),
    }


PROGRAM = Program(
    name="bilateral_filter",
    family="adaptive_filter",
    program=bilateral_filter,
    sizes={"S": {"HEIGHT": 90, "WIDTH": 100, "TAPS": 2}, "M": {"HEIGHT": 480, "WIDTH": 500, "TAPS": 3}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="edge-preserving smoothing with exponential weights over a window",
    rtol=1e-5,
)
