"""Parts of a loop scatter into copies of their own, which are added up; the code has no atomics."""

import dace
import numpy as np
import pytest

from dace_transfer.transformations import apply as apply_recipe
from dace_transfer.transformations import fill_defaults, load_library
from dace_transfer.transformations.normalization import normalize
from dace_transfer.transformations.steps.private_copies import PrivateCopies

N, M = dace.symbol("N"), dace.symbol("M")
ADD, LARGEST, SMALLEST = "lambda a, b: a + b", "lambda a, b: max(a, b)", "lambda a, b: min(a, b)"


@dace.program
def histograms(x: dace.int32[N], w: dace.float64[N], count: dace.int64[M], total: dace.float64[2, M]):
    for i in dace.map[0:N]:
        count[x[i]] += 1
        total[x[i] % 2, x[i]] += w[i]


@dace.program
def by_row(x: dace.int32[N], w: dace.float64[N], total: dace.float64[N, M]):
    for i in dace.map[0:N]:
        total[i, x[i]] += w[i]


def scatter(wcr: str | None, dtype: dace.typeclass, size: object = M, index: str | None = None) -> dace.SDFG:
    """Fold `w[i]` into `y[x[i]]` by a tasklet, over every third i."""
    sdfg = dace.SDFG("scatter")
    sdfg.add_array("x", [N], dace.int32)
    sdfg.add_array("w", [N], dtype)
    sdfg.add_array("y", [size], dtype)
    state = sdfg.add_state()
    target = dace.Memlet(data="y", subset=index or f"0:{size}", wcr=wcr, dynamic=index is None)
    code = "o = v" if index else "o[k] = v"
    inputs = {"k": dace.Memlet("x[i]"), "v": dace.Memlet("w[i]")}
    state.add_mapped_tasklet("scatter", {"i": "1:N:3"}, inputs, code, {"o": target}, external_edges=True)
    return sdfg


@pytest.mark.parametrize(
    ("wcr", "dtype", "fold"),
    [(ADD, dace.float64, np.add), (LARGEST, dace.int32, np.maximum), (SMALLEST, dace.float32, np.minimum)],
)
def test_tasklets_fold_into_copies(apply, run, wcr, dtype, fold) -> None:
    sdfg = scatter(wcr, dtype)
    assert apply(PrivateCopies(copies=4), sdfg).count == 1
    assert "atomic" not in sdfg.generate_code()[0].clean_code
    sdfg.name = f"scatter_{fold.__name__}"
    compiled = sdfg.compile()
    for n in (1, 8, 1000):  # No iteration, less than there are copies, and a number they do not divide.
        rng = np.random.default_rng(n)
        x, w = rng.integers(7, size=n, dtype=np.int32), (100 * rng.random(n) - 50).astype(dtype.type)
        y = (20 * rng.random(7) - 10).astype(dtype.type)
        want = y.copy()
        fold.at(want, x[1::3], w[1::3])
        compiled(x=x, w=w, y=y, N=n, M=7)
        np.testing.assert_allclose(y, want, rtol=1e-6)


def test_a_nested_program_has_several_targets(apply, run) -> None:
    sdfg = histograms.to_sdfg(simplify=True)
    done = apply(PrivateCopies(), sdfg)
    assert [len(handle.node.map.params) for handle in done.yields] == [1]
    assert "atomic" not in sdfg.generate_code()[0].clean_code
    rng = np.random.default_rng(0)
    x, w = rng.integers(9, size=501, dtype=np.int32), rng.random(501)
    count, total = np.arange(9), np.ones((2, 9))
    want = total.copy()
    np.add.at(want, (x % 2, x), w)
    run(sdfg, x=x, w=w, count=count, total=total, N=501, M=9)
    np.testing.assert_array_equal(count, np.arange(9) + np.bincount(x, minlength=9))
    np.testing.assert_allclose(total, want)


def test_refuses_untouched(refuse) -> None:
    refuse(PrivateCopies(), scatter(None, dace.float64), "folds nothing")
    refuse(PrivateCopies(), scatter(ADD, dace.float64, index="i"), "folds nothing")
    refuse(PrivateCopies(), by_row.to_sdfg(simplify=True), "folds nothing")
    refuse(PrivateCopies(), scatter("lambda a, b: a - b", dace.float64), "neutral element")
    refuse(PrivateCopies(), scatter(ADD, dace.float64, size=N), "more elements than")
    refuse(PrivateCopies(copies=1), scatter(ADD, dace.float64), "at least 2")
    read = scatter(ADD, dace.float64)
    state = read.start_state
    (entry,) = (node for node in state.nodes() if isinstance(node, dace.nodes.MapEntry))
    (tasklet,) = (node for node in state.nodes() if isinstance(node, dace.nodes.Tasklet))
    tasklet.add_in_connector("u")
    state.add_memlet_path(state.add_read("y"), entry, tasklet, dst_conn="u", memlet=dace.Memlet("y[0]"))
    refuse(PrivateCopies(), read, "folds nothing")
    entry.map.schedule = dace.ScheduleType.Sequential
    refuse(PrivateCopies(), read, "not parallel")


@dace.program
def weighted_mean(x: dace.float64[N], w: dace.float64[N], mean: dace.float64[M]):
    first, second = np.empty((M + 1,), np.float64), np.empty((M + 1,), np.float64)
    count, total = np.zeros((M,), np.int64), np.zeros((M,), np.float64)
    first[0] = np.min(x)
    first[M] = np.max(x)
    for i in dace.map[0:N]:
        count[min(dace.int64(M * (x[i] - first[0]) / (first[M] - first[0])), M - 1)] += 1
    second[0] = np.min(x)
    second[M] = np.max(x)
    for i in dace.map[0:N]:
        total[min(dace.int64(M * (x[i] - second[0]) / (second[M] - second[0])), M - 1)] += w[i]
    mean[:] = total / count


def test_the_recipe_merges_what_equal_cells_are_found_with(run) -> None:
    normal = normalize(weighted_mean.to_sdfg(simplify=True))
    sdfg = apply_recipe(fill_defaults(load_library()["private-copies"]), normal).sdfg
    assert {"first", "second"} <= set(normal.arrays) and not {"first", "second"} <= set(sdfg.arrays)
    nested = [(node, state) for node, state in sdfg.all_nodes_recursive() if type(node) is dace.nodes.NestedSDFG]
    assert len(nested) == 2 and len({state.entry_node(node) for node, state in nested}) == 1
    rng = np.random.default_rng(0)
    x, w, mean = rng.random(300), rng.random(300), np.zeros(5)
    run(sdfg, x=x, w=w, mean=mean, N=300, M=5)
    cell = np.minimum((5 * (x - x.min()) / (x.max() - x.min())).astype(int), 4)
    np.testing.assert_allclose(mean, np.bincount(cell, w) / np.bincount(cell))
