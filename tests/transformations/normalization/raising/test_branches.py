"""Conditions, masks, and values that control flow reads from containers."""

import dace
import numpy as np
import pytest

N, M = (dace.symbol(name) for name in ("N", "M"))


@pytest.fixture
def signs():
    """`signs(*shape)`: random numbers between -2 and 2."""
    rng = np.random.default_rng(1)
    return lambda *shape: rng.uniform(-2, 2, shape)


@dace.program
def chosen(x: dace.float64[N], y: dace.float64[N]):
    for i in range(N):
        if x[i] > 0:
            y[i] = x[i]
        elif x[i] < -1 and i > 2:
            y[i] = 2 * x[i] + 1
        else:
            y[i] = 0


def test_branches_that_write_one_element_are_one_statement(runs, signs):
    computation = runs(chosen, {"N": 9}, x=signs(9), y=signs(9))
    writes = [line for line in str(computation).splitlines() if line.strip().startswith("y[i_0] =")]
    assert len(writes) == 1 and writes[0].count("select") == 2


@dace.program
def exchanged(x: dace.float64[N], y: dace.float64[N], z: dace.float64[N]):
    for i in range(1, N):
        if x[i] > y[i]:
            x[i - 1] = y[i]
            y[i] = y[i] + z[i]
            y[i - 1] = x[i]
            t = y[i] * x[i - 1]
            z[i] = t + z[i - 1]
        elif x[i - 1] > 0:
            x[i] = y[i - 1]
            t = x[i] * 2
            y[i] = t
            t = y[i] + x[i]
            z[i] = t


def test_conditions_hold_as_they_did_before_the_branch_wrote_what_they_read(runs, signs):
    runs(exchanged, {"N": 12}, x=signs(12), y=signs(12), z=signs(12))


@dace.program
def counted(x: dace.float64[N], y: dace.float64[N], n: dace.int64[1]):
    mask = x > 0
    total = np.float64(0)
    count = 0
    for i in dace.map[0:N]:
        if mask[i]:
            total += y[i]
            count += 1
    y[0] = total
    n[0] = count


def test_sums_under_conditions_in_maps(runs, opaques, signs):
    computation = runs(counted, {"N": 9}, x=signs(9), y=signs(9), n=np.zeros(1, np.int64))
    assert not opaques(computation)


@dace.program
def nested(a: dace.float64[N, N], b: dace.float64[N]):
    for i in range(N):
        for j in range(N):
            if i > j:
                if b[j] > 0:
                    a[i, j] = b[j] + a[j, i]
                else:
                    if not (a[i, j] < b[i] or b[i] > 1):
                        a[i, j] = 0
                    b[i] = a[i, j]
            if i == j and b[i] > 0:
                a[i, j] = i
                b[i] = -b[i]


def test_conditions_in_conditions_and_on_loop_variables(runs, signs):
    runs(nested, {"N": 7}, a=signs(7, 7), b=signs(7))


@dace.program
def whole(x: dace.int32[N], y: dace.int64[N], z: dace.float32[N], w: dace.float64[N]):
    for i in range(N):
        if i % 3 == 1:
            x[i] = y[i]
            z[i] = w[i]
        else:
            y[i] = x[i]
            w[i] = z[i]


def test_types_are_those_of_what_is_written(runs, signs):
    x, y = np.arange(8, dtype=np.int32), 10 * np.arange(8)
    text = str(runs(whole, {"N": 8}, x=x, y=y, z=np.float32(signs(8)), w=signs(8)))
    assert "dace.int32(" in text and "dace.float32(" in text


@dace.program
def guarded(x: dace.float64[N], y: dace.float64[N], z: dace.float64[N]):
    for i in range(N):
        if i > 0:
            y[i] = x[i - 1]
    for i in range(N):
        if not i <= 3:
            z[i] = x[i - 4]
    for i in range(N - 1, -1, -1):
        x[i] = x[i] + 1
        if i + 1 < N:
            x[i] = x[i + 1] * 2


