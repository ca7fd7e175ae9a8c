"""Hydrostatic balance of columns: pressure added up downwards, geopotential upwards."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

NI, NJ, NK = (dace.symbol(name) for name in ("NI", "NJ", "NK"))


@dace.program
def hydrostatic(
    thickness: dace.float64[NK, NI, NJ],
    temperature: dace.float64[NK, NI, NJ],
    ground: dace.float64[NI, NJ],
    pressure: dace.float64[NK + 1, NI, NJ],
    geopotential: dace.float64[NK + 1, NI, NJ],
) -> None:
    for i in range(NI):
        for j in range(NJ):
            pressure[0, i, j] = 100.0
            for k in range(NK):
                pressure[k + 1, i, j] = pressure[k, i, j] + thickness[k, i, j]
            geopotential[NK, i, j] = ground[i, j]
            for k in range(NK - 1, -1, -1):
                ratio = np.log(pressure[k + 1, i, j] / pressure[k, i, j])
                geopotential[k, i, j] = geopotential[k + 1, i, j] + 287.0 * temperature[k, i, j] * ratio


def reference(
    thickness: np.ndarray,
    temperature: np.ndarray,
    ground: np.ndarray,
    pressure: np.ndarray,
    geopotential: np.ndarray,
) -> None:
    pressure[0] = 100.0
    pressure[1:] = 100.0 + np.cumsum(thickness, axis=0)
    layers = 287.0 * temperature * np.diff(np.log(pressure), axis=0)
    geopotential[-1] = ground
    geopotential[:-1] = ground + np.cumsum(layers[::-1], axis=0)[::-1]


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    ni, nj, nk = sizes["NI"], sizes["NJ"], sizes["NK"]
    return {
        "thickness": rng.uniform(500.0, 1500.0, (nk, ni, nj)),
        "temperature": rng.uniform(210.0, 300.0, (nk, ni, nj)),
        "ground": rng.uniform(0.0, 5000.0, (ni, nj)),
        "pressure": np.zeros((nk + 1, ni, nj)),
        "geopotential": np.zeros((nk + 1, ni, nj)),
    }


PROGRAM = Program(
    name="hydrostatic",
    family="scan",
    program=hydrostatic,
    sizes={"S": {"NI": 40, "NJ": 44, "NK": 40}, "M": {"NI": 150, "NJ": 160, "NK": 80}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("pressure", "geopotential"),
    description="pressure and geopotential of air columns, summed down and up",
)
