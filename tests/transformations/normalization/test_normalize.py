"""From programs to normal forms, and what these compute."""

import math

import dace
import numpy as np

from dace_transfer.transformations.normalization import normalize
from dace_transfer.transformations.normalization.raising import raise_sdfg
from dace_transfer.transformations.normalization.tree import Opaque, nodes
from dace_transfer.workload import workload_of

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


@dace.program
def repeated(a: dace.float64[N], total: dace.float64[1], powers: dace.float64[N], steps: dace.int64):
    for t in range(steps):
        for i in range(1, N - 1):
            powers[i] = a[i - 1] + a[i + 1]
        for i in range(1, N - 1):
            a[i] = 0.5 * powers[i]
        total[0] += t
    for i in range(N):
        for t in range(1, steps):
            powers[i] = powers[i] * a[i] + t
    for t in range(min(steps, N)):
        a[t] = 1.0


def expected_of_repeated(a, total, powers, steps):
    for t in range(steps):
        powers[1:-1] = a[:-2] + a[2:]
        a[1:-1] = 0.5 * powers[1:-1]
        total += t
    for t in range(1, steps):
        powers[:] = powers * a + t
    a[: min(steps, len(a))] = 1.0


def test_loops_may_be_bounded_by_arguments_that_are_never_written():
    normal = normalize(repeated.to_sdfg(simplify=True))
    computation = raise_sdfg(normal)
    assert not any(isinstance(node, Opaque) for node in nodes(computation.body))
    assert "for i in range(0, steps)" in str(computation).replace("parallel ", "")
    assert workload_of(normalize(normal), {"N": 9}).digest == workload_of(normal, {"N": 9}).digest
    compiled = normal.compile()
    for steps in (0, 1, 4):
        rng = np.random.default_rng(steps)
        found = rng.random(9), np.zeros(1), rng.random(9)
        wanted = tuple(array.copy() for array in found)
        compiled(a=found[0], total=found[1], powers=found[2], steps=steps, N=9)
        expected_of_repeated(*wanted, steps)
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, other)
