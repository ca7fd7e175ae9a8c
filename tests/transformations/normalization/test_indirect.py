"""Programs that read indices and bounds from arrays: what their normal forms compute, and which they are."""

from collections.abc import Callable
from types import FunctionType

import dace
import numpy as np
import pytest

from dace_transfer.building.binary import Binary
from dace_transfer.building.builder import Builder
from dace_transfer.measure.calling import Program
from dace_transfer.toolchain import activate
from dace_transfer.transformations.finalize import finalize
from dace_transfer.transformations.normalization import normalize
from dace_transfer.transformations.normalization.normalize import rewrite
from dace_transfer.transformations.normalization.raising import raise_sdfg
from dace_transfer.workload import workload_of

N, M, K = (dace.symbol(name) for name in ("N", "M", "K"))
SIZES = {"N": 6, "M": 9, "K": 9}

Starts, Places, Values = dace.uint32[N + 1], dace.int32[K], dace.float64[K]
Inputs, Results = dace.float64[M], dace.float64[N]


@dace.program
def summed(starts: Starts, places: Places, values: Values, x: Inputs, y: Results):
    for i in range(N):
        y[i] = 0.0
        for k in range(starts[i], starts[i + 1]):
            y[i] += values[k] * x[places[k]]


@dace.program
def sliced(starts: Starts, places: Places, values: Values, x: Inputs, y: Results):
    for i in range(N):
        first = starts[i]
        last = starts[i + 1]
        columns = places[first:last]
        y[i] = values[first:last] @ x[columns]


@dace.program
def sliced_twice(starts: Starts, places: Places, values: Values, x: Inputs, y: Results):
    for i in range(N):
        first = starts[i]
        last = starts[i + 1]
        columns = places[first:last]
        found = np.exp(x[columns])
        y[i] = np.sum(found * found) + np.sum(found)


@dace.program
def largest(starts: Starts, places: Places, values: Values, x: Inputs, y: Results):
    for i in range(N - 1, -1, -1):
        y[i] = 0.5
        for k in range(starts[i], starts[i + 1]):
            for j in range(places[k]):
                y[i] = max(y[i], values[k] * x[j] + k)


@dace.program
def rows_of_others(starts: Starts, places: Places, values: Values, x: Inputs, y: Results):
    for i in range(N):
        y[i] = 0.0
        for k in range(starts[places[i]], starts[places[i] + 1]):
            y[i] += values[k]


@dace.program
def rows_of_rows(starts: Starts, places: Places, values: Values, x: Inputs, y: Results):
    for i in range(N):
        for k in range(starts[i], starts[i + 1]):
            values[k] = values[k] / (x[places[k]] + y[i])
        for k in range(starts[i], starts[i + 1]):
            y[i] = y[i] * 0.5 + values[places[places[k]]]


@dace.program
def to_a_length(starts: Starts, places: Places, values: Values, x: Inputs, y: Results):
    for k in dace.map[0 : places[0]]:
        values[k] = 1.0


@dace.program
def in_place(starts: Starts, places: Places, values: Values, x: Inputs, y: Results):
    for k in range(K):
        values[k] = values[places[k]] + 1.0


@dace.program
def counted(starts: Starts, places: Places, values: Values, x: Inputs, y: Results):
    for k in range(K):
        x[places[k]] += values[k]


@dace.program
def changed(starts: Starts, places: Places, values: Values, x: Inputs, y: Results):
    for k in range(K):
        values[k] = x[places[k]]
        places[K - 1 - k] = 0


@dace.program
def shifted(starts: Starts, places: Places, values: Values, x: Inputs, y: Results):
    for i in range(N):
        starts[i + 1] = starts[i + 1] // 2
        for k in range(starts[i], starts[i + 1]):
            y[i] += values[k]


PROGRAMS = {
    summed: "parallel for i0 in range(0, N):\n    y[i0] = sum(",
    sliced: "parallel for i0 in range(0, N):\n    y[i0] = sum(",
    sliced_twice: "opaque",
    largest: "for i1 in range(((starts[i0])), ((starts[i0 + 1]))) for i2 in range(0, ((places[i1]))))",
    rows_of_others: "in range(((starts[",
    rows_of_rows: "in range(((starts[",
    to_a_length: "parallel for i0 in range(0, ((places[0]))):\n    values[i0] = 1.0",
    in_place: "for i0 in range(0, K):\n    values[i0] = (values[((places[i0]))] + 1.0)",
    counted: "opaque",
    changed: "opaque",
    shifted: "opaque",
}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name.rpartition("_indirect_")[2])
def test_normal_forms_stay_what_they_are(program: Callable):
    normal = normalize(program.to_sdfg(simplify=True))
    computation = raise_sdfg(normal)
    assert workload_of(normalize(normal), SIZES).digest == workload_of(normal, SIZES).digest
    assert PROGRAMS[program] in str(rewrite(computation))


def test_different_spellings_have_one_normal_form():
    first, second = (normalize(program.to_sdfg(simplify=True)) for program in (summed, sliced))
    assert "x[((places[" in str(raise_sdfg(second))
    assert workload_of(first, SIZES).digest == workload_of(second, SIZES).digest


def test_normal_forms_compute_what_programs_say(builder: Builder):
    activate()
    forms = [finalize(normalize(program.to_sdfg(simplify=True))) for program in PROGRAMS]
    for program, binary in zip(PROGRAMS, builder.build(forms), strict=True):
        assert isinstance(binary, Binary), (program.name, binary.message[-3000:])
        for seed in range(3):
            arguments = _arguments(seed)
            expected = {name: value.copy() for name, value in arguments.items()}
            FunctionType(program.f.__code__, {**program.f.__globals__, **SIZES})(**expected)
            compiled = Program(binary, {name: value.ctypes.data for name, value in arguments.items()}, SIZES)
            compiled.run()
            compiled.close()
            for name, value in expected.items():
                np.testing.assert_allclose(arguments[name], value, err_msg=f"{program.name}: {name}")


def _arguments(seed: int) -> dict[str, np.ndarray]:
    """Rows of any length, also empty ones."""
    rng = np.random.default_rng(seed)
    starts = np.sort(rng.integers(0, SIZES["K"] + 1, SIZES["N"] + 1)).astype(np.uint32)
    places = rng.integers(0, SIZES["N"], SIZES["K"]).astype(np.int32)
    return {"starts": starts, "places": places, **{n: rng.random(SIZES[s]) + 0.5 for n, s in _FLOATS.items()}}


_FLOATS = {"values": "K", "x": "M", "y": "N"}
