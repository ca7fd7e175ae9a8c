"""Every benchmark program agrees with its NumPy reference at its small size, through plain DaCe."""

from __future__ import annotations

import copy
from pathlib import Path

import dace
import numpy as np
import pytest

from benchmarks.case import RETURN
from benchmarks.programs import PROGRAMS


def copies(arguments: dict[str, object]) -> dict[str, object]:
    return {name: np.copy(value) if isinstance(value, np.ndarray) else value for name, value in arguments.items()}


@pytest.mark.parametrize("name", PROGRAMS)
def test_agrees_with_its_reference(name: str, tmp_path: Path) -> None:
    program = PROGRAMS[name]
    arguments = program.inputs("S")
    expected = copies(arguments)
    expected[RETURN] = program.reference(**expected)
    with dace.config.set_temporary("default_build_folder", value=str(tmp_path)):
        sdfg = copy.deepcopy(program.program.to_sdfg(simplify=True))
        arguments[RETURN] = sdfg(**{**arguments, **program.sizes["S"]})
    for output in program.outputs:
        error = np.linalg.norm(arguments[output] - expected[output]) / np.linalg.norm(expected[output])
        assert error <= program.rtol, output


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_reference_changes_every_output(name: str) -> None:
    """A reference that leaves an output as it found it would let a program that does nothing pass."""
    program = PROGRAMS[name]
    arguments = program.inputs("S")
    after = copies(arguments)
    after[RETURN] = program.reference(**after)
    for output in program.outputs:
        assert np.all(np.isfinite(after[output]))
        assert output == RETURN or not np.array_equal(after[output], arguments[output])


def test_inputs_are_the_same_for_the_same_seed() -> None:
    for program in PROGRAMS.values():
        first, second = program.inputs("S", seed=3), program.inputs("S", seed=3)
        assert all(np.array_equal(first[name], second[name]) for name in first)


def test_the_set_is_large_and_varied() -> None:
    assert len(PROGRAMS) >= 22
    assert len({program.family for program in PROGRAMS.values()}) >= 12
