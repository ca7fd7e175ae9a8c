"""From programs to normal forms, and what these compute."""

import math

import dace
import numpy as np

from dace_transfer.transformations.normalization import normalize

N = dace.symbol("N")


@dace.program
def rounded_down(a: dace.float64[N], b: dace.float64[N], x: dace.float64):
    s = math.floor(x)
    if s > 2:
        for i in range(N):
            if a[i] > 0.5:
                break
            b[i] = a[i] * s


def test_values_that_decide_what_is_executed_stay_what_they_are():
    a, b = np.array([0.25, 0.5, 0.75, 0.25]), np.zeros(4)
    normalize(rounded_down.to_sdfg(simplify=True))(a=a, b=b, x=3.75, N=4)
    np.testing.assert_array_equal(b, [0.75, 1.5, 0.0, 0.0])


@dace.program
def chosen(a: dace.float64[N], start: dace.int64[N], b: dace.float64[N]):
    for k in range(N):
        i0 = start[k]
        while i0 < N and a[i0] < 0.5:
            i0 = i0 + 1
        b[k] = i0


def test_names_of_normal_forms_are_not_those_that_blocks_left_as_they_are_assign():
    a, start, b = np.array([0.25, 0.75, 0.25, 0.25]), np.array([0, 1, 2, 0]), np.zeros(4)
    normalize(chosen.to_sdfg(simplify=True))(a=a, start=start, b=b, N=4)
    np.testing.assert_array_equal(b, [1, 1, 4, 1])
