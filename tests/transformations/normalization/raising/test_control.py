"""Chains of blocks, loops, symbols, and what is left as it is."""

import dace
import numpy as np

N, M = (dace.symbol(name) for name in ("N", "M"))


@dace.program
def backwards(a: dace.float64[N], b: dace.float64[N]):
    for i in range(N - 2, -1, -1):
        b[i] = b[i + 1] + a[i]


def test_a_loop_that_counts_down_counts_up(runs, matrix):
    computation = runs(backwards, {"N": 5}, a=matrix(5), b=matrix(5))
    assert str(computation).splitlines()[0] == "for i_0 in range(0, N - 1):"
    assert "b[N - i_0 - 2] =" in str(computation)


@dace.program
def strided(a: dace.float64[N], b: dace.float64[N]):
    for i in range(1, N, 3):
        for j in range(i, 0, -2):
            b[i] = b[i] + a[j]


def test_steps_become_factors_and_trip_counts_are_rounded_up(runs, matrix):
    for size in (2, 7, 8, 9):
        computation = runs(strided, {"N": size}, a=matrix(size), b=matrix(size))
    assert "int_ceil" in str(computation)


@dace.program
def triangle(a: dace.float64[N, N]):
    for i in range(N):
        for j in range(i + 1, N):
            a[j, i] = a[i, j] * i + j


def test_bounds_may_depend_on_outer_loops(runs, matrix):
    computation = runs(triangle, {"N": 5}, a=matrix(5, 5))
    assert "for j_0 in range(i_0 + 1, N):" in str(computation)


@dace.program
def assigned(a: dace.float64[2 * N + 1], b: dace.float64[N]):
    for i in range(N):
        j = 2 * i
        k = j + 1
        b[i] = a[j] + a[k]


def test_symbols_that_are_assigned_once_are_replaced(runs, matrix):
    computation = runs(assigned, {"N": 4}, a=matrix(9), b=matrix(4))
    assert "a[2*i_0]" in str(computation) and "a[2*i_0 + 1]" in str(computation)


@dace.program
def turned(columns: dace.int64[N], x: dace.float64[N], y: dace.float64[N]):
    for i in range(N):
        y[i] = x[i] * 2.0
        y[i] = y[i] + x[columns[i]]
        columns[i] = N - 1 - i


def test_what_depends_on_values_read_is_left_together_and_loops_around_it_are_read(raised, opaques):
    computation = raised(turned)
    (left,) = opaques(computation)
    assert str(computation).startswith("for i_0 in range(0, N):\n")
    assert "(x_index * 2.0)" in str(computation)
    assert {"columns", "x", "y"} <= left.reads and {"y", "columns"} == left.writes & {"x", "y", "columns"}
    assert {name: str(value) for name, value in left.values.items()} == {"i": "i_0"}
    assert computation.pinned <= computation.containers.keys()


@dace.program
def until(starts: dace.int64[N + 1], x: dace.float64[M], y: dace.float64[N]):
    for i in range(N):
        for j in range(starts[i], starts[i + 1]):
            y[i] += x[j]
        starts[i] = 0


def test_loops_with_bounds_that_change_are_left_as_they_are(raised, opaques):
    computation = raised(until)
    left = opaques(computation)[0]
    assert str(computation).startswith("for i_0 in range(0, N):\n    opaque(")
    assert {"starts", "x", "y"} <= left.reads


@dace.program
def broken(x: dace.float64[N], y: dace.float64[N]):
    for i in range(N):
        if x[i] < 0:
            break
        y[i] = x[i]


def test_a_loop_that_is_left_early_is_left_as_it_is(raised, opaques):
    computation = raised(broken)
    assert len(computation.body) == len(opaques(computation)) == 1


@dace.program
def returning(x: dace.float64[N], y: dace.float64[N]):
    if x[0] < 0:
        return
    y[:] = x


def test_a_program_that_returns_early_is_not_read(raised):
    assert raised(returning) is None


def _loop(condition: str, update: str, start: str = "i = 0") -> dace.SDFG:
    sdfg = dace.SDFG("counting")
    sdfg.add_array("y", [N], dace.float64)
    loop = dace.sdfg.state.LoopRegion("loop", condition, "i", start, update)
    sdfg.add_node(loop, is_start_block=True)
    state = loop.add_state("body", is_start_block=True)
    tasklet = state.add_tasklet("one", {}, {"o"}, "o = 1.0")
    state.add_edge(tasklet, "o", state.add_write("y"), None, dace.Memlet("y[i]"))
    return sdfg


def test_loops_count_towards_their_bounds_in_all_spellings(raised, execute):
    spellings = {("i <= N - 1", "i = i + 1"), ("N > i", "i = i + 1"), ("i + 2 < N + 2", "i = 1 + i")}
    for condition, update in spellings:
        assert str(raised(_loop(condition, update))) == "for i_0 in range(0, N):\n    y[i_0] = 1.0"
    down = raised(_loop("0 <= i", "i = i - 2", "i = N - 1"))
    np.testing.assert_array_equal(execute(down, {"N": 5}, {"y": np.zeros(5)})["y"], [1, 0, 1, 0, 1])


def test_other_loops_are_left_as_they_are(raised, opaques):
    endless, curved, data = ("i < N", "i = i - 1"), ("i * i < N", "i = i + 1"), ("i < N", "i = i * 2")
    for condition, update in (endless, curved, data, ("i != N", "i = i + 1")):
        assert len(opaques(raised(_loop(condition, update, "i = 1")))) == 1


def test_a_symbol_from_a_previous_iteration_is_left_with_its_loop(raised, opaques):
    sdfg = _loop("i < N", "i = i + 1")
    sdfg.add_symbol("last", dace.int64)
    (loop,) = sdfg.nodes()
    (body,) = loop.nodes()
    body.edges()[0].data = dace.Memlet("y[last]")
    loop.add_state_after(body, "after", assignments={"last": "i"})
    start = sdfg.add_state_before(loop, "before", is_start_block=True)
    sdfg.edges_between(start, loop)[0].data.assignments = {"last": "0"}
    computation = raised(sdfg)
    (left,) = opaques(computation)
    assert len(computation.body) == 1 and not left.values and "last" not in left.names
