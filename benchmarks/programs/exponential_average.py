"""Exponential moving averages of many series."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np
import scipy.signal

from benchmarks.programs.base import Arguments, Program, Sizes

SERIES, TIMES = (dace.symbol(name) for name in ("SERIES", "TIMES"))


@dace.program
def exponential_average(
    decay: dace.float64, series: dace.float64[SERIES, TIMES], averages: dace.float64[SERIES, TIMES]
) -> None:
    for s in dace.map[0:SERIES]:
        averages[s, 0] = series[s, 0]
        for t in range(1, TIMES):
            averages[s, t] = decay * averages[s, t - 1] + (1.0 - decay) * series[s, t]


def reference(decay: float, series: np.ndarray, averages: np.ndarray) -> None:
    start = decay * series[:, :1]
    averages[:] = scipy.signal.lfilter([1.0 - decay], [1.0, -decay], series, axis=1, zi=start)[0]


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    shape = (sizes["SERIES"], sizes["TIMES"])
    return {"decay": 0.9, "series": rng.random(shape), "averages": np.zeros(shape)}


PROGRAM = Program(
    name="exponential_average",
    family="scan",
    program=exponential_average,
    sizes={"S": {"SERIES": 200, "TIMES": 800}, "M": {"SERIES": 1500, "TIMES": 4000}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("averages",),
    description="exponential moving averages, a recurrence per row",
)
