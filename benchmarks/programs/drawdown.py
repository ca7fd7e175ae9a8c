"""The worst fall from a peak so far, along each price series."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

ASSETS, DAYS = (dace.symbol(name) for name in ("ASSETS", "DAYS"))


@dace.program
def drawdown(
    prices: dace.float32[ASSETS, DAYS], peaks: dace.float32[ASSETS, DAYS], worst: dace.float32[ASSETS]
) -> None:
    for asset in dace.map[0:ASSETS]:
        peaks[asset, 0] = prices[asset, 0]
        for day in range(1, DAYS):
            peaks[asset, day] = max(peaks[asset, day - 1], prices[asset, day])
    worst[:] = np.max(1.0 - prices / peaks, axis=1)


def reference(prices: np.ndarray, peaks: np.ndarray, worst: np.ndarray) -> None:
    peaks[:] = np.maximum.accumulate(prices, axis=1)
    worst[:] = ((peaks - prices) / peaks).max(axis=1)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    assets, days = sizes["ASSETS"], sizes["DAYS"]
    steps = rng.normal(0.0, 0.02, (assets, days))
    return {
        "prices": np.exp(np.cumsum(steps, axis=1)).astype(np.float32),
        "peaks": np.zeros((assets, days), dtype=np.float32),
        "worst": np.zeros(assets, dtype=np.float32),
    }


PROGRAM = Program(
    name="drawdown",
    family="scan",
    program=drawdown,
    sizes={"S": {"ASSETS": 200, "DAYS": 500}, "M": {"ASSETS": 4000, "DAYS": 2500}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("peaks", "worst"),
    description="running maxima of rows, and the worst fall below them",
    rtol=1e-5,
)
