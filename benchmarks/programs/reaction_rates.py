"""Chemistry of many cells: temperature-dependent rates, and what they turn into what."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

CELLS, REACTIONS, SPECIES = (dace.symbol(name) for name in ("CELLS", "REACTIONS", "SPECIES"))


@dace.program
def reaction_rates(
    temperature: dace.float64[CELLS],
    concentration: dace.float64[CELLS, SPECIES],
    prefactor: dace.float64[REACTIONS],
    exponent: dace.float64[REACTIONS],
    activation: dace.float64[REACTIONS],
    orders: dace.float64[REACTIONS, SPECIES],
    stoichiometry: dace.float64[REACTIONS, SPECIES],
    production: dace.float64[CELLS, SPECIES],
) -> None:
    rates = np.empty((CELLS, REACTIONS), dtype=np.float64)
    for c, r in dace.map[0:CELLS, 0:REACTIONS]:
        speed = prefactor[r] * (temperature[c] / 300.0) ** exponent[r] * np.exp(-activation[r] / temperature[c])
        for s in range(SPECIES):
            speed *= concentration[c, s] ** orders[r, s]
        rates[c, r] = speed
    production[:] = rates @ stoichiometry


def reference(
    temperature: np.ndarray,
    concentration: np.ndarray,
    prefactor: np.ndarray,
    exponent: np.ndarray,
    activation: np.ndarray,
    orders: np.ndarray,
    stoichiometry: np.ndarray,
    production: np.ndarray,
) -> None:
    logarithm = np.log(concentration) @ orders.T + np.log(prefactor)
    logarithm += np.outer(np.log(temperature / 300.0), exponent) - np.outer(1.0 / temperature, activation)
    production[:] = np.exp(logarithm) @ stoichiometry


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    cells, reactions, species = sizes["CELLS"], sizes["REACTIONS"], sizes["SPECIES"]
    return {
        "temperature": rng.uniform(250.0, 2000.0, cells),
        "concentration": rng.uniform(0.01, 1.0, (cells, species)),
        "prefactor": rng.uniform(0.5, 2.0, reactions),
        "exponent": rng.uniform(-1.0, 2.0, reactions),
        "activation": rng.uniform(0.0, 3000.0, reactions),
        "orders": rng.integers(0, 2, (reactions, species)).astype(np.float64),
        "stoichiometry": rng.integers(-2, 3, (reactions, species)).astype(np.float64),
        "production": np.zeros((cells, species)),
    }


PROGRAM = Program(
    name="reaction_rates",
    family="chemistry",
    program=reaction_rates,
    sizes={
        "S": {"CELLS": 1500, "REACTIONS": 12, "SPECIES": 4},
        "M": {"CELLS": 20000, "REACTIONS": 20, "SPECIES": 6},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("production",),
    description="rates of reactions by powers and exponentials, and species by a product",
)
