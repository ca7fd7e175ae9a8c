"""Which calls share a tuned binary, and which must not."""

from __future__ import annotations

import contextlib
import importlib.util
import sys

import dace
import numpy as np
import pytest

import dace_transfer

N = dace.symbol("N")
FACTOR = 2.0
TYPE = dace.float64
WEIGHTS = [1.0, 2.0]


def helper(value):
    return value + FACTOR


def other_helper(value):
    return value - FACTOR


@dace.program
def scale(x: dace.float64[N]):
    return x * FACTOR


@dace.program
def nested(x: dace.float64[N]):
    return scale(x) + 1


@dace.program
def helped(x: dace.float64[N]):
    return x + helper(1.0)


@dace.program
def weighted(x: dace.float64[N]):
    y = np.zeros_like(x)
    for weight in WEIGHTS:
        y += weight * x
    return y


@dace.program
def typed(x: dace.float64[N]):
    y = np.ndarray([N], dtype=TYPE)
    y[:] = x * 1.0
    return y


@dace.program
def any_array(x):
    return x + 1


@dace.program
def transposable(x: dace.float64[3, 3]):
    return x * np.ones((3, 3))


def test_sizes_never_share_a_binary(tuner):
    program = dace_transfer.autotune(scale)
    for size in (5, 6, 5, 7, 6):
        np.testing.assert_array_equal(program(np.ones(size)), np.full(size, 2.0))
    assert [call["N"] for call in tuner.calls] == [5, 6, 7]
    assert len({entry.binary.name for entry, _ in program._tuning.ready.values()}) == 3


def test_types_and_strides_make_another_entry(tuner):
    program = dace_transfer.autotune(any_array)
    ordered = np.random.default_rng(0).random((3, 4))
    other = np.asfortranarray(ordered).copy(order="F")
    assert other.base is None and other.strides != ordered.strides
    for value in (ordered, other, ordered.astype(np.float32), ordered):
        result = program(value)
        np.testing.assert_array_equal(result, value + 1)
        assert result.dtype == value.dtype
    assert len(tuner.calls) == 3


@pytest.mark.parametrize("wrong", [np.ones(4, np.float32), np.ones((2, 2)), np.arange(8.0)[::2], 3.0, None, []])
def test_what_the_program_does_not_declare_is_left_to_dace(tuner, wrong, monkeypatch):
    program = dace_transfer.autotune(scale)
    handed_on = []
    monkeypatch.setattr(dace.frontend.python.parser.DaceProgram, "__call__", lambda self, *args: handed_on.append(args))
    with pytest.warns(UserWarning, match="untuned") if isinstance(wrong, list) else contextlib.nullcontext():
        program(wrong)
    assert len(handed_on) == 1 and handed_on[0][0] is wrong
    assert not tuner.calls


def test_user_errors_are_daces_own(tuner):
    program = dace_transfer.autotune(scale)
    with pytest.raises(TypeError, match="view"):
        program(np.arange(8.0)[2:6])
    with pytest.raises(SyntaxError, match="example parameter"):
        dace_transfer.autotune(any_array)()
    with pytest.raises(TypeError, match="takes 1 arguments but 2 were given"):
        program(np.ones(3), np.ones(3))


@pytest.mark.parametrize(
    ("program", "name", "value", "before", "after"),
    [
        (scale, "FACTOR", 5.0, 2.0, 5.0),
        (nested, "FACTOR", 5.0, 3.0, 6.0),
        (helped, "FACTOR", 5.0, 4.0, 7.0),
        (helped, "helper", other_helper, 4.0, 0.0),
        (weighted, "WEIGHTS", [1.0, 2.0, 3.0], 3.0, 6.0),
        (typed, "TYPE", dace.float32, np.float64(1), np.float32(1)),
    ],
    ids=["constant", "of a nested program", "of a helper", "the helper", "list", "type"],
)
def test_changed_outer_values_reach_the_code(tuner, monkeypatch, program, name, value, before, after):
    tuned = dace_transfer.autotune(dace.program(program.f))
    x = np.ones(3)
    first = tuned(x)
    monkeypatch.setitem(globals(), name, value)
    second = tuned(x)
    monkeypatch.undo()
    third = tuned(x)
    for result, expected in ((first, before), (second, after), (third, before)):
        np.testing.assert_array_equal(result, np.full(3, expected))
        assert result.dtype == np.result_type(type(expected))


def test_a_list_changed_in_place_reaches_the_code(tuner):
    program = dace_transfer.autotune(weighted)
    x = np.ones(3)
    assert program(x)[0] == 3
    WEIGHTS.append(4.0)
    try:
        assert program(x)[0] == 7
    finally:
        WEIGHTS.pop()
    assert program(x)[0] == 3
    assert len(tuner.calls) == 2


def _load(path, text):
    path.write_text(text)
    spec = importlib.util.spec_from_file_location("redefined", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["redefined"] = module
    spec.loader.exec_module(module)
    return module


def test_a_redefined_program_is_tuned_again(tuner, tmp_path):
    text = (
        "import dace, dace_transfer\n@dace_transfer.autotune\n@dace.program\ndef f(x: dace.float64[4]):\n    x += {}\n"
    )
    x = np.zeros(4)
    for number, (increment, calls) in enumerate([(1, 1), (2, 2), (1, 2)]):
        # A file of its own each time: DaCe reads sources through a cache that goes by time and size.
        _load(tmp_path / f"version{number}.py", text.format(increment)).f(x)
        assert len(tuner.calls) == calls
    np.testing.assert_array_equal(x, [4] * 4)


def test_settings_are_part_of_the_key(tuner):
    x = np.ones(3)
    other = ({"mode": "measure"}, {"budget": 7.0}, {"database": "other.sqlite"}, {"encoder": "learnt"})
    for settings in ({}, *other, {"mode": "measure"}):
        dace_transfer.autotune(**settings)(scale)(x)
    assert len(tuner.calls) == 5


def test_a_key_knows_the_target(tuner, monkeypatch):
    from dace_transfer.program import tuned

    x = np.ones(3)
    dace_transfer.autotune(scale)(x)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert tuned.describe_cpu().threads == 1
    dace_transfer.autotune(scale)(x)
    assert len(tuner.calls) == 2
