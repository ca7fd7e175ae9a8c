"""Light in a lossy medium, and its running Fourier transform at one frequency."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

NX, NY, STEPS = (dace.symbol(name) for name in ("NX", "NY", "STEPS"))


@dace.program
def lossy_maxwell(
    electric: dace.float64[NX, NY],
    magnetic_x: dace.float64[NX, NY - 1],
    magnetic_y: dace.float64[NX - 1, NY],
    keep: dace.float64[NX, NY],
    gain: dace.float64[NX, NY],
    pulse: dace.float64[STEPS],
    phase: dace.complex128[STEPS],
    spectrum: dace.complex128[NX, NY],
) -> None:
    for step in range(STEPS):
        magnetic_x -= 0.5 * (electric[:, 1:] - electric[:, :-1])
        magnetic_y += 0.5 * (electric[1:, :] - electric[:-1, :])
        curl = magnetic_y[1:, 1:-1] - magnetic_y[:-1, 1:-1] - magnetic_x[1:-1, 1:] + magnetic_x[1:-1, :-1]
        electric[1:-1, 1:-1] = keep[1:-1, 1:-1] * electric[1:-1, 1:-1] + gain[1:-1, 1:-1] * curl
        electric[NX // 2, NY // 3] += pulse[step]
        spectrum += phase[step] * electric


def reference(
    electric: np.ndarray,
    magnetic_x: np.ndarray,
    magnetic_y: np.ndarray,
    keep: np.ndarray,
    gain: np.ndarray,
    pulse: np.ndarray,
    phase: np.ndarray,
    spectrum: np.ndarray,
) -> None:
    source = (electric.shape[0] // 2, electric.shape[1] // 3)
    inner = (slice(1, -1), slice(1, -1))
    for value, turn in zip(pulse, phase, strict=True):
        magnetic_x -= 0.5 * np.diff(electric, axis=1)
        magnetic_y += 0.5 * np.diff(electric, axis=0)
        curl = np.diff(magnetic_y, axis=0)[:, 1:-1] - np.diff(magnetic_x, axis=1)[1:-1]
        electric[inner] = keep[inner] * electric[inner] + gain[inner] * curl
        electric[source] += value
        spectrum.real += turn.real * electric
        spectrum.imag += turn.imag * electric


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    nx, ny, steps = sizes["NX"], sizes["NY"], sizes["STEPS"]
    return {
        "electric": rng.random((nx, ny)),
        "magnetic_x": rng.random((nx, ny - 1)),
        "magnetic_y": rng.random((nx - 1, ny)),
        "keep": rng.uniform(0.9, 1.0, (nx, ny)),
        "gain": rng.uniform(0.4, 0.5, (nx, ny)),
        "pulse": np.sin(0.2 * np.arange(steps)),
        "phase": np.exp(0.2j * np.arange(steps)),
        "spectrum": np.zeros((nx, ny), dtype=np.complex128),
    }


PROGRAM = Program(
    name="lossy_maxwell",
    family="stencil",
    program=lossy_maxwell,
    sizes={"S": {"NX": 150, "NY": 160, "STEPS": 10}, "M": {"NX": 700, "NY": 760, "STEPS": 25}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("electric", "magnetic_x", "magnetic_y", "spectrum"),
    description="leapfrog Maxwell equations with losses and a complex running spectrum",
)
