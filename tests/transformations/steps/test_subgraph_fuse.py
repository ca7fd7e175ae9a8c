"""Maps that work on the same rows share the loop over rows, and only those do."""

from __future__ import annotations

import contextlib

import dace
import numpy as np
import pytest

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.steps.drop_views import DropViews
from dace_transfer.transformations.steps.expand_reduction import ExpandReduction
from dace_transfer.transformations.steps.subgraph_fuse import SubgraphFuse

B, H, N, M = (dace.symbol(name) for name in "BHNM")


@dace.program
def softmax(A: dace.float64[B, H, N, M], C: dace.float64[B, H, N, M]):
    shifted = np.exp(A - np.maximum.reduce(A, axis=-1, keepdims=True))
    C[:] = shifted / np.add.reduce(shifted, axis=-1, keepdims=True)


@dace.program
def layer_norm(A: dace.float64[N, M], g: dace.float64[M], C: dace.float64[N, M]):
    centred = A - np.add.reduce(A, axis=-1, keepdims=True) / M
    variance = np.add.reduce(centred * centred, axis=-1, keepdims=True) / M
    C[:] = centred / np.sqrt(variance + 1e-5) * g


@dace.program
def columns(A: dace.float64[N, M], C: dace.float64[N, M]):
    C[:] = A / np.add.reduce(A, axis=0)


@dace.program
def normalised_to_one(A: dace.float64[N], C: dace.float64[N]):
    C[:] = A / np.add.reduce(A)


@dace.program
def smoothed(A: dace.float64[N], C: dace.float64[N]):
    t = A * 2
    C[1 : N - 1] = t[0 : N - 2] + t[2:N]


@dace.program
def rows_of_neighbours(A: dace.float64[N, M], C: dace.float64[N, M]):
    t = A * 2
    C[:, 1 : M - 1] = t[:, 0 : M - 2] + t[:, 2:M]


@dace.program
def result_and_use(A: dace.float64[N, M], C: dace.float64[N, M], s: dace.float64[N]):
    s[:] = np.add.reduce(A, axis=1)
    C[:] = A + np.reshape(s, (N, 1))


@dace.program
def two_readers(A: dace.float64[N, M], C: dace.float64[N, M], total: dace.float64[1]):
    t = A * 2
    for i, j in dace.map[0:N, 0:M]:
        C[i, j] = t[i, M - 1 - j]
    total[0] = t[0, 0]


@dace.program
def in_place(A: dace.float64[N, M], s: dace.float64[N]):
    for i, j in dace.map[0:N, 0:M]:
        A[i, j] = A[i, j] * 2
    s[:] = np.add.reduce(A, axis=1)


@dace.program
def picks(A: dace.float64[N, M], k: dace.int32[N], C: dace.float64[N]):
    t = A * 2
    for i in dace.map[0:N]:
        C[i] = t[i, k[i]]


def prepared(program, apply):
    sdfg = program.to_sdfg(simplify=True)
    for step in (DropViews(), ExpandReduction()):
        with contextlib.suppress(NotApplicableError):
            apply(step, sdfg)
    return sdfg


def outer_loops(sdfg):
    maps = [(state, n) for state in sdfg.states() for n in state.nodes() if isinstance(n, dace.nodes.MapEntry)]
    return [len(entry.map.params) for state, entry in maps if state.entry_node(entry) is None]


def test_softmax_of_higher_rank(apply, run) -> None:
    sdfg = prepared(softmax, apply)
    (shared,) = apply(SubgraphFuse(), sdfg).yields
    assert outer_loops(sdfg) == [3] and len(shared.node.map.params) == 3
    a, c = np.random.rand(2, 3, 5, 13), np.zeros((2, 3, 5, 13))
    run(sdfg, A=a, C=c, B=2, H=3, N=5, M=13)
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    np.testing.assert_allclose(c, e / e.sum(axis=-1, keepdims=True))


def test_reductions_in_lanes_are_fused_as_well(apply) -> None:
    """They read a row in two parts, of which only their sum is the row."""
    sdfg = softmax.to_sdfg(simplify=True)
    for step in (DropViews(), ExpandReduction(lanes=8), SubgraphFuse()):
        apply(step, sdfg)
    assert outer_loops(sdfg) == [3]


def test_softmax_needs_no_memory_for_more_than_a_row(apply) -> None:
    sdfg = prepared(softmax, apply)
    apply(SubgraphFuse(), sdfg)
    assert all(str(desc.total_size) in ("1", "M") for desc in sdfg.arrays.values() if desc.transient)


def test_layer_norm(apply, run) -> None:
    sdfg = prepared(layer_norm, apply)
    apply(SubgraphFuse(), sdfg)
    assert outer_loops(sdfg) == [1]
    a, g, c = np.random.rand(7, 13), np.random.rand(13), np.zeros((7, 13))
    run(sdfg, A=a, g=g, C=c, N=7, M=13)
    centred = a - a.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(c, centred / np.sqrt(centred.var(axis=1, keepdims=True) + 1e-5) * g)


