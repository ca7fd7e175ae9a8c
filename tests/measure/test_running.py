"""Real binaries in real child processes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import dace
import numpy as np
import pytest

from dace_transfer.building.binary import Argument, Binary
from dace_transfer.building.builder import Builder
from dace_transfer.measure.arena import furnish
from dace_transfer.measure.buffers import CANARIES, Buffer, from_file, random_array
from dace_transfer.measure.inputs import Inputs, Integers, from_json, save_arguments, to_json
from dace_transfer.measure.race import time_interleaved
from dace_transfer.measure.running import RunFailure, Timing, time_once
from dace_transfer.target import Target

Raw = Callable[..., dace.SDFG]

BAD = {
    "crash": "*(volatile int*)nullptr = 1; b[0] = a[0];",
    "timeout": "volatile int on = 1; while (on); b[0] = a[0];",
    "memory": "static char* volatile p; p = new char[1L << 35]; b[0] = a[0];",
    "guard": "for (int i = 0; i <= N; i++) b[i] = 2.0;  b[0] = a[0];",
}


@pytest.fixture(scope="module")
def binaries(builder: Builder, raw: Raw) -> dict[str, Binary]:
    codes = {"good": "for (int i = 0; i < N; i++) b[i] = 2 * a[i];", **BAD}
    return dict(zip(codes, builder.build([raw(code) for code in codes.values()]), strict=True))


def test_a_good_binary_is_timed(binaries: dict[str, Binary], target: Target) -> None:
    timing = time_once(binaries["good"], Inputs({"N": 1000}), target, batches=4)
    assert isinstance(timing, Timing)
    assert len(timing.samples) == 4
    assert min(timing.samples) > 0
    assert timing.calls > 1


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_binary_is_an_outcome(binaries: dict[str, Binary], target: Target, kind: str) -> None:
    timeout = 1.0 if kind == "timeout" else 60.0
    outcome = time_once(binaries[kind], Inputs({"N": 1000}), target, timeout=timeout, memory=4 << 30)
    assert isinstance(outcome, RunFailure)
    assert outcome.kind == kind


def test_inputs_too_large_for_memory_are_an_outcome(binaries: dict[str, Binary], target: Target) -> None:
    outcome = time_once(binaries["good"], Inputs({"N": 2_000_000_000}), target, memory=2 << 30)
    assert isinstance(outcome, RunFailure)
    assert outcome.kind == "memory"


def test_sizes_that_make_no_sense_are_an_outcome(binaries: dict[str, Binary], target: Target) -> None:
    for sizes in ({"N": 0}, {"N": -3}, {}):
        outcome = time_once(binaries["good"], Inputs(sizes), target)
        assert isinstance(outcome, RunFailure)
        assert outcome.kind == "abi"


def test_interleaved_timing_skips_what_fails(binaries: dict[str, Binary], target: Target) -> None:
    good, bad, again = time_interleaved(
        [binaries["good"], binaries["crash"], binaries["good"]], Inputs({"N": 1000}), target, rounds=2
    )
    assert (len(good), len(bad), len(again)) == (2, 0, 2)


def test_another_layout_is_refused(binaries: dict[str, Binary], target: Target) -> None:
    good = binaries["good"]
    arena = furnish(good.arguments, Inputs({"N": 10}))
    a, *others = good.arguments
    for changed in (replace(a, dtype="float32"), replace(a, strides=("2",)), replace(a, name="Z")):
        with pytest.raises(Exception, match=r"layout|not an argument"):
            arena.load(replace(good, arguments=(changed, *others)))


def test_writes_outside_are_seen_on_both_sides() -> None:
    buffer = Buffer(np.zeros(10), CANARIES[0])
    assert buffer.intact()
    memory = buffer._memory.view(np.float64)
    first = (buffer.address - memory.ctypes.data) // 8
    for outside in (first - 1, first + 10):
        memory[outside] = 1.0
        assert not buffer.intact()
        buffer.reset()
        assert buffer.intact()


def test_equal_seeds_draw_equal_data_whatever_else_is_drawn() -> None:
    argument = Argument("A", "array", "float32", ("N",), ("1",), "N")
    first, second = (random_array(argument, 100, Integers(9), 5, False) for _ in range(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, random_array(argument, 100, Integers(9), 6, False))
    assert not np.array_equal(first, random_array(replace(argument, name="B"), 100, Integers(9), 5, False))
    assert first.min() > 0
    assert random_array(argument, 100, Integers(9), 5, True).min() < 0


def test_integers_are_valid_row_pointers_and_indices() -> None:
    argument = Argument("rows", "array", "int64", ("N",), ("1",), "N")
    drawn = random_array(argument, 1000, Integers(7), 1, True)
    assert np.all(np.diff(drawn) >= 0)
    assert drawn.min() >= 0
    assert drawn.max() < 7
    indices = random_array(argument, 1000, Integers(900, ascending=False), 1, True)
    assert np.any(np.diff(indices) < 0)
    assert 7 < indices.max() < 900


def test_arguments_are_saved_and_laid_out_by_their_strides(tmp_path: Path) -> None:
    values = np.arange(6.0).reshape(2, 3)
    inputs = save_arguments({"A": values.T, "N": np.int64(3), "alpha": 0.5, "z": 1 + 2j}, tmp_path)
    assert inputs.sizes == {"N": 3}
    assert from_json(to_json(inputs)) == inputs
    padded = Argument("A", "array", "float64", ("N", "2"), ("4", "1"), "4*N")
    flat = from_file(padded, inputs.files["A"], inputs.sizes)
    assert np.array_equal(flat.reshape(3, 4)[:, :2], values.T)
    with pytest.raises(ValueError, match="shape"):
        from_file(padded, inputs.files["A"], {"N": 4})
