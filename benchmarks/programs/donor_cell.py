"""A tracer carried by the wind through a closed box: upwind fluxes on every cell's faces."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

NX, NY, NZ, STEPS = (dace.symbol(name) for name in ("NX", "NY", "NZ", "STEPS"))


@dace.program
def donor_cell(
    tracer: dace.float64[NX, NY, NZ],
    u: dace.float64[NX - 1, NY, NZ],
    v: dace.float64[NX, NY - 1, NZ],
    w: dace.float64[NX, NY, NZ - 1],
) -> None:
    for _ in range(STEPS):
        flux_x = np.maximum(u, 0.0) * tracer[:-1, :, :] + np.minimum(u, 0.0) * tracer[1:, :, :]
        flux_y = np.maximum(v, 0.0) * tracer[:, :-1, :] + np.minimum(v, 0.0) * tracer[:, 1:, :]
        flux_z = np.maximum(w, 0.0) * tracer[:, :, :-1] + np.minimum(w, 0.0) * tracer[:, :, 1:]
        tracer[:-1, :, :] -= flux_x
        tracer[1:, :, :] += flux_x
        tracer[:, :-1, :] -= flux_y
        tracer[:, 1:, :] += flux_y
        tracer[:, :, :-1] -= flux_z
        tracer[:, :, 1:] += flux_z


def reference(tracer: np.ndarray, u: np.ndarray, v: np.ndarray, w: np.ndarray, STEPS: int) -> None:
    for _ in range(STEPS):
        change = np.zeros_like(tracer)
        for axis, speed in enumerate((u, v, w)):
            left, right = (np.moveaxis(tracer, axis, 0)[face] for face in (slice(None, -1), slice(1, None)))
            speed = np.moveaxis(speed, axis, 0)
            carried = speed * np.where(speed > 0.0, left, right)
            walls = np.pad(carried, ((1, 1), (0, 0), (0, 0)))
            change -= np.moveaxis(np.diff(walls, axis=0), 0, axis)
        tracer += change


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    nx, ny, nz = sizes["NX"], sizes["NY"], sizes["NZ"]
    return {
        "tracer": rng.random((nx, ny, nz)),
        "u": rng.uniform(-0.15, 0.15, (nx - 1, ny, nz)),
        "v": rng.uniform(-0.15, 0.15, (nx, ny - 1, nz)),
        "w": rng.uniform(-0.15, 0.15, (nx, ny, nz - 1)),
        "STEPS": sizes["STEPS"],
    }


PROGRAM = Program(
    name="donor_cell",
    family="advection",
    program=donor_cell,
    sizes={
        "S": {"NX": 40, "NY": 38, "NZ": 36, "STEPS": 4},
        "M": {"NX": 120, "NY": 110, "NZ": 100, "STEPS": 2},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("tracer",),
    description="3-D upwind advection by face fluxes, in a time loop",
)
