"""The sweep that makes the shipped database."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from benchmarks import seed
from benchmarks.random_programs import generate
from benchmarks.random_programs.preparing import parse


def test_random_nests_are_enlarged_to_sizes_that_take_time_and_not_too_much() -> None:
    for number in range(4):
        nest = generate(number, pieces=1)
        sdfg = parse(nest)
        sizes = seed._enlarged(sdfg, nest.sizes, random.Random(number))
        assert set(sizes) == set(nest.sizes)
        assert all(size >= nest.sizes[name] for name, size in sizes.items())
        assert seed._bytes(sdfg, sizes) <= seed._MOST_BYTES
        assert sizes == seed._enlarged(sdfg, nest.sizes, random.Random(number))


def test_programs_and_nests_are_surveyed_and_a_failure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def survey(program: Any, arguments: Any, *, database: Any, family: str) -> int:
        seen.append(family)
        if family == "softmax":
            raise ValueError("It broke.")
        return 2

    monkeypatch.setattr(seed, "survey", survey)
    options = ["--database", str(tmp_path / "db"), "--programs", "softmax,spmv", "--preset", "S", "--random", "1"]
    result = CliRunner().invoke(seed.app, options)
    assert result.exit_code == 0, result.output
    assert seen == ["softmax", "sparse", *sorted(generate(0, pieces=1).families)]
    assert "[1/3] softmax S: failed: ValueError: It broke." in result.output
    assert "[2/3] spmv S: 2 workloads" in result.output
