"""Two-by-two maximum pooling of images, channels last."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator,no-untyped-def"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

BATCH, HEIGHT, WIDTH, CHANNELS = (dace.symbol(name) for name in ("BATCH", "HEIGHT", "WIDTH", "CHANNELS"))


@dace.program
def max_pool(images: dace.float32[BATCH, 2 * HEIGHT, 2 * WIDTH, CHANNELS]):
    pooled = np.empty((BATCH, HEIGHT, WIDTH, CHANNELS), dtype=np.float32)
    for row in range(HEIGHT):
        for column in range(WIDTH):
            window = images[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2, :]
            pooled[:, row, column, :] = np.max(window, axis=(1, 2))
    return pooled


def reference(images: np.ndarray) -> np.ndarray:
    batch, height, width, channels = images.shape
    blocks = images.reshape(batch, height // 2, 2, width // 2, 2, channels)
    return np.asarray(blocks.max(axis=(2, 4)))


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    shape = (sizes["BATCH"], 2 * sizes["HEIGHT"], 2 * sizes["WIDTH"], sizes["CHANNELS"])
    return {"images": rng.standard_normal(shape, dtype=np.float32)}


PROGRAM = Program(
    name="max_pool",
    family="pooling",
    program=max_pool,
    sizes={
        "S": {"BATCH": 2, "HEIGHT": 12, "WIDTH": 10, "CHANNELS": 8},
        "M": {"BATCH": 8, "HEIGHT": 56, "WIDTH": 56, "CHANNELS": 32},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("__return",),
    description="2 x 2 maximum pooling, one window per output pixel",
    rtol=0.0,
)
