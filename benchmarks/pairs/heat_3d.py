"""Explicit heat equation in three dimensions, back and forth between two arrays."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.pairs.forms import three_forms
from benchmarks.programs.base import Arguments, Sizes

N, TSTEPS = (dace.symbol(name) for name in ("N", "TSTEPS"))


@dace.program
def a(A: dace.float64[N, N, N], B: dace.float64[N, N, N]) -> None:
    for _ in range(TSTEPS):
        for i in range(1, N - 1):
            for j in range(1, N - 1):
                for k in range(1, N - 1):
                    B[i, j, k] = (
                        0.125 * (A[i + 1, j, k] - 2.0 * A[i, j, k] + A[i - 1, j, k])
                        + 0.125 * (A[i, j + 1, k] - 2.0 * A[i, j, k] + A[i, j - 1, k])
                        + 0.125 * (A[i, j, k + 1] - 2.0 * A[i, j, k] + A[i, j, k - 1])
                        + A[i, j, k]
                    )
        for i in range(1, N - 1):
            for j in range(1, N - 1):
                for k in range(1, N - 1):
                    A[i, j, k] = (
                        0.125 * (B[i + 1, j, k] - 2.0 * B[i, j, k] + B[i - 1, j, k])
                        + 0.125 * (B[i, j + 1, k] - 2.0 * B[i, j, k] + B[i, j - 1, k])
                        + 0.125 * (B[i, j, k + 1] - 2.0 * B[i, j, k] + B[i, j, k - 1])
                        + B[i, j, k]
                    )


@dace.program
def b(A: dace.float64[N, N, N], B: dace.float64[N, N, N]) -> None:
    depth = np.empty((N, N, N), dtype=np.float64)
    for _ in range(TSTEPS):
        for z in range(1, N - 1):
            for x in range(1, N - 1):
                for y in range(1, N - 1):
                    height = 0.125 * (A[x, y - 1, z] - 2.0 * A[x, y, z] + A[x, y + 1, z])
                    width = 0.125 * (A[x - 1, y, z] - 2.0 * A[x, y, z] + A[x + 1, y, z])
                    length = 0.125 * (A[x, y, z - 1] - 2.0 * A[x, y, z] + A[x, y, z + 1])
                    B[x, y, z] = A[x, y, z] + width + height + length
        for y in range(N - 2):
            for x in range(N - 2):
                for z in range(N - 2):
                    depth[x + 1, y + 1, z + 1] = 0.125 * (
                        B[x + 1, y + 1, z] - 2.0 * B[x + 1, y + 1, z + 1] + B[x + 1, y + 1, z + 2]
                    )
        for x in range(1, N - 1):
            for z in range(1, N - 1):
                for y in range(1, N - 1):
                    width = 0.125 * (B[x - 1, y, z] - 2.0 * B[x, y, z] + B[x + 1, y, z])
                    height = 0.125 * (B[x, y - 1, z] - 2.0 * B[x, y, z] + B[x, y + 1, z])
                    A[x, y, z] = depth[x, y, z] + height + width + B[x, y, z]


@dace.program
def c(A: dace.float64[N, N, N], B: dace.float64[N, N, N]) -> None:
    for _ in range(TSTEPS):
        B[1:-1, 1:-1, 1:-1] = (
            0.125 * (A[2:, 1:-1, 1:-1] - 2.0 * A[1:-1, 1:-1, 1:-1] + A[:-2, 1:-1, 1:-1])
            + 0.125 * (A[1:-1, 2:, 1:-1] - 2.0 * A[1:-1, 1:-1, 1:-1] + A[1:-1, :-2, 1:-1])
            + 0.125 * (A[1:-1, 1:-1, 2:] - 2.0 * A[1:-1, 1:-1, 1:-1] + A[1:-1, 1:-1, :-2])
            + A[1:-1, 1:-1, 1:-1]
        )
        A[1:-1, 1:-1, 1:-1] = (
            0.125 * (B[2:, 1:-1, 1:-1] - 2.0 * B[1:-1, 1:-1, 1:-1] + B[:-2, 1:-1, 1:-1])
            + 0.125 * (B[1:-1, 2:, 1:-1] - 2.0 * B[1:-1, 1:-1, 1:-1] + B[1:-1, :-2, 1:-1])
            + 0.125 * (B[1:-1, 1:-1, 2:] - 2.0 * B[1:-1, 1:-1, 1:-1] + B[1:-1, 1:-1, :-2])
            + B[1:-1, 1:-1, 1:-1]
        )


def reference(A: np.ndarray, B: np.ndarray, TSTEPS: int) -> None:
    inner = (slice(1, -1),) * 3
    for step in range(2 * TSTEPS):
        old, new = (B, A) if step % 2 else (A, B)
        change = np.zeros_like(old[inner])
        for axis in range(3):
            second = np.diff(old, n=2, axis=axis)
            change += second[tuple(slice(None) if a == axis else cut for a, cut in enumerate(inner))]
        new[inner] = old[inner] + 0.125 * change


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    n = sizes["N"]
    return {"A": rng.random((n, n, n)), "B": rng.random((n, n, n)), "TSTEPS": sizes["TSTEPS"]}


KERNEL = three_forms(
    "heat-3d",
    "seven-point stencil in a time loop",
    (a, b, c),
    sizes={"S": {"N": 14, "TSTEPS": 4}, "M": {"N": 100, "TSTEPS": 20}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("A", "B"),
)
