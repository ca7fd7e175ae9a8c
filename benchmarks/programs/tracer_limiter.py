"""Limits antidiffusive fluxes so that no cell gives away more tracer than it holds."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

NI, NJ, NK = (dace.symbol(name) for name in ("NI", "NJ", "NK"))


@dace.program
def tracer_limiter(
    tracer: dace.float64[NK, NI, NJ],
    flux_i: dace.float64[NK, NI + 1, NJ],
    flux_j: dace.float64[NK, NI, NJ + 1],
) -> None:
    share = np.empty((NK, NI, NJ), dtype=np.float64)
    for k, i, j in dace.map[0:NK, 0:NI, 0:NJ]:
        leaving = max(flux_i[k, i + 1, j], 0.0) - min(flux_i[k, i, j], 0.0)
        leaving += max(flux_j[k, i, j + 1], 0.0) - min(flux_j[k, i, j], 0.0)
        share[k, i, j] = min(1.0, tracer[k, i, j] / (leaving + 1e-12))
    for k, i, j in dace.map[0:NK, 1:NI, 0:NJ]:
        if flux_i[k, i, j] > 0.0:
            flux_i[k, i, j] *= share[k, i - 1, j]
        else:
            flux_i[k, i, j] *= share[k, i, j]
    for k, i, j in dace.map[0:NK, 0:NI, 1:NJ]:
        if flux_j[k, i, j] > 0.0:
            flux_j[k, i, j] *= share[k, i, j - 1]
        else:
            flux_j[k, i, j] *= share[k, i, j]
    for k, i, j in dace.map[0:NK, 0:NI, 0:NJ]:
        tracer[k, i, j] += flux_i[k, i, j] - flux_i[k, i + 1, j] + flux_j[k, i, j] - flux_j[k, i, j + 1]


def reference(tracer: np.ndarray, flux_i: np.ndarray, flux_j: np.ndarray) -> None:
    leaving = flux_i[:, 1:].clip(min=0.0) + (-flux_i[:, :-1]).clip(min=0.0)
    leaving += flux_j[:, :, 1:].clip(min=0.0) + (-flux_j[:, :, :-1]).clip(min=0.0)
    share = np.minimum(tracer / (leaving + 1e-12), 1.0)
    flux_i[:, 1:-1] *= np.where(flux_i[:, 1:-1] > 0.0, share[:, :-1], share[:, 1:])
    flux_j[:, :, 1:-1] *= np.where(flux_j[:, :, 1:-1] > 0.0, share[:, :, :-1], share[:, :, 1:])
    tracer -= np.diff(flux_i, axis=1) + np.diff(flux_j, axis=2)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    ni, nj, nk = sizes["NI"], sizes["NJ"], sizes["NK"]
    flux_i = rng.uniform(-0.5, 0.5, (nk, ni + 1, nj))
    flux_j = rng.uniform(-0.5, 0.5, (nk, ni, nj + 1))
    flux_i[:, [0, -1]] = 0.0
    flux_j[:, :, [0, -1]] = 0.0
    return {"tracer": rng.random((nk, ni, nj)), "flux_i": flux_i, "flux_j": flux_j}


PROGRAM = Program(
    name="tracer_limiter",
    family="advection",
    program=tracer_limiter,
    sizes={"S": {"NI": 64, "NJ": 70, "NK": 30}, "M": {"NI": 180, "NJ": 190, "NK": 60}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("tracer", "flux_i", "flux_j"),
    description="positivity limiter of horizontal tracer fluxes",
)
