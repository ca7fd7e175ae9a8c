import dace
import numpy as np
import pytest

from dace_transfer.verify.work import largest_work

N, M, K = (dace.symbol(name) for name in "NMK")
SIZES = {"N": 6, "M": 5, "K": 7}


@dace.program
def product_in_loops(a: dace.float64[N, K], b: dace.float64[K, M], c: dace.float64[N, M]):
    for i in range(N):
        for j in range(M):
            for k in range(K):
                c[i, j] += a[i, k] * b[k, j]


@dace.program
def product_in_a_library(a: dace.float64[N, K], b: dace.float64[K, M], c: dace.float64[N, M]):
    c[:] = a @ b


@dace.program
def product_with_vector(a: dace.float64[N, K], x: dace.float64[K], y: dace.float64[N]):
    y[:] = a @ x


@dace.program
def total(a: dace.float64[N, K], y: dace.float64[1]):
    y[0] = np.sum(a)


@dace.program
def slices_in_loops(a: dace.float64[N, K], y: dace.float64[N]):
    for i in range(N):
        for j in range(i, N):
            y[j] = np.sum(a[i] * a[j])


@dace.program
def backwards_under_a_condition(x: dace.float64[N], flag: dace.int64):
    if flag > 0:
        for _step in range(M):
            for i in range(N - 2, -1, -2):
                x[i] = x[i + 1] + x[i]


@pytest.mark.parametrize(
    ("program", "work"),
    [
        (product_in_loops, 6 * 5 * 7),
        (product_in_a_library, 6 * 5 * 7),
        (product_with_vector, 6 * 7),
        (total, 6 * 7),
        (slices_in_loops, 6 * 6 * 7),
        (backwards_under_a_condition, 5 * 3),
    ],
)
def test_work_is_the_same_however_a_computation_is_written(program, work):
    assert largest_work(program.to_sdfg(simplify=True), SIZES) == pytest.approx(work)


@dace.program
def until(x: dace.float64[N], stop: dace.int64[1]):
    while x[0] < stop[0]:
        for i in dace.map[0:N]:
            x[i] = x[i] + 1.0


def test_a_loop_whose_length_nobody_knows_counts_once():
    assert largest_work(until.to_sdfg(simplify=True), SIZES) == 6
