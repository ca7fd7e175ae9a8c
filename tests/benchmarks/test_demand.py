"""What programs have to do at least, counted by hand."""

import dace
import numpy as np
import pytest

from benchmarks.demand import Demand, Operations, demand_of
from dace_transfer.errors import DaceTransferError
from dace_transfer.transformations.normalization import normalize
from dace_transfer.transformations.normalization.normalize import rewrite
from dace_transfer.transformations.normalization.raising import raise_sdfg

N, T = dace.symbol("N"), dace.symbol("T")


@dace.program
def axpy(x: dace.float64[N], y: dace.float64[N]):
    y[:] = 2.0 * x + y


@dace.program
def product(a: dace.float32[N, N], b: dace.float32[N, N], c: dace.float32[N, N]):
    c[:] = a @ b


@dace.program
def steps(a: dace.float64[N], b: dace.float64[N]):
    for _t in range(T):
        b[1:-1] = a[:-2] + a[2:]
        a[1:-1] = b[:-2] + b[2:]


@dace.program
def stencil(a: dace.float64[N, N], b: dace.float64[N, N]):
    b[1:-1, 1:-1] = a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 1:-1] + a[1:-1, 2:]


@dace.program
def sweep(a: dace.float64[T, N], b: dace.float64[T, N]):
    for t in range(1, T):
        a[t] = a[t - 1] + b[t]


@dace.program
def sums(a: dace.float64[N, T], b: dace.float64[N, T]):
    for t in range(1, T):
        a[:, t] = a[:, t - 1] + b[:, t] * b[:, t - 1]


@dace.program
def gather(a: dace.float64[N], index: dace.int64[N], b: dace.float64[N]):
    for i in dace.map[0:N]:
        b[i] = a[index[i]]


@dace.program
def rates(a: dace.float64[N], b: dace.float64[N], c: dace.float64[N]):
    for i in dace.map[0:N]:
        c[i] = np.exp(a[i]) / b[i] + np.sqrt(a[i]) * (b[i] ** 2)


def demand(program, **sizes: int) -> Demand:
    return demand_of(rewrite(raise_sdfg(normalize(program.to_sdfg(simplify=True)))), sizes)


def test_every_argument_is_moved_once() -> None:
    found = demand(axpy, N=1000)
    assert (found.bytes, found.operations, found.footprint) == (3 * 8000, Operations(2000), 2 * 8000)
    assert not found.is_single


def test_products_are_operations_and_little_data() -> None:
    found = demand(product, N=100)
    assert (found.bytes, found.operations) == (3 * 40000, Operations(2e6))
    assert found.is_single


def test_divisions_and_functions_are_counted_apart() -> None:
    found = demand(rates, N=100).operations
    assert (found.divisions, found.functions) == (200, 100)
    assert 300 <= found.plain <= 400


def test_time_steps_move_everything_again() -> None:
    found = demand(steps, N=1002, T=10)
    assert found.bytes == pytest.approx(10 * 8 * (2 * 1000 + 2 * 1002), rel=0.01)


def test_neighbours_in_the_last_dimension_are_loads_of_their_own() -> None:
    assert demand(steps, N=1002, T=10).loaded == 10 * 8 * 2 * 3 * 1000
    assert demand(stencil, N=102).loaded == 8 * 100 * 100 * (3 + 1)


def test_what_stays_in_registers_is_not_loaded() -> None:
    assert demand(product, N=100).loaded == 40000
    assert demand(axpy, N=1000).loaded == 3 * 8000


def test_what_a_sequential_loop_has_just_written_is_not_loaded() -> None:
    assert demand(sums, N=10, T=101).loaded == 8 * 10 * 100 * 2


def test_sweeps_move_everything_once() -> None:
    found = demand(sweep, N=10, T=101)
    assert found.bytes == pytest.approx(8 * 10 * (101 + 100 + 100), rel=0.03)


def test_what_depends_on_contents_has_no_limit() -> None:
    with pytest.raises(DaceTransferError, match="contents of its arguments"):
        demand(gather, N=10)
