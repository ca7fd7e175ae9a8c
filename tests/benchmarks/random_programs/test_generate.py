"""Random programs are the same every time, stay inside of their arrays, and are of many kinds."""

from __future__ import annotations

import collections
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.random_programs import RandomProgram, generate
from benchmarks.random_programs.generate import sensible
from benchmarks.random_programs.program import Array, Extent

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def programs() -> list[RandomProgram]:
    return [generate(seed) for seed in range(200)]


def test_the_same_seed_gives_the_same_program_in_every_process() -> None:
    texts = set()
    for hashes in "12":
        environment = {**os.environ, "PYTHONHASHSEED": hashes}
        command = [sys.executable, "-m", "benchmarks.random_programs", *map(str, range(20))]
        texts.add(subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True).stdout)
    here = "".join(f"# {dict(p.sizes)}\n{p.source}\n" for p in map(generate, range(20)))
    assert texts == {here.encode()}


def test_programs_run_as_python_on_any_data_without_leaving_their_arrays(programs: list[RandomProgram]) -> None:
    for program in programs:
        arguments = program.make_arguments(seed=7)
        before = {name: np.copy(value) for name, value in arguments.items()}
        with np.errstate(all="ignore"):
            program.reference(arguments, checked=True)
        assert any(not np.array_equal(before[name], value) for name, value in arguments.items()), program.source
        assert all(np.isfinite(value).all() for value in arguments.values()), program.source


def test_equal_seeds_give_equal_arguments(programs: list[RandomProgram]) -> None:
    for program in programs[:20]:
        first, second, other = program.make_arguments(1), program.make_arguments(1), program.make_arguments(2)
        assert all(np.array_equal(first[name], second[name]) for name in first)
        assert any(not np.array_equal(first[name], other[name]) for name in first)


def test_kinds_are_varied(programs: list[RandomProgram]) -> None:
    counts = collections.Counter(feature for program in programs for feature in program.features)
    assert len({program.source.split("\n", 2)[2] for program in programs}) == len(programs)
    assert len(counts) >= 50
    for feature in (
        *("float64", "float32", "int64", "depth 1", "depth 2", "depth 3", "depth 4", "map", "step", "reversed"),
        *("triangular", "imperfect nest", "branch on values", "branch on indices", "local array", "local scalar"),
        *("matrix product", "matrix vector", "outer product", "triangular product", "product call", "contraction"),
        *("scalar reduction", "element reduction", "axis reduction", "statistics", "recurrence", "vertical sweep"),
        *("stencil", "in-place stencil", "stencil slices", "time loop", "convolution"),
        *("gather", "histogram", "sparse product", "whole arrays", "parts of arrays", "rows in loops"),
    ):
        assert counts[feature] >= 2, feature


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("a[:] = a + 1.0", True),
        ("a[0] = a[N - 1] * 0.5", True),
        ("a[0] = a[0]", False),  # Changes nothing.
        ("a[0] = a[0 - 1]", False),  # Python takes the last element.
        ("a[0] = a[N]", False),
        ("a[0:N - 1] = a[1:N + 1]", False),  # Python cuts the slice off.
        ("a[0] = np.empty((N,), dtype=np.float64)[0]", False),  # Never written.
        ("a[0] = 1e9 * a[0]", False),
        ("a[0] = np.sin(1e8 * a[0])", False),  # Rounding decides.
    ],
)
def test_what_computes_nothing_sensible_is_thrown_away(line: str, kept: bool) -> None:
    array = Array("a", (Extent("N"),), "float64")
    source = f"@dace.program\ndef short(a: dace.float64[N]):\n    {line}\n"
    assert sensible(RandomProgram(0, "short", source, {"N": 5}, (array,), frozenset(), frozenset())) is kept
