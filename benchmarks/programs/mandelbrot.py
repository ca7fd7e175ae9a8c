"""Escape counts of a grid of points under z <- z^2 + c."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

NX, NY, STEPS = (dace.symbol(name) for name in ("NX", "NY", "STEPS"))


@dace.program
def mandelbrot(real: dace.float64[NX], imag: dace.float64[NY], counts: dace.int64[NY, NX]) -> None:
    x = np.zeros((NY, NX), dtype=np.float64)
    y = np.zeros((NY, NX), dtype=np.float64)
    counts[:] = 0
    for _ in range(STEPS):
        inside = x * x + y * y < 4.0
        new_x = x * x - y * y + real
        new_y = 2.0 * x * y + imag[:, np.newaxis]
        x[:] = np.where(inside, new_x, x)
        y[:] = np.where(inside, new_y, y)
        counts[:] = np.where(inside, counts + 1, counts)


def reference(real: np.ndarray, imag: np.ndarray, counts: np.ndarray, STEPS: int) -> None:
    x = np.zeros(counts.shape)
    y = np.zeros(counts.shape)
    counts[:] = 0
    for _ in range(STEPS):
        inside = x * x + y * y < 4.0
        new_x = x * x - y * y + real
        new_y = 2.0 * x * y + imag[:, np.newaxis]
        x, y = np.where(inside, new_x, x), np.where(inside, new_y, y)
        counts += inside


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    nx, ny = sizes["NX"], sizes["NY"]
    return {
        "real": -2.0 + 2.6 * np.arange(nx) / nx,
        "imag": -1.2 + 2.4 * np.arange(ny) / ny,
        "counts": np.zeros((ny, nx), dtype=np.int64),
        "STEPS": sizes["STEPS"],
    }


PROGRAM = Program(
    name="mandelbrot",
    family="escape_time",
    program=mandelbrot,
    sizes={"S": {"NX": 60, "NY": 50, "STEPS": 10}, "M": {"NX": 800, "NY": 600, "STEPS": 40}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("counts",),
    description="escape counts of the Mandelbrot set",
    rtol=1e-3,
)
