"""Indices and bounds that are read from arrays nobody writes."""

import dace
import numpy as np
import pytest

N, M, K = (dace.symbol(name) for name in ("N", "M", "K"))

STARTS, COLUMNS = np.array([0, 2, 2, 5]), np.array([3, 0, 1, 1, 2])


@dace.program
def rows(
    starts: dace.int32[N + 1],
    columns: dace.uint32[K],
    values: dace.float64[K],
    x: dace.float64[M],
    y: dace.float64[N],
):
    for i in range(N):
        for k in range(starts[i], starts[i + 1]):
            y[i] += values[k] * x[columns[k]]


def test_bounds_and_indices_are_elements(runs, matrix):
    arguments = {"starts": STARTS, "columns": COLUMNS, "values": matrix(5), "x": matrix(4), "y": matrix(3)}
    computation = runs(rows, {"N": 3, "M": 4, "K": 5}, **arguments)
    assert "x[((columns[k_0]))]" in str(computation)


@dace.program
def slices(
    starts: dace.int32[N + 1],
    columns: dace.int32[K],
    values: dace.float64[K],
    x: dace.float64[M],
    y: dace.float64[N],
):
    for i in range(N):
        first = starts[i]
        last = starts[i + 1]
        places = columns[first:last]
        y[i] = values[first:last] @ x[places]


def test_slices_of_any_length_are_loops(raised):
    text = str(raised(slices))
    assert "opaque" not in text and "in range(0, ((starts[i_0 + 1])) - ((starts[i_0])))" in text


@dace.program
def chained(order: dace.int64[N], places: dace.int64[N], a: dace.float64[N, N], y: dace.float64[N]):
    for i in dace.map[0:N]:
        p = places[order[i]]
        y[i] = a[p, order[p]] * p + order[i] - a[order[i] - 1, 0]


def test_elements_of_elements_and_their_values(runs, matrix):
    arguments = {"order": np.array([2, 1, 3, 2]), "places": np.array([1, 3, 0, 2]), "a": matrix(4, 4), "y": matrix(4)}
    computation = runs(chained, {"N": 4}, **arguments)
    assert "places[order[" in str(computation)


@dace.program
def scattered(places: dace.int64[N], x: dace.float64[N], y: dace.float64[N]):
    for i in range(N):
        y[places[i]] = x[i]


def test_what_is_written_where_an_array_says_is_left_as_it_is(raised, opaques):
    assert "y" in opaques(raised(scattered))[0].writes


@dace.program
def guarded(places: dace.int64[N], x: dace.float64[N], y: dace.float64[N]):
    for i in range(N):
        if places[i] >= 0:
            y[i] = x[places[i]]


def test_what_may_have_to_be_skipped_is_left_as_it_is(raised, opaques):
    assert "x" in opaques(raised(guarded))[0].reads


def _picking(code: str, bounds: dict[str, str]) -> dace.SDFG:
    """`y[i] = ...` for the indices in a range with connectors, where the code may pick from all of `x`."""
    sdfg = dace.SDFG("picking")
    for name, size, dtype in (("p", N, dace.int32), ("x", M, dace.float64), ("y", N, dace.float64)):
        sdfg.add_array(name, [size], dtype)
    state = sdfg.add_state()
    inputs = {"place": dace.Memlet("p[i]"), "array": dace.Memlet("x[0:M]")}
    _, entry, _ = state.add_mapped_tasklet(
        "pick", {"i": f"{next(iter(bounds), 0)}:N"}, inputs, code, {"out": dace.Memlet("y[i]")}, external_edges=True
    )
    for connector, element in bounds.items():
        entry.add_in_connector(connector)
        state.add_edge(state.add_read(element[0]), None, entry, connector, dace.Memlet(element))
    return sdfg


def test_tasklets_pick_elements(raised, execute, matrix):
    computation = raised(_picking("t = array[place] + array[N - 1]\nout = t * array[i]", {"first": "p[0]"}))
    arguments = {"p": np.array([1, 0, 3, 2]), "x": matrix(4), "y": matrix(4)}
    expected, x = arguments["y"].copy(), arguments["x"]
    expected[1:] = (x[arguments["p"]] + x[3])[1:] * x[1:]
    actual = execute(computation, {"N": 4, "M": 4}, arguments)
    np.testing.assert_allclose(actual["y"], expected)


@pytest.mark.parametrize(
    "sdfg",
    [
        _picking("t = place * 2\nout = array[t]", {}),
        _picking("out = array[place] + array", {}),
        _picking("out = array[place, 0]", {}),
        _picking("out = array[array[place]]", {}),
        _picking("out = array[place]", {"first": "x[0]"}),
    ],
)
def test_other_tasklets_are_left_as_they_are(raised, opaques, sdfg):
    assert len(opaques(raised(sdfg))) == 1
