"""Moving averages of many time series through their running totals."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

TIMES, SERIES, WINDOW = (dace.symbol(name) for name in ("TIMES", "SERIES", "WINDOW"))


@dace.program
def moving_average(series: dace.float64[TIMES, SERIES], result: dace.float64[TIMES - WINDOW, SERIES]) -> None:
    total = np.empty((TIMES, SERIES), dtype=np.float64)
    total[0, :] = series[0, :]
    for t in range(1, TIMES):
        total[t, :] = total[t - 1, :] + series[t, :]
    result[:] = (total[WINDOW:, :] - total[: TIMES - WINDOW, :]) / WINDOW


def reference(series: np.ndarray, result: np.ndarray) -> None:
    total = np.cumsum(series, axis=0)
    window = len(series) - len(result)
    result[:] = (total[window:] - total[:-window]) / window


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    times, series, window = sizes["TIMES"], sizes["SERIES"], sizes["WINDOW"]
    return {
        "series": rng.random((times, series)),
        "result": np.zeros((times - window, series)),
    }


PROGRAM = Program(
    name="moving_average",
    family="scan",
    program=moving_average,
    sizes={
        "S": {"TIMES": 100, "SERIES": 60, "WINDOW": 7},
        "M": {"TIMES": 3000, "SERIES": 1500, "WINDOW": 24},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="moving averages along time through prefix sums",
)
