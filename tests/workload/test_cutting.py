"""Cutting and putting back is exact, at every level."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import dace
import numpy as np
import pytest

from dace_transfer import toolchain
from dace_transfer.errors import WorkloadError
from dace_transfer.workload import Workload, assemble, cut, workload_of

R, J, K, N = (dace.symbol(name) for name in ("R", "J", "K", "N"))


@dace.program
def columns(a: dace.float64[R, J, K], b: dace.float64[R, J, K], out: dace.float64[R, J, K]):
    carried = np.zeros_like(a)
    carried[:, :, 0] = a[:, :, 0] / b[:, :, 0]
    for k in range(1, K):
        shifted = b[:, :, k] - carried[:, :, k - 1]
        carried[:, :, k] = a[:, :, k] / shifted
        if k > 3:
            carried[:, :, k] = carried[:, :, k] + 1.0
    total = np.sum(carried)
    out[:] = carried * total


@dace.program
def views(x: dace.float32[N, K], out: dace.float32[N, K]):
    peak = np.maximum.reduce(x, axis=-1, keepdims=True)
    shifted = np.exp(x - peak)
    out[:] = shifted / np.add.reduce(shifted, axis=-1, keepdims=True)


@dace.program
def carried_temporary(a: dace.float64[N], out: dace.float64[N]):
    memory = np.zeros_like(a)
    for _ in range(5):
        before = memory + 1.0
        memory[1:] = before[:-1] * a[1:]
    out[:] = memory


CASES = {
    "columns": (columns, {"R": 5, "J": 4, "K": 7}, {"a": (5, 4, 7), "b": (5, 4, 7), "out": (5, 4, 7)}),
    "views": (views, {"N": 6, "K": 9}, {"x": (6, 9), "out": (6, 9)}),
    "carried_temporary": (carried_temporary, {"N": 11}, {"a": (11,), "out": (11,)}),
}


def leaves(workload: Workload) -> Iterator[Workload]:
    sites = cut(workload).sites
    for site in sites:
        yield from leaves(site.workload)
    if not sites:
        yield workload


def rebuilt(workload: Workload) -> dace.SDFG:
    """The workload, cut all the way down and put together again."""
    pieces = cut(workload)
    return assemble(pieces.program, {site.label: rebuilt(site.workload) for site in pieces.sites})


def run(sdfg: dace.SDFG, name: str, folder: Path, shapes: dict[str, tuple[int, ...]], sizes: dict[str, int]):
    sdfg = copy.deepcopy(sdfg)
    sdfg.name = name
    sdfg.build_folder = str(folder / name)
    rng = np.random.default_rng(0)
    arrays = {n: (rng.random(s) + 3).astype(sdfg.arrays[n].dtype.as_numpy_dtype()) for n, s in shapes.items()}
    toolchain.activate()
    sdfg.compile()(**arrays, **sizes)
    return arrays


@pytest.mark.parametrize("name", CASES)
def test_cutting_down_and_putting_together_changes_nothing(name: str, tmp_path: Path) -> None:
    program, sizes, shapes = CASES[name]
    sdfg = program.to_sdfg(simplify=True)
    again = rebuilt(workload_of(sdfg, sizes))
    again.validate()
    expected = run(sdfg, f"{name}_whole", tmp_path, shapes, sizes)
    got = run(again, f"{name}_rebuilt", tmp_path, shapes, sizes)
    for array in shapes:
        np.testing.assert_allclose(got[array], expected[array], rtol=1e-6 if name == "views" else 1e-12)


def test_every_workload_stands_alone() -> None:
    for program, sizes, _ in CASES.values():
        for leaf in leaves(workload_of(program.to_sdfg(simplify=True), sizes)):
            leaf.sdfg.validate()
            assert leaf.sdfg.parent is None
            assert set(map(str, leaf.sdfg.free_symbols)) == leaf.sizes.keys()


def test_levels_and_loop_variables() -> None:
    root = cut(workload_of(columns.to_sdfg(simplify=True), {"R": 5, "J": 4, "K": 9}))
    kinds = [site.workload.kind for site in root.sites]
    assert kinds == ["state", "state", "region", "state"]
    inside = cut(root.sites[2].workload)
    assert [site.workload.kind for site in inside.sites] == ["state", "region"]
    assert inside.sites[0].workload.sizes["k"] == 4, "half way between 1 and 8"


def test_a_value_carried_from_one_iteration_to_the_next_is_an_argument() -> None:
    root = cut(workload_of(carried_temporary.to_sdfg(simplify=True), {"N": 11}))
    loop = next(site.workload for site in root.sites if site.workload.kind == "region")
    body = next(iter(leaves(loop)))
    assert any("memory" in name for name, d in body.sdfg.arrays.items() if not d.transient)


def test_cutting_leaves_the_workload_as_it_was() -> None:
    workload = workload_of(columns.to_sdfg(simplify=True), {"R": 5, "J": 4, "K": 7})
    before = workload.sdfg.to_json()
    cut(workload)
    assert workload.sdfg.to_json()["nodes"] == before["nodes"]


def test_a_piece_that_fits_nowhere_is_refused() -> None:
    pieces = cut(workload_of(columns.to_sdfg(simplify=True), {"R": 5, "J": 4, "K": 7}))
    with pytest.raises(WorkloadError, match="no site 'nowhere'"):
        assemble(pieces.program, {"nowhere": pieces.sites[0].workload.sdfg})
    with pytest.raises(WorkloadError, match="takes"):
        assemble(pieces.program, {pieces.sites[0].label: pieces.sites[1].workload.sdfg})


@dace.program
def sweeps(a: dace.float64[N], b: dace.float64[N], times: dace.int64):
    for t in range(times):
        a[:] = b * t + 1
        b[1:] = a[:-1] * 2


def test_loops_that_run_as_often_as_an_argument_says_are_cut() -> None:
    sdfg = sweeps.to_sdfg(simplify=True)
    sizes = [dict(site.workload.sizes) for site in cut(workload_of(sdfg, {"N": 9, "times": 7})).sites]
    assert {"N": 9, "t": 3} in sizes
    assert not cut(workload_of(sdfg, {"N": 9})).sites
