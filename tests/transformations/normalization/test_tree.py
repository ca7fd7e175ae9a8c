"""The form that normalisation works in: text, execution, renaming."""

import numpy as np

from dace_transfer.transformations.normalization.affine import affine
from dace_transfer.transformations.normalization.tree import Names, variables, with_own_variables

MATVEC = """
for i in parallel(0, N):
    y[i] = 0.5 * y[i] + sum(A[i, k] * x[k] for k in range(0, K))
"""
CONTAINERS = {"A": ("N", "K"), "x": ("K",), "y": ("N",)}


def test_a_computation_prints_as_it_is_written(read):
    assert str(read(MATVEC, CONTAINERS)) == (
        "parallel for i in range(0, N):\n    y[i] = ((0.5 * y[i]) + sum((A[i, k] * x[k]) for k in range(0, K)))"
    )


def test_execution_is_what_numpy_computes(read, execute):
    rng = np.random.default_rng(0)
    arguments = {"A": rng.random((3, 4)), "x": rng.random(4), "y": rng.random(3)}
    result = execute(read(MATVEC, CONTAINERS), {"N": 3, "K": 4}, arguments)
    np.testing.assert_allclose(result["y"], 0.5 * arguments["y"] + arguments["A"] @ arguments["x"])


def test_a_copy_has_variables_of_its_own(read, same):
    computation = read(MATVEC, CONTAINERS)
    copied = with_own_variables(computation.body[0], Names(computation))
    assert variables([copied]).isdisjoint(variables(computation.body))
    same(computation, type(computation)(computation.origin, computation.containers, (copied,)), {"N": 3, "K": 4})


def test_affine_expressions_combine_and_substitute():
    assert str(affine("2*i + N - i + 3")) == "N + i + 3"
    assert str(affine("2*i - N").substitute({"i": affine("j + 1"), "N": affine("M")})) == "-M + 2*j + 2"
    half = affine("int_floor(N, 2) + i")
    assert half.is_affine_in(["i"]) and not half.is_affine_in(["N"])
    assert str(half.substitute({"N": affine("8")})) == "i + 4"
