"""Rotation of vectors by unit quaternions, one per particle."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

PARTICLES = dace.symbol("PARTICLES")


@dace.program
def quaternion(
    orientation: dace.float64[PARTICLES, 4],
    vector: dace.float64[PARTICLES, 3],
    result: dace.float64[PARTICLES, 3],
) -> None:
    norm = np.sqrt(orientation[:, 0] ** 2 + orientation[:, 1] ** 2 + orientation[:, 2] ** 2 + orientation[:, 3] ** 2)
    w = orientation[:, 0] / norm
    x = orientation[:, 1] / norm
    y = orientation[:, 2] / norm
    z = orientation[:, 3] / norm
    tx = 2.0 * (y * vector[:, 2] - z * vector[:, 1])
    ty = 2.0 * (z * vector[:, 0] - x * vector[:, 2])
    tz = 2.0 * (x * vector[:, 1] - y * vector[:, 0])
    result[:, 0] = vector[:, 0] + w * tx + y * tz - z * ty
    result[:, 1] = vector[:, 1] + w * ty + z * tx - x * tz
    result[:, 2] = vector[:, 2] + w * tz + x * ty - y * tx


def reference(orientation: np.ndarray, vector: np.ndarray, result: np.ndarray) -> None:
    unit = orientation / np.linalg.norm(orientation, axis=1, keepdims=True)
    twist = 2.0 * np.cross(unit[:, 1:], vector)
    result[:] = vector + unit[:, :1] * twist + np.cross(unit[:, 1:], twist)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    particles = sizes["PARTICLES"]
    return {
        "orientation": rng.standard_normal((particles, 4)),
        "vector": rng.standard_normal((particles, 3)),
        "result": np.zeros((particles, 3)),
    }


PROGRAM = Program(
    name="quaternion",
    family="elementwise",
    program=quaternion,
    sizes={"S": {"PARTICLES": 1000}, "M": {"PARTICLES": 1500000}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="rotation of one vector by one quaternion per particle",
)