def test_shares_a_loop_that_is_not_the_first(apply, run) -> None:
    sdfg = prepared(columns, apply)
    apply(SubgraphFuse(), sdfg)
    assert outer_loops(sdfg) == [1]
    a, c = np.random.rand(7, 13), np.zeros((7, 13))
    run(sdfg, A=a, C=c, N=7, M=13)
    np.testing.assert_allclose(c, a / a.sum(axis=0))


def test_shares_only_loops_that_neighbours_do_not_cross(apply, run) -> None:
    sdfg = rows_of_neighbours.to_sdfg(simplify=True)
    apply(SubgraphFuse(), sdfg)
    assert outer_loops(sdfg) == [1]
    a, c = np.random.rand(7, 13), np.zeros((7, 13))
    run(sdfg, A=a, C=c, N=7, M=13)
    np.testing.assert_allclose(c[:, 1:-1], 2 * a[:, :-2] + 2 * a[:, 2:])


@pytest.mark.parametrize("program", [smoothed, normalised_to_one])
def test_refuses_without_a_loop_to_share(apply, refuse, program) -> None:
    refuse(SubgraphFuse(), prepared(program, apply), "No two of the maps")


def test_refuses_fewer_loops_than_asked_for(apply, refuse) -> None:
    refuse(SubgraphFuse(min_axes=2), prepared(layer_norm, apply), "No two of the maps")


def test_keeps_what_is_needed_afterwards(apply, run) -> None:
    sdfg = prepared(result_and_use, apply)
    apply(SubgraphFuse(), sdfg)
    a, c, s = np.random.rand(7, 13), np.zeros((7, 13)), np.zeros(7)
    run(sdfg, A=a, C=c, s=s, N=7, M=13)
    np.testing.assert_allclose(s, a.sum(axis=1))
    np.testing.assert_allclose(c, a + s[:, None])


def test_keeps_what_others_read(apply, run) -> None:
    sdfg = two_readers.to_sdfg(simplify=True)
    apply(SubgraphFuse(target="all_maps"), sdfg)
    assert outer_loops(sdfg) == [1]
    a, c, total = np.random.rand(7, 13), np.zeros((7, 13)), np.zeros(1)
    run(sdfg, A=a, C=c, total=total, N=7, M=13)
    np.testing.assert_allclose(c, 2 * a[:, ::-1])
    assert total[0] == 2 * a[0, 0]


def test_an_update_in_place_stays_in_order(apply, run) -> None:
    sdfg = prepared(in_place, apply)
    apply(SubgraphFuse(), sdfg)
    assert outer_loops(sdfg) == [1]
    a, s = np.random.rand(7, 13), np.zeros(7)
    want = 2 * a
    run(sdfg, A=a, s=s, N=7, M=13)
    np.testing.assert_allclose(a, want)
    np.testing.assert_allclose(s, want.sum(axis=1))


def test_leaves_whole_what_a_nested_sdfg_describes(apply, run) -> None:
    sdfg = picks.to_sdfg(simplify=True)
    apply(SubgraphFuse(), sdfg)
    assert outer_loops(sdfg) == [1]
    a, k, c = np.random.rand(7, 13), np.arange(7, dtype=np.int32), np.zeros(7)
    run(sdfg, A=a, k=k, C=c, N=7, M=13)
    np.testing.assert_allclose(c, 2 * a[np.arange(7), k])


def two_maps(first_write: str, second_read: str, wcr: str | None = None) -> dace.SDFG:
    """map i, j: T[first_write] = A[i, j]; then map p, q: C[p, q] = T[second_read]."""
    sdfg = dace.SDFG("pair")
    for name in "AC":
        sdfg.add_array(name, [N, M], dace.float64)
    sdfg.add_transient("T", [N, M], dace.float64)
    state = sdfg.add_state()
    middle = state.add_access("T")
    state.add_mapped_tasklet(
        "first",
        {"i": "0:N", "j": "0:M"},
        {"x": dace.Memlet("A[i, j]")},
        "y = x",
        {"y": dace.Memlet(f"T[{first_write}]", wcr=wcr)},
        output_nodes={"T": middle},
        external_edges=True,
    )
    state.add_mapped_tasklet(
        "second",
        {"p": "0:N", "q": "0:M"},
        {"x": dace.Memlet(f"T[{second_read}]")},
        "y = x",
        {"y": dace.Memlet("C[p, q]")},
        input_nodes={"T": middle},
        external_edges=True,
    )
    sdfg.validate()
    return sdfg


@pytest.mark.parametrize(
    ("write", "read", "wcr", "shared"),
    [
        ("i, j", "p, q", None, 2),
        ("i, j", "p, M - 1 - q", None, 1),
        ("i, j", "N - 1 - p, q", None, 1),
        ("i, j", "N - 1 - p, M - 1 - q", None, 0),
        ("i, j", "p, q", "lambda a, b: a + b", 0),  # Who adds needs what was there.
        ("i, 0", "p, q", None, 0),  # The rest of a row was there before.
    ],
)
def test_shares_exactly_the_loops_that_are_told_apart(apply, refuse, write, read, wcr, shared) -> None:
    sdfg = two_maps(write, read, wcr)
    if shared == 0:
        refuse(SubgraphFuse(), sdfg, "No two of the maps")
    else:
        apply(SubgraphFuse(), sdfg)
        assert outer_loops(sdfg) == [shared]
