"""Shallow water on a staggered grid: velocities on faces, then the surface by volume fluxes."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

NX, NY, STEPS = (dace.symbol(name) for name in ("NX", "NY", "STEPS"))


@dace.program
def shallow_water(
    surface: dace.float32[NX, NY],
    depth: dace.float32[NX, NY],
    u: dace.float32[NX + 1, NY],
    v: dace.float32[NX, NY + 1],
    courant: dace.float32,
) -> None:
    transport_x = np.zeros((NX + 1, NY), dtype=np.float32)
    transport_y = np.zeros((NX, NY + 1), dtype=np.float32)
    for _ in range(STEPS):
        for i, j in dace.map[1:NX, 0:NY]:
            u[i, j] = u[i, j] - courant * (surface[i, j] - surface[i - 1, j])
        for i, j in dace.map[0:NX, 1:NY]:
            v[i, j] = v[i, j] - courant * (surface[i, j] - surface[i, j - 1])
        for i, j in dace.map[1:NX, 0:NY]:
            upstream = depth[i - 1, j] + surface[i - 1, j]
            downstream = depth[i, j] + surface[i, j]
            transport_x[i, j] = 0.5 * u[i, j] * (upstream + downstream)
        for i, j in dace.map[0:NX, 1:NY]:
            upstream = depth[i, j - 1] + surface[i, j - 1]
            downstream = depth[i, j] + surface[i, j]
            transport_y[i, j] = 0.5 * v[i, j] * (upstream + downstream)
        for i, j in dace.map[0:NX, 0:NY]:
            outflow = transport_x[i + 1, j] - transport_x[i, j] + transport_y[i, j + 1] - transport_y[i, j]
            surface[i, j] = surface[i, j] - courant * outflow


def reference(
    surface: np.ndarray, depth: np.ndarray, u: np.ndarray, v: np.ndarray, courant: np.float32, STEPS: int
) -> None:
    for _ in range(STEPS):
        u[1:-1] -= courant * np.diff(surface, axis=0)
        v[:, 1:-1] -= courant * np.diff(surface, axis=1)
        total = depth + surface
        across = np.pad(0.5 * u[1:-1] * (total[1:] + total[:-1]), ((1, 1), (0, 0)))
        along = np.pad(0.5 * v[:, 1:-1] * (total[:, 1:] + total[:, :-1]), ((0, 0), (1, 1)))
        surface -= courant * (np.diff(across, axis=0) + np.diff(along, axis=1))


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    nx, ny = sizes["NX"], sizes["NY"]
    return {
        "surface": 0.1 * rng.random((nx, ny), dtype=np.float32),
        "depth": 1.0 + rng.random((nx, ny), dtype=np.float32),
        "u": np.zeros((nx + 1, ny), dtype=np.float32),
        "v": np.zeros((nx, ny + 1), dtype=np.float32),
        "courant": np.float32(0.2),
        "STEPS": sizes["STEPS"],
    }


PROGRAM = Program(
    name="shallow_water",
    family="stencil",
    program=shallow_water,
    sizes={"S": {"NX": 160, "NY": 170, "STEPS": 8}, "M": {"NX": 700, "NY": 800, "STEPS": 20}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("surface", "u", "v"),
    description="forward-backward shallow-water steps on a staggered grid",
    rtol=1e-4,
)
