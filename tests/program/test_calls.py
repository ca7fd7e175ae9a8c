"""A tuned program is called like the program it was."""

from __future__ import annotations

import copy
import threading

import dace
import numpy as np
import pytest

import dace_transfer
from dace_transfer.errors import DaceTransferError
from dace_transfer.program import TunedProgram

N = dace.symbol("N")
M = dace.symbol("M")
OFFSET = np.full(7, 100.0)


@dace.program
def scaled(x: dace.float64[N], y: dace.float64[N], k: dace.float64 = 3.0):
    y += k * x


@dace.program
def two_results(x: dace.float64[N, M]):
    return x * 2, x + 1


@dace.program
def one_result(x):
    return x * 2


@dace.program
def with_offset(x: dace.float64[7]):
    return x + OFFSET


@dace.program
def folded(x: dace.float64[N], factor: dace.compiletime, *, shift: dace.int32 = 1):
    return x * factor + shift


@dace.program
def complex_scale(x: dace.complex128[N], z: dace.complex128):
    x *= z


@dace.program
def starred(*arrays):
    return arrays[0] + arrays[1]


@dace.program
def symbolic(n_times: dace.int64, x: dace.float64[N]):
    for _ in range(n_times):
        x += M


def test_decorator_forms(tuner):
    bare = dace_transfer.autotune(scaled)
    with_arguments = dace_transfer.autotune(mode="measure", budget=1)(copy.copy(scaled))
    plain = dace_transfer.autotune(scaled.f)
    for program in (bare, with_arguments, plain):
        assert isinstance(program, TunedProgram)
        assert (program.name, program.argnames) == (scaled.name, ["x", "y", "k"])
        assert not program.report and "called for the first time" in str(program.report)
        assert program.tuned_sdfg is None and program.reports == ()


@pytest.mark.parametrize("wrong", [{"mode": "fast"}, {"device": "tpu"}, {"encoder": "oracle"}])
def test_unknown_settings_are_refused_when_decorating(wrong):
    with pytest.raises(DaceTransferError, match="choose one of"):
        dace_transfer.autotune(**wrong)


def test_what_is_no_program_is_refused():
    def step(self, x):
        return x

    with pytest.raises(DaceTransferError, match="tune"):
        dace_transfer.autotune(dace.SDFG("empty"))
    with pytest.raises(DaceTransferError, match=r"@dace\.method"):
        dace_transfer.autotune(step)


def test_arguments_keywords_and_defaults(tuner):
    program = dace_transfer.autotune(scaled)
    x = np.arange(10.0)
    for call, expected in [
        (lambda y: program(x, y), 3 * x),
        (lambda y: program(x, y, 2.0), 2 * x),
        (lambda y: program(x, k=0.5, y=y), x / 2),
        (lambda y: program(y=y, x=x, k=np.float64(4)), 4 * x),
        (lambda y: program(x, y, 5), 5 * x),
        (lambda y: program(x, y, 6.0), 6 * x),
    ]:
        y = np.zeros(10)
        assert call(y) is None
        np.testing.assert_array_equal(y, expected)
    # The default is compiled in, a value given is not.
    assert len(tuner.calls) == 2
    assert [report.sizes for report in program.reports] == [{"N": 10}, {"N": 10}]
    assert program.report.used == "tuned" and program.tuned_sdfg is not None


def test_results_are_new_arrays(tuner):
    program = dace_transfer.autotune(two_results)
    x = np.random.default_rng(0).random((2, 3))
    double, more = program(x)
    first = double.copy()
    again, _ = program(x + 1)
    np.testing.assert_array_equal(double, first)
    np.testing.assert_array_equal(more, x + 1)
    np.testing.assert_array_equal(again, 2 * (x + 1))
    assert len(tuner.calls) == 1


def test_untyped_parameters_take_types_from_values(tuner):
    program = dace_transfer.autotune(one_result)
    for value in (np.arange(5), np.arange(5.0), np.arange(5, dtype=np.float32)):
        result = program(value)
        assert result.dtype == value.dtype
        np.testing.assert_array_equal(result, 2 * value)
    assert len(tuner.calls) == 3


