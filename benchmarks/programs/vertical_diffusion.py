"""Implicit vertical diffusion of a 3-D field: one tridiagonal system per column."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

NI, NJ, NK = (dace.symbol(name) for name in ("NI", "NJ", "NK"))


@dace.program
def vertical_diffusion(field: dace.float64[NI, NJ, NK], mixing: dace.float64[NI, NJ, NK], step: dace.float64) -> None:
    upper = np.zeros_like(field)
    diagonal = np.empty((NI, NJ), dtype=np.float64)
    for k in range(NK):
        diagonal[:] = 1.0
        if k > 0:
            diagonal += step * mixing[:, :, k]
        if k < NK - 1:
            diagonal += step * mixing[:, :, k + 1]
        if k > 0:
            diagonal += step * mixing[:, :, k] * upper[:, :, k - 1]
            field[:, :, k] += step * mixing[:, :, k] * field[:, :, k - 1]
        if k < NK - 1:
            upper[:, :, k] = -step * mixing[:, :, k + 1] / diagonal
        field[:, :, k] /= diagonal
    for k in range(NK - 2, -1, -1):
        field[:, :, k] -= upper[:, :, k] * field[:, :, k + 1]


def reference(field: np.ndarray, mixing: np.ndarray, step: float) -> None:
    levels = field.shape[2]
    flux = step * mixing
    flux[:, :, 0] = 0.0
    below = np.zeros_like(flux)
    below[:, :, :-1] = flux[:, :, 1:]
    upper = np.zeros_like(field)
    previous, previous_upper = np.zeros(field.shape[:2]), np.zeros(field.shape[:2])
    for k in range(levels):
        diagonal = 1.0 + flux[:, :, k] + below[:, :, k] + flux[:, :, k] * previous_upper
        upper[:, :, k] = previous_upper = -below[:, :, k] / diagonal
        field[:, :, k] = previous = (field[:, :, k] + flux[:, :, k] * previous) / diagonal
    for k in reversed(range(levels - 1)):
        field[:, :, k] -= upper[:, :, k] * field[:, :, k + 1]


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    shape = (sizes["NI"], sizes["NJ"], sizes["NK"])
    return {"field": rng.random(shape), "mixing": rng.random(shape), "step": 0.3}


PROGRAM = Program(
    name="vertical_diffusion",
    family="tridiagonal",
    program=vertical_diffusion,
    sizes={"S": {"NI": 16, "NJ": 18, "NK": 20}, "M": {"NI": 128, "NJ": 128, "NK": 80}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("field",),
    description="implicit vertical diffusion, a tridiagonal solve per column",
)
