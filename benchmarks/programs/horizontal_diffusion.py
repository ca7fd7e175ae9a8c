"""Fourth-order horizontal diffusion with a flux limiter."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

NI, NJ, NK = (dace.symbol(name) for name in ("NI", "NJ", "NK"))


@dace.program
def horizontal_diffusion(
    field: dace.float64[NI + 4, NJ + 4, NK],
    coefficient: dace.float64[NI, NJ, NK],
    result: dace.float64[NI, NJ, NK],
) -> None:
    laplacian = (
        field[2:, 1:-1, :] + field[:-2, 1:-1, :] + field[1:-1, 2:, :] + field[1:-1, :-2, :] - 4.0 * field[1:-1, 1:-1, :]
    )
    slope_i = laplacian[1:, 1:-1, :] - laplacian[:-1, 1:-1, :]
    uphill_i = slope_i * (field[2:-1, 2:-2, :] - field[1:-2, 2:-2, :])
    flux_i = np.where(uphill_i > 0.0, 0.0, slope_i)
    slope_j = laplacian[1:-1, 1:, :] - laplacian[1:-1, :-1, :]
    uphill_j = slope_j * (field[2:-2, 2:-1, :] - field[2:-2, 1:-2, :])
    flux_j = np.where(uphill_j > 0.0, 0.0, slope_j)
    result[:] = field[2:-2, 2:-2, :] - coefficient * (
        flux_i[1:, :, :] - flux_i[:-1, :, :] + flux_j[:, 1:, :] - flux_j[:, :-1, :]
    )


def reference(field: np.ndarray, coefficient: np.ndarray, result: np.ndarray) -> None:
    curvature_i = np.diff(field, n=2, axis=0)[:, 1:-1]
    curvature_j = np.diff(field, n=2, axis=1)[1:-1]
    laplacian = curvature_i + curvature_j
    flux_i = np.diff(laplacian, axis=0)[:, 1:-1]
    flux_i[flux_i * np.diff(field, axis=0)[1:-1, 2:-2] > 0.0] = 0.0
    flux_j = np.diff(laplacian, axis=1)[1:-1]
    flux_j[flux_j * np.diff(field, axis=1)[2:-2, 1:-1] > 0.0] = 0.0
    result[:] = field[2:-2, 2:-2] - coefficient * (np.diff(flux_i, axis=0) + np.diff(flux_j, axis=1))


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    ni, nj, nk = sizes["NI"], sizes["NJ"], sizes["NK"]
    return {
        "field": rng.random((ni + 4, nj + 4, nk)),
        "coefficient": 0.05 * rng.random((ni, nj, nk)),
        "result": np.zeros((ni, nj, nk)),
    }


PROGRAM = Program(
    name="horizontal_diffusion",
    family="limited_diffusion",
    program=horizontal_diffusion,
    sizes={"S": {"NI": 24, "NJ": 20, "NK": 10}, "M": {"NI": 160, "NJ": 160, "NK": 60}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="flux-limited fourth-order horizontal diffusion of a 3-D field",
)
