"""The rate of change of many small density matrices: their commutators with Hamiltonians."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

POINTS, LEVELS = (dace.symbol(name) for name in ("POINTS", "LEVELS"))


@dace.program
def commutator(
    hamiltonian: dace.complex128[POINTS, LEVELS, LEVELS],
    density: dace.complex128[POINTS, LEVELS, LEVELS],
    rate: dace.complex128[POINTS, LEVELS, LEVELS],
) -> None:
    forward = np.einsum("pij,pjk->pik", hamiltonian, density)
    backward = np.einsum("pij,pjk->pik", density, hamiltonian)
    rate[:] = 1j * (backward - forward)


def reference(hamiltonian: np.ndarray, density: np.ndarray, rate: np.ndarray) -> None:
    forward = hamiltonian @ density  # The product in the other order is its adjoint, as both are Hermitian.
    rate[:] = -1j * (forward - forward.conj().transpose(0, 2, 1))


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    shape = (sizes["POINTS"], sizes["LEVELS"], sizes["LEVELS"])
    halves = [rng.standard_normal(shape) + 1j * rng.standard_normal(shape) for _ in range(2)]
    hamiltonian, density = (half + half.conj().transpose(0, 2, 1) for half in halves)
    return {"hamiltonian": hamiltonian, "density": density, "rate": np.zeros(shape, dtype=np.complex128)}


PROGRAM = Program(
    name="commutator",
    family="small_matmul",
    program=commutator,
    sizes={"S": {"POINTS": 1500, "LEVELS": 5}, "M": {"POINTS": 20000, "LEVELS": 6}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("rate",),
    description="commutators of small Hermitian matrices, one per grid point",
)
