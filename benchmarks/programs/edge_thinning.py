"""Edges of a grey image: gradients in integers, thinned to their ridges and cut at a threshold."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

HEIGHT, WIDTH = (dace.symbol(name) for name in ("HEIGHT", "WIDTH"))


@dace.program
def edge_thinning(
    image: dace.int32[HEIGHT + 4, WIDTH + 4], threshold: dace.int32, edges: dace.int32[HEIGHT, WIDTH]
) -> None:
    smooth_down = image[:-2, :] + 2 * image[1:-1, :] + image[2:, :]
    smooth_across = image[:, :-2] + 2 * image[:, 1:-1] + image[:, 2:]
    across = np.abs(smooth_down[:, 2:] - smooth_down[:, :-2])
    down = np.abs(smooth_across[2:, :] - smooth_across[:-2, :])
    strength = across + down
    here = strength[1:-1, 1:-1]
    beside = np.maximum(strength[1:-1, :-2], strength[1:-1, 2:])
    above = np.maximum(strength[:-2, 1:-1], strength[2:, 1:-1])
    rival = np.where(across[1:-1, 1:-1] > down[1:-1, 1:-1], beside, above)
    edges[:] = np.where(np.logical_and(here >= rival, here > threshold), here, 0)


def reference(image: np.ndarray, threshold: int, edges: np.ndarray) -> None:
    windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
    kernel = np.outer([1, 2, 1], [-1, 0, 1])
    across = np.abs(np.einsum("ijkl,kl->ij", windows, kernel))
    down = np.abs(np.einsum("ijkl,kl->ij", windows, kernel.T))
    strength = across + down
    for i in range(edges.shape[0]):
        row, steep = strength[i + 1], across[i + 1, 1:-1] > down[i + 1, 1:-1]
        rival = np.where(steep, np.maximum(row[:-2], row[2:]), np.maximum(strength[i], strength[i + 2])[1:-1])
        edges[i] = row[1:-1] * (row[1:-1] >= np.maximum(rival, threshold + 1))


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    height, width = sizes["HEIGHT"], sizes["WIDTH"]
    return {
        "image": rng.integers(256, size=(height + 4, width + 4), dtype=np.int32),
        "threshold": np.int32(150),
        "edges": np.zeros((height, width), dtype=np.int32),
    }


PROGRAM = Program(
    name="edge_thinning",
    family="stencil",
    program=edge_thinning,
    sizes={"S": {"HEIGHT": 300, "WIDTH": 320}, "M": {"HEIGHT": 1400, "WIDTH": 1500}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("edges",),
    description="gradient magnitude of an integer image, thinned and thresholded",
)
