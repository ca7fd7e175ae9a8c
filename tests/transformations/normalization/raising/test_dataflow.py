"""Maps, tasklets, copies, views and nested SDFGs."""

import dace
import numpy as np
import pytest

N, M = (dace.symbol(name) for name in ("N", "M"))


@dace.program
def slices(a: dace.float64[N, M], b: dace.float64[M], c: dace.float64[N, M]):
    t = a * b + 1.0
    c[1:, :-1] = t[:-1, 1:] - np.maximum(a[1:, 1:], 0.75)
    c[0, ::2] = b[::2]
    c[0] = c[0] + a[-2]


def test_slices_and_broadcasts(runs, matrix):
    runs(slices, {"N": 4, "M": 5}, a=matrix(4, 5), b=matrix(5), c=matrix(4, 5))


@dace.program
def shifted(a: dace.float64[N], steps: dace.float64[M]):
    for t in range(M):
        a[1:] = a[:-1] * steps[t]
        a[0] = a[-1]
        a[1:-1] = 0.5 * (a[:-2] + a[2:])


def test_arrays_that_are_changed_in_place_keep_their_order(runs, matrix):
    runs(shifted, {"N": 6, "M": 3}, a=matrix(6), steps=matrix(3))


@dace.program
def boundary(p: dace.float64[N, N]):
    p[:, -1] = p[:, -2]
    p[0, :] = p[1, :]
    p[-1, :] = 0


def test_copies_between_different_parts_of_one_container(runs, matrix):
    runs(boundary, {"N": 5}, p=matrix(5, 5))


def _summed(sign: str) -> dace.SDFG:
    sdfg, state = _one_state(a=[N, M], rows=[N])
    inputs, outputs = {"x": dace.Memlet("a[i, j]")}, {"y": dace.Memlet("rows[i]", wcr=f"lambda p, q: p {sign} q")}
    state.add_mapped_tasklet("sum", {"i": "0:N", "j": "0:M"}, inputs, "y = x * x", outputs, external_edges=True)
    return sdfg


@pytest.mark.parametrize("sign", ["+", "-"])
def test_writes_that_are_summed_read_what_they_write(raised, execute, matrix, sign):
    a, rows = matrix(4, 3), matrix(4)
    computation = raised(_summed(sign))
    assert "parallel" not in str(computation)
    actual = execute(computation, {"N": 4, "M": 3}, {"a": a, "rows": rows})
    np.testing.assert_allclose(actual["rows"], rows + float(f"{sign}1") * (a * a).sum(1))


@dace.program
def of_pieces(a: dace.float64[N, M], b: dace.float64[N]):
    for i in dace.map[0:N]:
        local = np.empty((M,), dtype=np.float64)
        local[:] = a[i] * 2.0
        for j in range(1, M):
            local[j] = local[j] + local[j - 1]
        b[i] = local[M - 1]


def test_loops_inside_of_maps_are_read(runs, matrix):
    computation = runs(of_pieces, {"N": 3, "M": 4}, a=matrix(3, 4), b=matrix(3))
    assert str(computation).startswith("parallel for i_0 in range(0, N):\n")


@dace.program
def growing(a: dace.float64[N, N], b: dace.float64[N]):
    for i in range(1, N):
        part = a[i, :i] * b[:i]
        b[i] = b[i] - np.sum(part)


def test_containers_that_grow_with_a_loop_get_its_largest_extent(runs, matrix):
    computation = runs(growing, {"N": 5}, a=matrix(5, 5), b=matrix(5))
    assert [
        str(desc.shape) for name, desc in computation.containers.items() if desc.transient and desc.shape != (1,)
    ] == ["(N,)"]


@dace.program
def viewed(a: dace.float64[N, 3, 3], b: dace.float64[N, 3, 3]):
    for i in range(N):
        b[i] = a[i] @ b[i]


def test_views_are_what_they_view(runs, matrix):
    computation = runs(viewed, {"N": 3}, a=matrix(3, 3, 3), b=matrix(3, 3, 3))
    assert not any(isinstance(desc, dace.data.View) for desc in computation.containers.values())


def _one_state(**arrays) -> tuple[dace.SDFG, dace.SDFGState]:
    sdfg = dace.SDFG("written")
    for name, shape in arrays.items():
        sdfg.add_array(name, shape, dace.float64)
    return sdfg, sdfg.add_state(is_start_block=True)


def test_a_tasklet_reads_before_it_writes(raised, execute):
    sdfg, state = _one_state(a=[2])
    tasklet = state.add_tasklet("swap", {"x", "y"}, {"p", "q"}, "p = y\nq = x")
    source, target = state.add_read("a"), state.add_write("a")
    state.add_edge(source, None, tasklet, "x", dace.Memlet("a[0]"))
    state.add_edge(source, None, tasklet, "y", dace.Memlet("a[1]"))
    state.add_edge(tasklet, "p", target, None, dace.Memlet("a[0]"))
    state.add_edge(tasklet, "q", target, None, dace.Memlet("a[1]"))
    np.testing.assert_array_equal(execute(raised(sdfg), {}, {"a": np.array([1.0, 2.0])})["a"], [2, 1])


