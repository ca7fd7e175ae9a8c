"""A separable blur of an image with colours: along rows, then along columns."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

HEIGHT, WIDTH, COLOURS, TAPS = (dace.symbol(name) for name in ("HEIGHT", "WIDTH", "COLOURS", "TAPS"))


@dace.program
def gaussian_blur(
    image: dace.float32[HEIGHT + TAPS - 1, WIDTH + TAPS - 1, COLOURS],
    taps: dace.float32[TAPS],
    result: dace.float32[HEIGHT, WIDTH, COLOURS],
) -> None:
    rows = np.zeros((HEIGHT + TAPS - 1, WIDTH, COLOURS), dtype=np.float32)
    for k in range(TAPS):
        rows += taps[k] * image[:, k : k + WIDTH, :]
    result[:] = 0.0
    for k in range(TAPS):
        result += taps[k] * rows[k : k + HEIGHT, :, :]


def reference(image: np.ndarray, taps: np.ndarray, result: np.ndarray) -> None:
    windows = np.lib.stride_tricks.sliding_window_view(image, len(taps), axis=0).astype(np.float64) @ taps
    result[:] = np.lib.stride_tricks.sliding_window_view(windows, len(taps), axis=1) @ taps


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    height, width, colours, taps = sizes["HEIGHT"], sizes["WIDTH"], sizes["COLOURS"], sizes["TAPS"]
    bell = np.exp(-0.5 * np.linspace(-2.5, 2.5, taps) ** 2)
    return {
        "image": rng.random((height + taps - 1, width + taps - 1, colours), dtype=np.float32),
        "taps": (bell / bell.sum()).astype(np.float32),
        "result": np.zeros((height, width, colours), dtype=np.float32),
    }


PROGRAM = Program(
    name="gaussian_blur",
    family="convolution",
    program=gaussian_blur,
    sizes={
        "S": {"HEIGHT": 100, "WIDTH": 110, "COLOURS": 3, "TAPS": 7},
        "M": {"HEIGHT": 700, "WIDTH": 800, "COLOURS": 3, "TAPS": 11},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="separable blur of a colour image, one tap at a time",
    rtol=1e-5,
)
