"""Means over square windows of images, channels first."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator,no-untyped-def"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

BATCH, CHANNELS, HEIGHT, WIDTH, WINDOW = (
    dace.symbol(name) for name in ("BATCH", "CHANNELS", "HEIGHT", "WIDTH", "WINDOW")
)


@dace.program
def average_pool(images: dace.float32[BATCH, CHANNELS, HEIGHT * WINDOW, WIDTH * WINDOW]):
    tiles = np.reshape(images, (BATCH, CHANNELS, HEIGHT, WINDOW, WIDTH, WINDOW))
    return np.mean(tiles, axis=(3, 5))


def reference(images: np.ndarray, WINDOW: int) -> np.ndarray:
    total = sum(images[:, :, down::WINDOW, across::WINDOW] for down in range(WINDOW) for across in range(WINDOW))
    return np.asarray(total / np.float32(WINDOW * WINDOW))


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    window = sizes["WINDOW"]
    shape = (sizes["BATCH"], sizes["CHANNELS"], sizes["HEIGHT"] * window, sizes["WIDTH"] * window)
    return {"images": rng.random(shape, dtype=np.float32), "WINDOW": window}


PROGRAM = Program(
    name="average_pool",
    family="pooling",
    program=average_pool,
    sizes={
        "S": {"BATCH": 4, "CHANNELS": 16, "HEIGHT": 16, "WIDTH": 14, "WINDOW": 3},
        "M": {"BATCH": 8, "CHANNELS": 32, "HEIGHT": 40, "WIDTH": 40, "WINDOW": 3},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("__return",),
    description="average pooling through a 6-D view of the images",
    rtol=1e-5,
)
