"""Diffuses the horizontal wind by a viscosity that grows with its strain."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

NX, NY, NZ = (dace.symbol(name) for name in ("NX", "NY", "NZ"))


@dace.program
def eddy_viscosity(
    u: dace.float32[NX, NY, NZ],
    v: dace.float32[NX, NY, NZ],
    metric: dace.float32[NY],
    new_u: dace.float32[NX, NY, NZ],
    new_v: dace.float32[NX, NY, NZ],
) -> None:
    scale = metric[1:-1, np.newaxis]
    u_x = (u[2:, 1:-1, :] - u[:-2, 1:-1, :]) * scale
    v_x = (v[2:, 1:-1, :] - v[:-2, 1:-1, :]) * scale
    u_y = u[1:-1, 2:, :] - u[1:-1, :-2, :]
    v_y = v[1:-1, 2:, :] - v[1:-1, :-2, :]
    tension = u_x - v_y
    shear = u_y + v_x
    viscosity = np.minimum(0.04 * np.sqrt(tension * tension + shear * shear), 0.2)
    curve_u = u[2:, 1:-1, :] + u[:-2, 1:-1, :] + u[1:-1, 2:, :] + u[1:-1, :-2, :] - 4.0 * u[1:-1, 1:-1, :]
    curve_v = v[2:, 1:-1, :] + v[:-2, 1:-1, :] + v[1:-1, 2:, :] + v[1:-1, :-2, :] - 4.0 * v[1:-1, 1:-1, :]
    new_u[1:-1, 1:-1, :] = u[1:-1, 1:-1, :] + viscosity * curve_u
    new_v[1:-1, 1:-1, :] = v[1:-1, 1:-1, :] + viscosity * curve_v


def reference(u: np.ndarray, v: np.ndarray, metric: np.ndarray, new_u: np.ndarray, new_v: np.ndarray) -> None:
    wind = np.stack([u, v]).astype(np.float64)
    inner = wind[:, 1:-1, 1:-1]
    along_x = (wind[:, 2:, 1:-1] - wind[:, :-2, 1:-1]) * metric[1:-1].reshape(1, 1, -1, 1)
    along_y = wind[:, 1:-1, 2:] - wind[:, 1:-1, :-2]
    strain = np.hypot(along_x[0] - along_y[1], along_y[0] + along_x[1])
    curve = np.diff(wind, n=2, axis=1)[:, :, 1:-1] + np.diff(wind, n=2, axis=2)[:, 1:-1]
    new_u[1:-1, 1:-1], new_v[1:-1, 1:-1] = inner + (0.04 * strain).clip(max=0.2) * curve


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    shape = (sizes["NX"], sizes["NY"], sizes["NZ"])
    return {
        "u": rng.standard_normal(shape, dtype=np.float32),
        "v": rng.standard_normal(shape, dtype=np.float32),
        "metric": 0.5 + rng.random(sizes["NY"], dtype=np.float32),
        "new_u": np.zeros(shape, dtype=np.float32),
        "new_v": np.zeros(shape, dtype=np.float32),
    }


PROGRAM = Program(
    name="eddy_viscosity",
    family="stencil",
    program=eddy_viscosity,
    sizes={"S": {"NX": 64, "NY": 66, "NZ": 32}, "M": {"NX": 190, "NY": 200, "NZ": 64}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("new_u", "new_v"),
    description="horizontal diffusion with a viscosity from the strain rate",
    rtol=1e-5,
)
