"""What is inside of parallel maps becomes a function whose arguments are apart."""

import dace
import numpy as np

from dace_transfer.transformations.normalization import normalize
from dace_transfer.transformations.steps.outline import Outline

N, M, K = (dace.symbol(name) for name in "NMK")


@dace.program
def scaled_sums(x: dace.float64[N, M, K], w: dace.float64[K, M]):
    y = np.empty((N, M), dtype=x.dtype)
    for i, j in dace.map[0:N, 0:M]:
        y[i, j] = np.sum(x[i, j, :] * w[:, j])
    return y


@dace.program
def row(x: dace.float64[N], y: dace.float64[N]):
    for i in dace.map[0:N]:
        y[i] = 2 * x[i]


@dace.program
def total(x: dace.float64[N], s: dace.float64[1]):
    for i in dace.map[0:N]:
        s[0] += x[i]


def test_inner_loops_are_in_a_function_with_pointers_that_are_apart(apply, run) -> None:
    sdfg = normalize(scaled_sums.to_sdfg(simplify=True))
    maps = apply(Outline(), sdfg).yields
    assert [len(handle.node.map.params) for handle in maps] == [1] * len(maps)
    assert all(
        isinstance(node, dace.nodes.NestedSDFG)
        for h in maps
        for node in h.state.all_nodes_between(h.node, h.state.exit_node(h.node))
    )
    code = next(part.code for part in sdfg.generate_code() if part.language == "cpp")
    assert "double* __restrict__ x" in code
    rng = np.random.default_rng(0)
    x, w = rng.random((3, 4, 5)), rng.random((5, 4))
    np.testing.assert_allclose(run(sdfg, x=x, w=w, N=3, M=4, K=5), np.einsum("ijk,kj->ij", x, w))


def test_a_map_of_one_loop_is_outlined_once(apply, run, refuse) -> None:
    sdfg = normalize(row.to_sdfg(simplify=True))
    apply(Outline(), sdfg)
    refuse(Outline(), sdfg, "nested program already")
    y = np.zeros(7)
    run(sdfg, x=np.arange(7.0), y=y, N=7)
    assert list(y) == [0, 2, 4, 6, 8, 10, 12]


def test_results_named_by_dace_get_names_of_their_own_inside(apply, run) -> None:
    @dace.program
    def two(x: dace.float64[N]):
        return x + 1, x + 2

    sdfg = normalize(two.to_sdfg(simplify=True))
    apply(Outline(), sdfg)
    one, other = run(sdfg, x=np.arange(3.0), N=3)
    assert list(one) == [1, 2, 3]
    assert list(other) == [2, 3, 4]


def test_maps_whose_results_meet_stay(refuse) -> None:
    sdfg = total.to_sdfg(simplify=True)
    refuse(Outline(), sdfg, "conflict resolution|a scalar")


def test_sequential_maps_stay(refuse) -> None:
    sdfg = row.to_sdfg(simplify=True)
    for node, _ in sdfg.all_nodes_recursive():
        if isinstance(node, dace.nodes.MapEntry):
            node.map.schedule = dace.ScheduleType.Sequential
    refuse(Outline(), sdfg, "not parallel")


def test_what_is_written_may_not_be_viewed(refuse) -> None:
    sdfg = dace.SDFG("viewed")
    for name in "xy":
        sdfg.add_array(name, [8], dace.float64)
    sdfg.add_view("v", [8], dace.float64)
    state = sdfg.add_state()
    view = state.add_access("v")
    view.add_out_connector("views")
    state.add_mapped_tasklet(
        "double",
        {"i": "0:8"},
        {"a": dace.Memlet("x[i]")},
        "b = 2 * a",
        {"b": dace.Memlet("v[i]")},
        external_edges=True,
        output_nodes={"v": view},
    )
    state.add_edge(view, "views", state.add_access("y"), None, dace.Memlet("y[0:8]"))
    sdfg.validate()
    refuse(Outline(), sdfg, "neither an array nor a scalar")
