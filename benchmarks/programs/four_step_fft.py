"""A Fourier transform in two short ones, with a twist between them."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

ROWS, COLS = (dace.symbol(name) for name in ("ROWS", "COLS"))


@dace.program
def four_step_fft(signal: dace.complex128[ROWS * COLS], spectrum: dace.complex128[ROWS * COLS]) -> None:
    rows = np.arange(ROWS)
    cols = np.arange(COLS)
    down = np.exp(-2j * np.pi * (np.multiply.outer(rows, rows) / ROWS))
    across = np.exp(-2j * np.pi * (np.multiply.outer(cols, cols) / COLS))
    twist = np.exp(-2j * np.pi * (np.multiply.outer(rows, cols) / (ROWS * COLS)))
    grid = (down @ np.reshape(signal, (ROWS, COLS)) * twist) @ across
    for row, col in dace.map[0:ROWS, 0:COLS]:
        spectrum[row + ROWS * col] = grid[row, col]


def reference(signal: np.ndarray, spectrum: np.ndarray) -> None:
    spectrum[:] = np.fft.fft(signal)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    length = sizes["ROWS"] * sizes["COLS"]
    return {
        "signal": rng.standard_normal(length) + 1j * rng.standard_normal(length),
        "spectrum": np.zeros(length, dtype=np.complex128),
    }


PROGRAM = Program(
    name="four_step_fft",
    family="fourier",
    program=four_step_fft,
    sizes={"S": {"ROWS": 60, "COLS": 84}, "M": {"ROWS": 360, "COLS": 480}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("spectrum",),
    description="one long Fourier transform as two products with short ones",
)
