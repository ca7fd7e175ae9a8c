"""Expectation values of an observable in many states."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

STATES, LEVELS = (dace.symbol(name) for name in ("STATES", "LEVELS"))


@dace.program
def expectation(
    states: dace.complex64[STATES, LEVELS],
    observable: dace.complex64[LEVELS, LEVELS],
    values: dace.float32[STATES],
) -> None:
    images = states @ np.transpose(observable)
    values[:] = np.real(np.sum(np.conj(states) * images, axis=1))


def reference(states: np.ndarray, observable: np.ndarray, values: np.ndarray) -> None:
    energies, basis = np.linalg.eigh(observable)
    values[:] = np.abs(states @ basis.conj()) ** 2 @ energies


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    states, levels = sizes["STATES"], sizes["LEVELS"]
    waves = rng.standard_normal((states, levels)) + 1j * rng.standard_normal((states, levels))
    half = rng.standard_normal((levels, levels)) + 1j * rng.standard_normal((levels, levels))
    return {
        "states": (waves / np.linalg.norm(waves, axis=1, keepdims=True)).astype(np.complex64),
        "observable": (half + half.conj().T).astype(np.complex64),
        "values": np.zeros(states, dtype=np.float32),
    }


PROGRAM = Program(
    name="expectation",
    family="quantum",
    program=expectation,
    sizes={"S": {"STATES": 1500, "LEVELS": 24}, "M": {"STATES": 20000, "LEVELS": 64}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("values",),
    description="expectation values of a Hermitian matrix in many states",
    rtol=1e-4,
)
