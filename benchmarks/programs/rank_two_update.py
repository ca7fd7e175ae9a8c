"""A rank-two update of a matrix, then products with it and its transpose."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.programs.base import Arguments, Program, Sizes

N = dace.symbol("N")


@dace.program
def rank_two_update(
    alpha: dace.float64,
    matrix: dace.float64[N, N],
    u1: dace.float64[N],
    v1: dace.float64[N],
    u2: dace.float64[N],
    v2: dace.float64[N],
    y: dace.float64[N],
    z: dace.float64[N],
    x: dace.float64[N],
    w: dace.float64[N],
) -> None:
    matrix += np.multiply.outer(u1, v1) + np.multiply.outer(u2, v2)
    x += alpha * (y @ matrix) + z
    w += alpha * (matrix @ x)


def reference(
    alpha: float,
    matrix: np.ndarray,
    u1: np.ndarray,
    v1: np.ndarray,
    u2: np.ndarray,
    v2: np.ndarray,
    y: np.ndarray,
    z: np.ndarray,
    x: np.ndarray,
    w: np.ndarray,
) -> None:
    matrix += np.multiply.outer(u1, v1) + np.multiply.outer(u2, v2)
    x += alpha * (y @ matrix) + z
    w += alpha * (matrix @ x)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    n = sizes["N"]
    vectors = {name: rng.random(n) for name in ("u1", "v1", "u2", "v2", "y", "z", "x", "w")}
    return {"alpha": 1.0 / n, "matrix": rng.random((n, n)), **vectors}


PROGRAM = Program(
    name="rank_two_update",
    family="matvec",
    program=rank_two_update,
    sizes={"S": {"N": 160}, "M": {"N": 2400}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("matrix", "x", "w"),
    description="rank-two matrix update followed by two matrix-vector products",
)