def test_outer_arrays_are_read_at_every_call(tuner, monkeypatch):
    program = dace_transfer.autotune(with_offset)
    x = np.zeros(7)
    np.testing.assert_array_equal(program(x), np.full(7, 100.0))
    OFFSET[0] = 7
    assert program(x)[0] == 7
    OFFSET[0] = 100
    monkeypatch.setitem(globals(), "OFFSET", np.full(7, 5.0))
    np.testing.assert_array_equal(program(x), np.full(7, 5.0))
    assert len(tuner.calls) == 1


def test_compile_time_arguments_and_keyword_only(tuner):
    program = dace_transfer.autotune(folded)
    x = np.ones(3)
    np.testing.assert_array_equal(program(x, 2), [3, 3, 3])
    np.testing.assert_array_equal(program(x, 5), [6, 6, 6])
    np.testing.assert_array_equal(program(x, factor=5, shift=10), [15, 15, 15])
    np.testing.assert_array_equal(program(x, factor=5, shift=20), [25, 25, 25])
    assert len(tuner.calls) == 3
    with pytest.raises(OverflowError):
        program(x, factor=5, shift=2**40)


def test_complex_scalars_starred_arguments_and_symbols(tuner):
    x = np.ones(3, np.complex128)
    dace_transfer.autotune(complex_scale)(x, 2j)
    np.testing.assert_array_equal(x, [2j] * 3)
    np.testing.assert_array_equal(dace_transfer.autotune(starred)(np.ones(3), np.ones(3)), [2, 2, 2])
    program = dace_transfer.autotune(symbolic)
    y = np.zeros(3)
    program(2, y, M=5)
    program(1, y, M=7)
    program(1, y, M=5)
    np.testing.assert_array_equal(y, [22] * 3)
    assert len(tuner.calls) == 4


def test_tuning_cannot_change_the_users_arrays(tuner):
    program = dace_transfer.autotune(scaled)
    program(np.ones(4), np.zeros(4))
    assert not tuner.calls[0]["y"].flags.writeable


class Model:
    """An object with a constant, an array and a method that is a program."""

    def __init__(self, factor: float) -> None:
        self.factor = factor
        self.state = np.zeros(4)

    @dace_transfer.autotune
    @dace.method
    def step(self, x: dace.float64[4]):
        self.state += self.factor * x
        return self.state * 2


def test_methods_are_tuned_per_object(tuner):
    first, second = Model(2.0), Model(3.0)
    x = np.ones(4)
    np.testing.assert_array_equal(first.step(x), [4] * 4)
    np.testing.assert_array_equal(second.step(x), [6] * 4)
    np.testing.assert_array_equal(first.step(x), [8] * 4)
    np.testing.assert_array_equal(first.state, [4] * 4)
    assert first.step is first.step and first.step is not second.step
    first.factor = 10.0
    np.testing.assert_array_equal(first.step(x), [28] * 4)
    first.state = np.ones(4)
    np.testing.assert_array_equal(first.step(x), [22] * 4)
    assert len(tuner.calls) == 3
    assert Model(3.0).step(x)[0] == 6 and len(tuner.calls) == 3


inner = dace_transfer.autotune(copy.copy(scaled))


@dace.program
def outer(x: dace.float64[N], y: dace.float64[N]):
    inner(x, y, 2.0)
    y += 1


def test_tuned_programs_nest_in_others(tuner):
    x, y = np.ones(5), np.zeros(5)
    outer(x, y)
    np.testing.assert_array_equal(y, [3] * 5)
    dace_transfer.autotune(outer)(x, y)
    np.testing.assert_array_equal(y, [6] * 5)
    inner(x, y)
    np.testing.assert_array_equal(y, [9] * 5)
    assert len(tuner.calls) == 2
    assert list(inner.to_sdfg().arglist()) == ["x", "y", "N"] or "x" in inner.to_sdfg().arglist()
    assert isinstance(copy.deepcopy(inner), TunedProgram)


def test_threads_tune_once_and_do_not_disturb_each_other(tuner):
    program = dace_transfer.autotune(two_results)
    inputs = [np.full((3, 3), float(i)) for i in range(8)]
    results = {}

    def work(i):
        for _ in range(50):
            results[i] = program(inputs[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tuner.calls) == 1
    for i, (double, more) in results.items():
        np.testing.assert_array_equal(double, inputs[i] * 2)
        np.testing.assert_array_equal(more, inputs[i] + 1)
