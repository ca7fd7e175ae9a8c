"""Implicit vertical advection by a centred scheme, swept over whole levels."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

NI, NJ, NK = (dace.symbol(name) for name in ("NI", "NJ", "NK"))


@dace.program
def vertical_advection(
    wind: dace.float64[NI, NJ, NK],
    tracer: dace.float64[NI, NJ, NK],
    tendency: dace.float64[NI, NJ, NK],
    result: dace.float64[NI, NJ, NK],
) -> None:
    super_diagonal = np.empty((NI, NJ, NK), dtype=np.float64)
    right_side = np.empty((NI, NJ, NK), dtype=np.float64)
    super_diagonal[:, :, 0] = 0.25 * wind[:, :, 0]
    right_side[:, :, 0] = tracer[:, :, 0] + tendency[:, :, 0]
    for k in range(1, NK - 1):
        courant = 0.25 * wind[:, :, k]
        transported = courant * (tracer[:, :, k + 1] - tracer[:, :, k - 1])
        pivot = 1.0 / (1.0 + courant * super_diagonal[:, :, k - 1])
        super_diagonal[:, :, k] = courant * pivot
        right_side[:, :, k] = (
            tracer[:, :, k] - transported + tendency[:, :, k] + courant * right_side[:, :, k - 1]
        ) * pivot
    result[:, :, NK - 1] = tracer[:, :, NK - 1] + tendency[:, :, NK - 1]
    for k in range(NK - 2, -1, -1):
        result[:, :, k] = right_side[:, :, k] - super_diagonal[:, :, k] * result[:, :, k + 1]


def reference(wind: np.ndarray, tracer: np.ndarray, tendency: np.ndarray, result: np.ndarray) -> None:
    top = wind.shape[2] - 1
    courant = 0.25 * wind
    source = tracer + tendency
    source[:, :, 1:-1] -= courant[:, :, 1:-1] * (tracer[:, :, 2:] - tracer[:, :, :-2])
    ratio = courant.copy()
    for k in range(1, top):
        pivot = 1.0 + courant[:, :, k] * ratio[:, :, k - 1]
        ratio[:, :, k] = courant[:, :, k] / pivot
        source[:, :, k] = (source[:, :, k] + courant[:, :, k] * source[:, :, k - 1]) / pivot
    result[:] = source
    for k in reversed(range(top)):
        result[:, :, k] -= ratio[:, :, k] * result[:, :, k + 1]


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    shape = (sizes["NI"], sizes["NJ"], sizes["NK"])
    fields = {name: rng.random(shape) for name in ("wind", "tracer", "tendency")}
    return {**fields, "result": np.zeros(shape)}


PROGRAM = Program(
    name="vertical_advection",
    family="tridiagonal",
    program=vertical_advection,
    sizes={"S": {"NI": 18, "NJ": 16, "NK": 20}, "M": {"NI": 128, "NJ": 128, "NK": 80}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="implicit vertical advection, forward and backward sweeps over levels",
)
