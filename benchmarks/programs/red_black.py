"""Red and black half sweeps of over-relaxation for Poisson's equation."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

NX, NY, SWEEPS = (dace.symbol(name) for name in ("NX", "NY", "SWEEPS"))


@dace.program
def red_black(potential: dace.float64[2 * NX + 2, 2 * NY + 2], source: dace.float64[2 * NX + 2, 2 * NY + 2]) -> None:
    for _ in range(SWEEPS):
        around = (
            potential[0:-2:2, 1:-1:2] + potential[2::2, 1:-1:2] + potential[1:-1:2, 0:-2:2] + potential[1:-1:2, 2::2]
        )
        potential[1:-1:2, 1:-1:2] = 0.4 * (around - source[1:-1:2, 1:-1:2]) - 0.6 * potential[1:-1:2, 1:-1:2]
        around = potential[1:-1:2, 2::2] + potential[3::2, 2::2] + potential[2::2, 1:-1:2] + potential[2::2, 3::2]
        potential[2::2, 2::2] = 0.4 * (around - source[2::2, 2::2]) - 0.6 * potential[2::2, 2::2]
        around = potential[0:-2:2, 2::2] + potential[2::2, 2::2] + potential[1:-1:2, 1:-1:2] + potential[1:-1:2, 3::2]
        potential[1:-1:2, 2::2] = 0.4 * (around - source[1:-1:2, 2::2]) - 0.6 * potential[1:-1:2, 2::2]
        around = potential[1:-1:2, 1:-1:2] + potential[3::2, 1:-1:2] + potential[2::2, 0:-2:2] + potential[2::2, 2::2]
        potential[2::2, 1:-1:2] = 0.4 * (around - source[2::2, 1:-1:2]) - 0.6 * potential[2::2, 1:-1:2]


def reference(potential: np.ndarray, source: np.ndarray, SWEEPS: int) -> None:
    rows, columns = (np.arange(1, size - 1) for size in potential.shape)
    colour = np.add.outer(rows, columns) % 2
    inner = potential[1:-1, 1:-1]
    for sweep in range(2 * SWEEPS):
        around = potential[:-2, 1:-1] + potential[2:, 1:-1] + potential[1:-1, :-2] + potential[1:-1, 2:]
        relaxed = 0.4 * (around - source[1:-1, 1:-1]) - 0.6 * inner
        inner[:] = np.where(colour == sweep % 2, relaxed, inner)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    shape = (2 * sizes["NX"] + 2, 2 * sizes["NY"] + 2)
    return {"potential": rng.random(shape), "source": rng.uniform(-1.0, 1.0, shape), "SWEEPS": sizes["SWEEPS"]}


PROGRAM = Program(
    name="red_black",
    family="stencil",
    program=red_black,
    sizes={"S": {"NX": 120, "NY": 128, "SWEEPS": 8}, "M": {"NX": 500, "NY": 550, "SWEEPS": 20}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("potential",),
    description="red-black over-relaxation on strided views of a grid",
)
