"""A gate on two quantum bits, applied to the state of a register."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

LEFT, MIDDLE, RIGHT = (dace.symbol(name) for name in ("LEFT", "MIDDLE", "RIGHT"))


@dace.program
def two_qubit_gate(
    gate: dace.complex128[2, 2, 2, 2],
    state: dace.complex128[LEFT, 2, MIDDLE, 2, RIGHT],
    result: dace.complex128[LEFT, 2, MIDDLE, 2, RIGHT],
) -> None:
    result[:] = 0.0
    for left in range(LEFT):
        for middle in range(MIDDLE):
            for right in range(RIGHT):
                for first in range(2):
                    for second in range(2):
                        for old_first in range(2):
                            for old_second in range(2):
                                result[left, first, middle, second, right] += (
                                    gate[first, second, old_first, old_second]
                                    * state[left, old_first, middle, old_second, right]
                                )


def reference(gate: np.ndarray, state: np.ndarray, result: np.ndarray) -> None:
    result[:] = np.tensordot(gate, state, axes=((2, 3), (1, 3))).transpose(2, 0, 3, 1, 4)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    shape = (sizes["LEFT"], 2, sizes["MIDDLE"], 2, sizes["RIGHT"])
    matrix = rng.standard_normal((4, 4)) + 1j * rng.standard_normal((4, 4))
    return {
        "gate": np.linalg.qr(matrix)[0].reshape(2, 2, 2, 2).copy(),
        "state": rng.standard_normal(shape) + 1j * rng.standard_normal(shape),
        "result": np.zeros(shape, dtype=np.complex128),
    }


PROGRAM = Program(
    name="two_qubit_gate",
    family="quantum",
    program=two_qubit_gate,
    sizes={
        "S": {"LEFT": 32, "MIDDLE": 24, "RIGHT": 32},
        "M": {"LEFT": 64, "MIDDLE": 128, "RIGHT": 64},
    },
    make_inputs=make_inputs,
    reference=reference,
    outputs=("result",),
    description="a two-qubit gate on a state vector, as seven nested loops",
)
