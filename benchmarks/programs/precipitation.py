"""Rain falling through a column: condensation above, evaporation below saturation."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

NI, NJ, NK = (dace.symbol(name) for name in ("NI", "NJ", "NK"))


@dace.program
def precipitation(
    vapour: dace.float64[NI, NJ, NK],
    temperature: dace.float64[NI, NJ, NK],
    mass: dace.float64[NI, NJ, NK],
    rain: dace.float64[NI, NJ],
) -> None:
    rain[:] = 0.0
    for k in range(NK):
        saturation = 0.38 * np.exp(17.27 * (temperature[:, :, k] - 273.15) / (temperature[:, :, k] - 35.86))
        excess = vapour[:, :, k] - saturation
        condensed = np.maximum(excess, 0.0)
        evaporated = np.minimum(rain / mass[:, :, k], 0.1 * np.maximum(-excess, 0.0))
        vapour[:, :, k] += evaporated - condensed
        temperature[:, :, k] += 2.5 * (condensed - evaporated)
        rain += (condensed - evaporated) * mass[:, :, k]


def reference(vapour: np.ndarray, temperature: np.ndarray, mass: np.ndarray, rain: np.ndarray) -> None:
    saturation = 0.38 * np.exp(17.27 * (temperature - 273.15) / (temperature - 35.86))
    rain[:] = 0.0
    for k in range(vapour.shape[2]):
        missing = saturation[:, :, k] - vapour[:, :, k]
        evaporated = np.minimum(rain / mass[:, :, k], 0.1 * missing.clip(min=0.0))
        change = (-missing).clip(min=0.0) - evaporated
        vapour[:, :, k] -= change
        temperature[:, :, k] += 2.5 * change
        rain += change * mass[:, :, k]


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    shape = (sizes["NI"], sizes["NJ"], sizes["NK"])
    return {
        "vapour": rng.random(shape),
        "temperature": rng.uniform(265.0, 290.0, shape),
        "mass": rng.uniform(0.5, 1.5, shape),
        "rain": np.zeros(shape[:2]),
    }


PROGRAM = Program(
    name="precipitation",
    family="column_physics",
    program=precipitation,
    sizes={"S": {"NI": 16, "NJ": 16, "NK": 16}, "M": {"NI": 120, "NJ": 128, "NK": 80}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("vapour", "temperature", "rain"),
    description="condensation and evaporation of rain, scanned down the column",
)
