"""Normalisation of groups of channels of every image."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

BATCH, GROUPS, MEMBERS, PIXELS = (dace.symbol(name) for name in ("BATCH", "GROUPS", "MEMBERS", "PIXELS"))


@dace.program
def group_norm(
    images: dace.float64[BATCH, GROUPS * MEMBERS, PIXELS],
    scale: dace.float64[GROUPS * MEMBERS],
    shift: dace.float64[GROUPS * MEMBERS],
    result: dace.float64[BATCH, GROUPS * MEMBERS, PIXELS],
) -> None:
    grouped = np.reshape(images, (BATCH, GROUPS, MEMBERS * PIXELS))
    mean = np.mean(grouped, axis=2)
    square = np.sum(grouped * grouped, axis=2) / (MEMBERS * PIXELS)
    for image, part, member, pixel in dace.map[0:BATCH, 0:GROUPS, 0:MEMBERS, 0:PIXELS]:
        spread = np.sqrt(square[image, part] - mean[image, part] * mean[image, part] + 1e-5)
        centred = images[image, part * MEMBERS + member, pixel] - mean[image, part]
        result[image, part * MEMBERS + member, pixel] = (
            centred / spread * scale[part * MEMBERS + member] + shift[part * MEMBERS + member]
        )


def reference(images: np.ndarray, scale: np.ndarray, shift: np.ndarray, result: np.ndarray, GROUPS: int) -> None:
    groups = np.stack(np.split(images, GROUPS, axis=1), axis=1)
    centred = groups - groups.mean(axis=(2, 3), keepdims=True)
    normal = centred / np.sqrt(groups.var(axis=(2, 3), keepdims=True) + 1e-5)
    result[:] = normal.reshape(images.shape) * scale[:, np.newaxis] + shift[:, np.newaxis]


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    batch, channels, pixels = sizes["BATCH"], sizes["GROUPS"] * sizes["MEMBERS"], sizes["PIXELS"]
    return {
        "images": rng.standard_normal((batch, channels, pixels)),
        "scale": rng.random(channels),
        "shift": rng.random(channels),
        "result": np.zeros((batch, channels, pixels)),
        "GROUPS": sizes["GROUPS"],
    }


PROGRAM = Program(
    name="group_norm",
    family="normalisation",
    program=group_norm,
    sizes={
        "S": {"BATCH": 4, "GROUPS": 6, "MEMBERS": 5, "PIXELS": 500},
        "M": {"BATCH": 16, "GROUPS": 8, "MEMBERS": 8, "PIXELS": 2500},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="normalisation over groups of channels, one map over four dimensions",
)
