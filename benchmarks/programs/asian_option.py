"""Asian options by Monte Carlo: paths of the price, their averages, and the mean payoff."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

PATHS, DAYS, STRIKES = (dace.symbol(name) for name in ("PATHS", "DAYS", "STRIKES"))


@dace.program
def asian_option(
    shocks: dace.float64[DAYS, PATHS],
    strikes: dace.float64[STRIKES],
    drift: dace.float64,
    volatility: dace.float64,
    values: dace.float64[STRIKES],
    deltas: dace.float64[STRIKES],
) -> None:
    price = np.ones((PATHS,), dtype=np.float64)
    average = np.zeros((PATHS,), dtype=np.float64)
    for day in range(DAYS):
        price *= np.exp(drift + volatility * shocks[day])
        average += price / DAYS
    for contract in range(STRIKES):
        paid = np.maximum(average - strikes[contract], 0.0)
        values[contract] = np.sum(paid) / PATHS
        deltas[contract] = np.sum(np.where(average > strikes[contract], average, 0.0)) / PATHS


def reference(
    shocks: np.ndarray,
    strikes: np.ndarray,
    drift: float,
    volatility: float,
    values: np.ndarray,
    deltas: np.ndarray,
) -> None:
    average = np.exp(np.cumsum(drift + volatility * shocks, axis=0)).mean(axis=0)
    for contract, strike in enumerate(strikes):
        exercised = average[average > strike]
        deltas[contract] = exercised.sum() / len(average)
        values[contract] = (exercised - strike).sum() / len(average)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    return {
        "shocks": rng.standard_normal((sizes["DAYS"], sizes["PATHS"])),
        "strikes": 0.9 + 0.2 * np.arange(sizes["STRIKES"]) / sizes["STRIKES"],
        "drift": -0.0002,
        "volatility": 0.02,
        "values": np.zeros(sizes["STRIKES"]),
        "deltas": np.zeros(sizes["STRIKES"]),
    }


PROGRAM = Program(
    name="asian_option",
    family="monte_carlo",
    program=asian_option,
    sizes={"S": {"PATHS": 6000, "DAYS": 30, "STRIKES": 8}, "M": {"PATHS": 150000, "DAYS": 60, "STRIKES": 20}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("values", "deltas"),
    description="Monte-Carlo values and deltas of average-price options",
)