def test_conditions_on_loop_variables_bound_loops(runs, raised, signs):
    for size in (1, 2, 7):
        computation = runs(guarded, {"N": size}, x=signs(size), y=signs(size), z=signs(size))
    assert "select" not in str(computation)


@dace.program
def diagonal(a: dace.float64[N, N], b: dace.float64[N, N]):
    for i in range(N):
        for j in range(N):
            if i == j:
                a[i, j] = 1
            elif j > i:
                a[i, j] = b[i, j - i - 1]
            else:
                a[i, j] = a[j, i]
            if i != j and b[i, j] > 0:
                b[i, j] = b[j, i]


def test_triangles_and_diagonals_are_loops_of_their_own(runs, signs):
    text = str(runs(diagonal, {"N": 6}, a=signs(6, 6), b=signs(6, 6)))
    ends = [line.strip() for line in text.splitlines() if " in range(i_0" in line or line.endswith("i_0):")]
    assert len(ends) == 3 and text.count("select(") == 2


@dace.program
def beyond(x: dace.float64[N], y: dace.float64[N], n: dace.int64[1]):
    for i in range(N):
        if i < M:
            y[i] = x[i]
        elif i > M:
            y[i] = 2 * x[i]
        if i == n[0]:
            y[i] = 0


def test_loops_are_not_split_at_what_may_be_out_of_their_bounds(runs, signs):
    for size in (0, 3, 9):
        text = str(runs(beyond, {"N": 6, "M": size}, x=signs(6), y=signs(6), n=np.array([size - 1])))
    assert text.count(" in range(") == 1


@dace.program
def unguarded(x: dace.float64[N], y: dace.float64[N]):
    for i in range(N):
        if y[i] > 0:
            y[i] = x[i + 1]


@dace.program
def divided(x: dace.int64[N], y: dace.int64[N]):
    for i in range(N):
        if x[i] != 0:
            y[i] = y[i] // x[i]


@dace.program
def costly(x: dace.float64[N, N], y: dace.float64[N]):
    for i in range(N):
        if y[i] > 0:
            for j in range(N):
                x[i, j] = y[j]


@dace.program
def stopped(x: dace.float64[N], y: dace.float64[N]):
    for i in range(N):
        if x[i] < 0:
            break
        y[i] = x[i]


@pytest.mark.parametrize("program", [unguarded, divided, costly, stopped])
def test_what_may_only_be_done_where_the_condition_holds_is_left_as_it_is(raised, opaques, program):
    assert len(opaques(raised(program))) == 1
    assert "select" not in str(raised(program))


@dace.program
def mapped(a: dace.float64[N, M], b: dace.float64[N], c: dace.float64[1]):
    for i in dace.map[0:N]:
        if a[i, 1] > 0.0:
            t = a[i, 0] * 2
            b[i] = t + b[i]
        if i == 2:
            c[0] = b[i]


def test_iterations_that_write_under_a_condition_have_to_be_shown_to_be_independent(runs, signs):
    text = str(runs(mapped, {"N": 5, "M": 2}, a=signs(5, 2), b=signs(5), c=signs(1)))
    assert "parallel" not in text and "c[0] = select(" in text


@dace.program
def masked(a: dace.float64[N, N], b: dace.float64[N]):
    a[a > 0] = 1.0
    b[b < a[0]] = -2


def test_masks(runs, signs):
    assert str(runs(masked, {"N": 5}, a=signs(5, 5), b=signs(5))).count("select(") == 2


def _tasklet(code: str, dynamic: bool, index: str = "i") -> dace.SDFG:
    sdfg = dace.SDFG("written")
    for name in "abc":
        sdfg.add_array(name, [N], dace.float64)
    sdfg.add_symbol("j", dace.int64)
    state = sdfg.add_state(is_start_block=True)
    inputs, outputs = {"x": dace.Memlet("a[i]")}, {n: dace.Memlet(f"{n}[{index}]", dynamic=dynamic) for n in "bc"}
    connectors = {"p": outputs["b"], "q": outputs["c"]}
    state.add_mapped_tasklet("m", {"i": "0:N"}, inputs, code, connectors, external_edges=True)
    return sdfg


