"""Finite differences in the time domain: electric and magnetic fields in two dimensions."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.pairs.forms import three_forms
from benchmarks.programs.base import Arguments, Sizes

NX, NY, TMAX = (dace.symbol(name) for name in ("NX", "NY", "TMAX"))


@dace.program
def a(ex: dace.float64[NX, NY], ey: dace.float64[NX, NY], hz: dace.float64[NX, NY], fict: dace.float64[TMAX]) -> None:
    for t in range(TMAX):
        for j in range(NY):
            ey[0, j] = fict[t]
        for i in range(1, NX):
            for j in range(NY):
                ey[i, j] = ey[i, j] - 0.5 * (hz[i, j] - hz[i - 1, j])
        for i in range(NX):
            for j in range(1, NY):
                ex[i, j] = ex[i, j] - 0.5 * (hz[i, j] - hz[i, j - 1])
        for i in range(NX - 1):
            for j in range(NY - 1):
                hz[i, j] = hz[i, j] - 0.7 * (ex[i, j + 1] - ex[i, j] + ey[i + 1, j] - ey[i, j])


@dace.program
def b(ex: dace.float64[NX, NY], ey: dace.float64[NX, NY], hz: dace.float64[NX, NY], fict: dace.float64[TMAX]) -> None:
    for time in range(TMAX):
        source = fict[time]
        for y in range(NY - 1):
            for x in range(NX):
                slope = hz[x, y + 1] - hz[x, y]
                ex[x, y + 1] -= 0.5 * slope
        for y in range(NY):
            for x in range(NX - 1):
                ey[x + 1, y] -= 0.5 * (hz[x + 1, y] - hz[x, y])
            ey[0, y] = source
        for y in range(1, NY):
            for x in range(1, NX):
                curl = ex[x - 1, y] - ex[x - 1, y - 1]
                curl += ey[x, y - 1] - ey[x - 1, y - 1]
                hz[x - 1, y - 1] -= 0.7 * curl


@dace.program
def c(ex: dace.float64[NX, NY], ey: dace.float64[NX, NY], hz: dace.float64[NX, NY], fict: dace.float64[TMAX]) -> None:
    for t in range(TMAX):
        ey[0, :] = fict[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])


def reference(ex: np.ndarray, ey: np.ndarray, hz: np.ndarray, fict: np.ndarray) -> None:
    for source in fict:
        ey[0] = source
        ey[1:] -= 0.5 * np.diff(hz, axis=0)
        ex[:, 1:] -= 0.5 * np.diff(hz, axis=1)
        hz[:-1, :-1] -= 0.7 * (np.diff(ex, axis=1)[:-1] + np.diff(ey, axis=0)[:, :-1])


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    nx, ny = sizes["NX"], sizes["NY"]
    return {**{name: rng.random((nx, ny)) for name in ("ex", "ey", "hz")}, "fict": rng.random(sizes["TMAX"])}


KERNEL = three_forms(
    "fdtd-2d",
    "coupled stencils in a time loop",
    (a, b, c),
    sizes={"S": {"NX": 24, "NY": 31, "TMAX": 5}, "M": {"NX": 900, "NY": 1100, "TMAX": 50}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("ex", "ey", "hz"),
)
