"""The walk knows how every loop moves every access, through nested programs too."""

from __future__ import annotations

import dace
import numpy as np

from dace_transfer.embeddings.walk import Access, Work, walk

N, M, K = (dace.symbol(name) for name in ("N", "M", "K"))
SIZES = {"N": 10, "M": 20, "K": 30}


@dace.program
def blocks(a: dace.float64[N, M], b: dace.float64[M]):
    for i in dace.map[0:N]:
        for j in range(M):
            a[i, j] = a[i, j] + b[j]


@dace.program
def every_other(a: dace.float64[N, M]):
    for i, j in dace.map[0:N:2, 0:M]:
        a[i, j] = a[i, M - 1 - j] * (j % 2)


@dace.program
def columns(a: dace.float64[K, N, M], b: dace.float64[K, M]):
    b[:] = np.sum(a, axis=1)


@dace.program
def accumulated(a: dace.float64[N, M], b: dace.float64[M]):
    for i, j in dace.map[0:N, 0:M]:
        b[j] += a[i, j]


def works(program: object) -> list[Work]:
    return list(walk(program.to_sdfg(simplify=True), SIZES))  # type: ignore[attr-defined]


def accesses(found: list[Work], *, write: bool) -> list[Access]:
    return [access for work in found for access in work.accesses if access.write is write and access.container.array]


def test_outer_loops_move_what_inner_programs_access() -> None:
    found = works(blocks)
    writes = accesses(found, write=True)
    assert {access.strides for access in writes if len(access.strides) == 2} == {(20, 1)}
    assert len({access.container for access in accesses(found, write=False)}) == 2
    assert all(loop.trips in (10, 20) for work in found for loop in work.loops)


def test_steps_count_and_remainders_have_no_endless_derivative() -> None:
    found = [work for work in works(every_other) if work.loops]
    assert all([loop.trips for loop in work.loops] == [5, 20] for work in found)
    assert {access.strides for access in accesses(found, write=True)} == {(40, 1)}
    assert {access.strides for access in accesses(found, write=False)} == {(40, -1)}


def test_a_reduction_is_the_loops_it_is() -> None:
    (work,) = [work for work in works(columns) if work.kind == "Reduce"]
    assert [(loop.trips, loop.parallel) for loop in work.loops] == [(30, True), (20, True), (10, False)]
    (read,), (written,) = (accesses([work], write=write) for write in (False, True))
    assert read.strides == (200, 1, 20)
    assert (written.strides, written.resolution) == ((20, 1, 0), "Sum")


def test_conflicts_are_told_by_what_resolves_them() -> None:
    assert {access.resolution for access in accesses(works(accumulated), write=True)} == {"Sum"}