_CODE = "if x > 0:\n    if x < 1:\n        p = x\n    q = 1\nelse:\n    q = -x"


def test_tasklets_with_conditions_keep_what_they_do_not_write(raised, execute, signs):
    a, b, c = signs(9), signs(9), signs(9)
    actual = execute(raised(_tasklet(_CODE, True)), {"N": 9}, {"a": a, "b": b, "c": c})
    np.testing.assert_array_equal(actual["b"], np.where((a > 0) & (a < 1), a, b))
    np.testing.assert_array_equal(actual["c"], np.where(a > 0, 1, -a))


@pytest.mark.parametrize(
    "code, dynamic, index",
    [(_CODE, False, "i"), (_CODE, True, "i + j"), ("if x > 0:\n    p = x\n    q = p\nelse:\n    q = 0", True, "i")],
)
def test_other_tasklets_with_conditions_are_left_as_they_are(raised, opaques, code, dynamic, index):
    assert len(opaques(raised(_tasklet(code, dynamic, index)))) == 1


@dace.program
def carried(a: dace.float64[N], b: dace.float64[N]):
    s = a[0]
    for i in range(N):
        b[i] = b[i] + s
        if b[i] > 0:
            s = a[i]
    for i in range(N):
        if s > a[i]:
            b[i] = s


def test_values_that_are_carried_from_one_iteration_to_the_next(runs, signs):
    runs(carried, {"N": 9}, a=signs(9), b=signs(9))


@dace.program
def used_as_index(columns: dace.int64[N], x: dace.float64[N], y: dace.float64[N]):
    for i in range(N):
        k = columns[i]
        if y[i] > 0:
            y[i] = y[i] * 2
        if k > 0:
            y[i] = y[i] + x[k]


def test_values_that_are_indices_are_left_with_all_that_uses_them(raised, opaques):
    computation = raised(used_as_index)
    (left,) = opaques(computation)
    assert "k" not in left.names and {"columns", "x", "y"} <= left.reads


def _reassigned(inside: str, value: str = "a[i] + s") -> dace.SDFG:
    """A symbol with a value read from a container, which a block that cannot be read assigns again."""
    sdfg = dace.SDFG("reassigned")
    sdfg.add_array("a", [N], dace.float64)
    sdfg.add_symbol("s", dace.float64)
    start = sdfg.add_state("start", is_start_block=True)
    first = sdfg.add_state_after(start, "first", assignments={"s": "a[0]"})
    loop = dace.sdfg.state.LoopRegion("loop", inside, "i", "i = 0", "i = i + 1")
    sdfg.add_node(loop)
    sdfg.add_edge(first, loop, dace.InterstateEdge())
    one = loop.add_state("one", is_start_block=True)
    loop.add_state_after(one, "two", assignments={"s": value})
    end = sdfg.add_state("end")
    sdfg.add_edge(loop, end, dace.InterstateEdge())
    tasklet = end.add_tasklet("out", {}, {"o"}, "o = s")
    end.add_edge(tasklet, "o", end.add_write("a"), None, dace.Memlet("a[1]"))
    return sdfg


def test_symbols_become_scalars_everywhere_or_nowhere(raised, opaques, execute, signs):
    a = signs(4)
    actual = execute(raised(_reassigned("i < N")), {"N": 4}, {"a": a})
    np.testing.assert_allclose(actual["a"][1], a.sum() + a[0])
    computation = raised(_reassigned("i != N"))
    assert len(computation.body) == len(opaques(computation)) == 1


def test_symbols_may_be_assigned_where_nobody_uses_them(raised, execute, signs):
    a = signs(4)
    actual = execute(raised(_reassigned("i < N", "a[i]")), {"N": 4}, {"a": a})
    np.testing.assert_allclose(actual["a"][1], a[3])
