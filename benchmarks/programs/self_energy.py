"""Self-energies of electrons: small matrix triples summed over modes at every grid point."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

POINTS, MODES, ORBITALS = (dace.symbol(name) for name in ("POINTS", "MODES", "ORBITALS"))


@dace.program
def self_energy(
    green: dace.complex128[POINTS, ORBITALS, ORBITALS],
    coupling: dace.complex128[MODES, ORBITALS, ORBITALS],
    weight: dace.complex128[POINTS, MODES],
    sigma: dace.complex128[POINTS, ORBITALS, ORBITALS],
) -> None:
    for point in range(POINTS):
        for mode in range(MODES):
            if point >= mode:
                scattered = coupling[mode] @ green[point - mode] @ coupling[mode]
                sigma[point] += weight[point, mode] * scattered


def reference(green: np.ndarray, coupling: np.ndarray, weight: np.ndarray, sigma: np.ndarray) -> None:
    for mode, matrix in enumerate(coupling):
        scattered = matrix @ green[: len(green) - mode] @ matrix
        sigma[mode:] += weight[mode:, mode, np.newaxis, np.newaxis] * scattered


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    points, modes, orbitals = sizes["POINTS"], sizes["MODES"], sizes["ORBITALS"]

    def draw(*shape: int) -> np.ndarray:
        return rng.random(shape) + 1j * rng.random(shape)

    return {
        "green": draw(points, orbitals, orbitals),
        "coupling": draw(modes, orbitals, orbitals),
        "weight": draw(points, modes),
        "sigma": np.zeros((points, orbitals, orbitals), dtype=np.complex128),
    }


PROGRAM = Program(
    name="self_energy",
    family="small_matmul",
    program=self_energy,
    sizes={
        "S": {"POINTS": 20, "MODES": 4, "ORBITALS": 4},
        "M": {"POINTS": 800, "MODES": 12, "ORBITALS": 6},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("sigma",),
    description="triple products of small complex matrices accumulated over modes",
)