def test_tasklets_hand_values_on_and_have_names_of_their_own(raised, execute):
    sdfg, state = _one_state(a=[N], b=[N])
    entry, exit_ = state.add_map("m", {"i": "0:N"})
    first = state.add_tasklet("first", {"x"}, {"y"}, "t = x * 2\ny = t + i")
    second = state.add_tasklet("second", {"x"}, {"y"}, "y = min(x, 3.5)")
    state.add_memlet_path(state.add_read("a"), entry, first, dst_conn="x", memlet=dace.Memlet("a[i]"))
    state.add_edge(first, "y", second, "x", dace.Memlet())
    state.add_memlet_path(second, exit_, state.add_write("b"), src_conn="y", memlet=dace.Memlet("b[i]"))
    computation = raised(sdfg)
    assert str(computation).splitlines()[1].strip() == "value = ((a[i_0] * 2) + (i_0))"
    actual = execute(computation, {"N": 3}, {"a": np.ones(3), "b": np.zeros(3)})
    np.testing.assert_array_equal(actual["b"], [2, 3, 3.5])


@pytest.mark.parametrize(
    "code, language",
    [
        ("y = x;", dace.Language.CPP),
        ("y = rand(x)", dace.Language.Python),
        ("y = x + unknown", dace.Language.Python),
        ("if x > 0:\n    y = x", dace.Language.Python),
        ("t = x\nt = t + 1\ny = t", dace.Language.Python),
    ],
)
def test_only_the_part_that_cannot_be_read_is_left_as_it_is(raised, opaques, code, language):
    sdfg, state = _one_state(a=[N], b=[N], c=[N], d=[N])
    between, end = state.add_access("b"), state.add_access("c")
    for name, source, target, body, kind in (
        ("plain", state.add_read("a"), between, "y = x + 1", dace.Language.Python),
        ("odd", between, end, code, language),
        ("after", end, state.add_write("d"), "y = x * 2", dace.Language.Python),
    ):
        inputs, outputs = {"x": dace.Memlet(f"{source.data}[i]")}, {"y": dace.Memlet(f"{target.data}[i]")}
        ends = {"input_nodes": {source.data: source}, "output_nodes": {target.data: target}}
        state.add_mapped_tasklet(name, {"i": "0:N"}, inputs, body, outputs, external_edges=True, language=kind, **ends)
    computation = raised(sdfg)
    (left,) = opaques(computation)
    assert (left.reads, left.writes, left.names) == (
        {"b"},
        {"c"},
        {"N"} | ({"unknown"} if "unknown" in code else set()),
    )
    assert [type(node).__name__ for node in computation.body] == ["Loop", "Opaque", "Loop"]
    assert {node.label for node in left.block.nodes() if isinstance(node, dace.nodes.Tasklet)} == {"odd"}


def test_copies_between_overlapping_parts_are_left_as_they_are(raised, opaques):
    sdfg, state = _one_state(a=[N])
    state.add_edge(state.add_read("a"), None, state.add_write("a"), None, dace.Memlet("a[0:N-1] -> [1:N]"))
    assert len(opaques(raised(sdfg))) == 1


def test_copies_that_reshape_are_left_as_they_are(raised, opaques):
    sdfg, state = _one_state(a=[4, N], b=[N, 4])
    state.add_edge(state.add_read("a"), None, state.add_write("b"), None, dace.Memlet("a[0:4, 0:N] -> [0:N, 0:4]"))
    assert len(opaques(raised(sdfg))) == 1


@pytest.mark.parametrize("written", [True, False])
def test_ranges_of_maps_may_be_read_from_containers_that_are_never_written(raised, opaques, written):
    sdfg, state = _one_state(b=[N])
    sdfg.add_array("last", [1], dace.int64)
    entry, exit_ = state.add_map("m", {"i": "0:n"})
    entry.add_in_connector("n")
    tasklet = state.add_tasklet("one", {}, {"y"}, "y = 1.0")
    state.add_edge(state.add_read("last"), None, entry, "n", dace.Memlet("last[0]"))
    state.add_edge(entry, None, tasklet, None, dace.Memlet())
    state.add_memlet_path(tasklet, exit_, state.add_write("b"), src_conn="y", memlet=dace.Memlet("b[i]"))
    if written:
        after = sdfg.add_state_after(state)
        tasklet = after.add_tasklet("zero", {}, {"z"}, "z = 0")
        after.add_edge(tasklet, "z", after.add_write("last"), None, dace.Memlet("last[0]"))
    computation = raised(sdfg)
    assert [left.reads for left in opaques(computation)] == [{"last"}] * written
    assert written or "parallel for i_0 in range(0, ((last[0]))):" in str(computation)


@dace.program
def mapped_condition(a: dace.float64[N], b: dace.float64[N]):
    for i in dace.map[0:N]:
        if i > 0:
            b[i] = a[i - 1]


def test_a_map_with_something_unreadable_is_left_whole(raised, opaques):
    computation = raised(mapped_condition)
    assert len(computation.body) == len(opaques(computation)) == 1
