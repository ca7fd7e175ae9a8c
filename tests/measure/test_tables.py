"""Arrays of integers that pick elements and bound loops get values with which a program has something to do."""

import dace
import numpy as np
import pytest

from dace_transfer.building.binary import Argument
from dace_transfer.measure.arena import furnish
from dace_transfer.measure.inputs import Inputs, Integers, from_json, to_json
from dace_transfer.measure.tables import integers_at, tables_of

N, M, E, K = (dace.symbol(name) for name in "NMEK")
SIZES = {"N": 50, "M": 40, "E": 300, "K": 2}


@dace.program
def rows(
    starts: dace.int32[N + 1],
    columns: dace.int64[E],
    shifts: dace.int32[E],
    counts: dace.int32[N],
    v: dace.float64[E],
    x: dace.float64[M, K],
    y: dace.float64[N],
):
    for i in dace.map[0:N]:
        for k in range(starts[i], starts[i + 1]):
            y[i] += v[k] * x[columns[k], 1] * x[shifts[k] + 5, 0] + counts[i]


@dace.program
def differences(lengths: dace.int32[N], v: dace.float64[E], y: dace.float64[N]):
    for i in dace.map[0:N]:
        y[i] = v[N - lengths[i]]


@dace.program
def floats(x: dace.float64[N]):
    x[:] = x + 1


def test_indices_are_below_what_they_pick_from_and_bounds_ascend_to_what_is_counted() -> None:
    tables = tables_of(rows.to_sdfg(simplify=True))
    assert integers_at(tables, SIZES) == {
        "starts": Integers(301),
        "columns": Integers(40, ascending=False),
        "shifts": Integers(35, ascending=False),
    }


@pytest.mark.parametrize("program", [differences, floats])
def test_of_other_indices_nothing_is_known(program) -> None:
    assert tables_of(program.to_sdfg(simplify=True)) == {}


def test_what_is_known_is_drawn_in_any_process() -> None:
    known = integers_at(tables_of(rows.to_sdfg(simplify=True)), SIZES)
    inputs = from_json(to_json(Inputs(SIZES, integers=known)))
    assert inputs.integers == known
    arguments = [
        Argument("starts", "array", "int32", ("N + 1",), ("1",), "N + 1"),
        Argument("counts", "array", "int32", ("N",), ("1",), "N"),
        Argument("x", "array", "float64", ("M", "K"), ("K", "1"), "M*K"),
    ]
    drawn = {name: buffer.data for name, buffer in furnish(arguments, inputs).buffers.items()}
    assert drawn["starts"].max() > 200
    assert np.all(np.diff(drawn["starts"]) >= 0)
    assert drawn["counts"].max() < SIZES["K"]
