"""Sums over all boxes of an image, through its integral image."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

HEIGHT, WIDTH, BOX = (dace.symbol(name) for name in ("HEIGHT", "WIDTH", "BOX"))


@dace.program
def integral_image(
    image: dace.int32[HEIGHT, WIDTH],
    table: dace.int64[HEIGHT + 1, WIDTH + 1],
    boxes: dace.int64[HEIGHT - BOX + 1, WIDTH - BOX + 1],
) -> None:
    table[0, :] = 0
    table[:, 0] = 0
    for i in range(HEIGHT):
        for j in range(WIDTH):
            table[i + 1, j + 1] = table[i + 1, j] + image[i, j]
    for i in range(HEIGHT):
        for j in range(WIDTH):
            table[i + 1, j + 1] += table[i, j + 1]
    boxes[:] = table[BOX:, BOX:] - table[: HEIGHT - BOX + 1, BOX:] - table[BOX:, : WIDTH - BOX + 1]
    boxes += table[: HEIGHT - BOX + 1, : WIDTH - BOX + 1]


def reference(image: np.ndarray, table: np.ndarray, boxes: np.ndarray) -> None:
    box = table.shape[0] - boxes.shape[0]
    table[:] = np.pad(image, ((1, 0), (1, 0))).cumsum(axis=0, dtype=np.int64).cumsum(axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(image, box, axis=0).sum(axis=-1, dtype=np.int64)
    boxes[:] = np.lib.stride_tricks.sliding_window_view(windows, box, axis=1).sum(axis=-1)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    height, width, box = sizes["HEIGHT"], sizes["WIDTH"], sizes["BOX"]
    return {
        "image": rng.integers(256, size=(height, width), dtype=np.int32),
        "table": np.full((height + 1, width + 1), -1, dtype=np.int64),
        "boxes": np.zeros((height - box + 1, width - box + 1), dtype=np.int64),
    }


PROGRAM = Program(
    name="integral_image",
    family="scan",
    program=integral_image,
    sizes={"S": {"HEIGHT": 350, "WIDTH": 360, "BOX": 9}, "M": {"HEIGHT": 2000, "WIDTH": 2100, "BOX": 25}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("table", "boxes"),
    description="two-dimensional prefix sums of integers, and box sums from their corners",
)
