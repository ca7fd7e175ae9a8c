"""Rows read once, as a step on programs and as the recipe that has it."""

import dace
import numpy as np
import pytest

from dace_transfer.transformations import apply as apply_recipe
from dace_transfer.transformations import fill_defaults, load_library
from dace_transfer.transformations.normalization import normalize
from dace_transfer.transformations.steps.one_pass import OnePass

N, M = dace.symbol("N"), dace.symbol("M")


@dace.program
def normal(a: dace.float32[N, M], x: dace.float32[M], y: dace.float32[M]):
    y[:] = (a @ x) @ a


@dace.program
def steps(a: dace.float64[N, M], u: dace.float64[N], x: dace.float64[M]):
    for _ in range(3):
        residual = a @ x - u
        x -= 0.01 * (residual @ a)
        a += 0.1


@dace.program
def both_along(a: dace.float64[N, M], b: dace.float64[N, M], x: dace.float64[M], y: dace.float64[N]):
    y[:] = a @ x + b @ x


@pytest.mark.parametrize("step", [OnePass(), OnePass(parts=3, rows=1), OnePass(parts=2, rows=8)])
def test_products_with_a_matrix_and_its_transpose(apply, run, step) -> None:
    sdfg = normalize(normal.to_sdfg(simplify=True))
    apply(step, sdfg)
    rng = np.random.default_rng(0)
    a, x, y = rng.random((21, 6), np.float32), rng.random(6, np.float32), np.zeros(6, np.float32)
    run(sdfg, a=a, x=x, y=y, N=21, M=6)
    np.testing.assert_allclose(y, (a @ x) @ a, rtol=1e-5)


def test_steps_of_a_loop_in_which_the_matrix_changes(run) -> None:
    sdfg = apply_recipe(fill_defaults(load_library()["one-pass"]), normalize(steps.to_sdfg(simplify=True))).sdfg
    rng = np.random.default_rng(0)
    a, u, x = rng.random((21, 6)), rng.random(21), rng.random(6)
    expected, changing = x.copy(), a.copy()
    for _ in range(3):
        expected -= 0.01 * ((changing @ expected - u) @ changing)
        changing += 0.1
    run(sdfg, a=a, u=u, x=x, N=21, M=6)
    np.testing.assert_allclose(x, expected)


def test_matrices_that_are_read_once_stay(refuse) -> None:
    refuse(OnePass(), normalize(both_along.to_sdfg(simplify=True)), "No rows are read for sums over them")
