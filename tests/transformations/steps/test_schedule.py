"""Schedules set the properties that code generation reads, and refuse what OpenMP cannot do."""

from __future__ import annotations

from pathlib import Path

import dace
import numpy as np
import pytest

from dace_transfer.errors import NotApplicableError
from dace_transfer.toolchain import activate
from dace_transfer.transformations.resolve import resolve
from dace_transfer.transformations.roles import parse_role
from dace_transfer.transformations.steps.schedule import Schedule

N = dace.symbol("N")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    activate()
    monkeypatch.chdir(tmp_path)


def build(last: str = "0:N") -> dace.SDFG:
    """B = A + 1 by a map over i, j with a map over k inside."""
    sdfg = dace.SDFG("increment")
    sdfg.add_array("A", [N, N, 4], dace.float64)
    sdfg.add_array("B", [N, N, 4], dace.float64)
    state = sdfg.add_state()
    outer, outer_exit = state.add_map("outer", {"i": "0:N", "j": last})
    inner, inner_exit = state.add_map("inner", {"k": "0:4"})
    tasklet = state.add_tasklet("add", {"a": None}, {"b": None}, "b = a + 1")
    state.add_memlet_path(state.add_read("A"), outer, inner, tasklet, dst_conn="a", memlet=dace.Memlet("A[i, j, k]"))
    state.add_memlet_path(
        tasklet, inner_exit, outer_exit, state.add_write("B"), src_conn="b", memlet=dace.Memlet("B[i, j, k]")
    )
    return sdfg


def apply(sdfg: dace.SDFG, step: Schedule) -> str:
    step.apply(sdfg, resolve(parse_role(step.target), sdfg, {}))
    return str(sdfg.generate_code()[0].clean_code)


def test_parallel_says_so_to_openmp() -> None:
    sdfg = build()
    code = apply(sdfg, Schedule(threads=2, omp_schedule="dynamic", chunk=3, collapse=2))
    assert "#pragma omp parallel for schedule(dynamic, 3) num_threads(2) collapse(2)" in code
    table = np.random.default_rng(0).random((7, 7, 4))
    result = np.zeros_like(table)
    sdfg(A=table, B=result, N=7)
    np.testing.assert_array_equal(result, table + 1)


def test_sequential_undoes_it() -> None:
    sdfg = build()
    apply(sdfg, Schedule(threads=2, omp_schedule="dynamic", chunk=3, collapse=2))
    assert "#pragma omp" not in apply(sdfg, Schedule(target="all_maps", kind="sequential"))


def test_inner_map_can_be_the_parallel_one() -> None:
    sdfg = build()
    apply(sdfg, Schedule(kind="sequential"))
    assert apply(sdfg, Schedule(target="inner_maps")).count("#pragma omp parallel for") == 1


@pytest.mark.parametrize(
    ("step", "last", "reason"),
    [
        (Schedule(collapse=3), "0:N", "cannot be collapsed"),
        (Schedule(collapse=2), "i:N", "bound one another"),
        (Schedule(chunk=4), "0:N", "omp_schedule"),
        (Schedule(target="inner_maps"), "0:N", "inside a parallel map"),
        (Schedule(target="accesses"), "0:N", "matches no node"),
    ],
)
def test_refuses_untouched(step: Schedule, last: str, reason: str) -> None:
    sdfg = build(last)
    before = sdfg.hash_sdfg()
    with pytest.raises(NotApplicableError, match=reason):
        step.apply(sdfg, resolve(parse_role(step.target), sdfg, {}))
    assert sdfg.hash_sdfg() == before
