"""The covariance matrix of the columns of a table, which is centred in place."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.pairs.forms import three_forms
from benchmarks.programs.base import Arguments, Sizes

M, N = (dace.symbol(name) for name in ("M", "N"))


@dace.program
def a(float_n: dace.float64, data: dace.float64[N, M], cov: dace.float64[M, M]) -> None:
    mean = np.empty((M,), dtype=np.float64)
    for j in range(M):
        mean[j] = 0.0
        for i in range(N):
            mean[j] += data[i, j]
        mean[j] /= float_n
    for i in range(N):
        for j in range(M):
            data[i, j] -= mean[j]
    for i in range(M):
        for j in range(i, M):
            cov[i, j] = 0.0
            for k in range(N):
                cov[i, j] += data[k, i] * data[k, j]
            cov[i, j] /= float_n - 1.0
            cov[j, i] = cov[i, j]


@dace.program
def b(float_n: dace.float64, data: dace.float64[N, M], cov: dace.float64[M, M]) -> None:
    total = np.zeros((M,), dtype=np.float64)
    for sample in range(N):
        for feature in range(M):
            total[feature] += data[sample, feature]
    for feature in range(M):
        average = total[feature] / float_n
        for sample in range(N):
            data[sample, feature] = data[sample, feature] - average
    half = np.zeros((M, M), dtype=np.float64)
    for sample in range(N):
        for first in range(M):
            for second in range(first, M):
                half[first, second] += data[sample, first] * data[sample, second]
    for second in range(M):
        for first in range(second + 1):
            scaled = half[first, second] / (float_n - 1.0)
            cov[first, second] = scaled
            cov[second, first] = scaled


@dace.program
def c(float_n: dace.float64, data: dace.float64[N, M], cov: dace.float64[M, M]) -> None:
    data[:] = data - np.sum(data, axis=0) / float_n
    cov[:] = np.transpose(data) @ data / (float_n - 1.0)


def reference(float_n: float, data: np.ndarray, cov: np.ndarray) -> None:
    data -= data.mean(axis=0)
    cov[:] = np.cov(data, rowvar=False)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    m, n = sizes["M"], sizes["N"]
    return {"float_n": float(n), "data": rng.random((n, m)), "cov": rng.random((m, m))}


KERNEL = three_forms(
    "covariance",
    "covariance of columns",
    (a, b, c),
    sizes={"S": {"M": 23, "N": 29}, "M": {"M": 1000, "N": 1200}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("data", "cov"),
)
