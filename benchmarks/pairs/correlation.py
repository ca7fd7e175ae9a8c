"""The correlation matrix of the columns of a table, which is centred and scaled in place."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import dace
import numpy as np

from benchmarks.pairs.forms import three_forms
from benchmarks.programs.base import Arguments, Sizes

M, N = (dace.symbol(name) for name in ("M", "N"))


@dace.program
def a(float_n: dace.float64, data: dace.float64[N, M], corr: dace.float64[M, M]) -> None:
    mean = np.empty((M,), dtype=np.float64)
    stddev = np.empty((M,), dtype=np.float64)
    for j in range(M):
        mean[j] = 0.0
        for i in range(N):
            mean[j] += data[i, j]
        mean[j] /= float_n
    for j in range(M):
        stddev[j] = 0.0
        for i in range(N):
            stddev[j] += (data[i, j] - mean[j]) * (data[i, j] - mean[j])
        stddev[j] /= float_n
        stddev[j] = np.sqrt(stddev[j])
        if stddev[j] <= 0.1:
            stddev[j] = 1.0
    for i in range(N):
        for j in range(M):
            data[i, j] -= mean[j]
            data[i, j] /= np.sqrt(float_n) * stddev[j]
    for i in range(M - 1):
        corr[i, i] = 1.0
        for j in range(i + 1, M):
            corr[i, j] = 0.0
            for k in range(N):
                corr[i, j] += data[k, i] * data[k, j]
            corr[j, i] = corr[i, j]
    corr[M - 1, M - 1] = 1.0


@dace.program
def b(float_n: dace.float64, data: dace.float64[N, M], corr: dace.float64[M, M]) -> None:
    total = np.zeros((M,), dtype=np.float64)
    squares = np.zeros((M,), dtype=np.float64)
    for sample in range(N):
        for feature in range(M):
            total[feature] += data[sample, feature]
    for feature in range(M):
        total[feature] = total[feature] / float_n
    for sample in range(N):
        for feature in range(M):
            data[sample, feature] -= total[feature]
            squares[feature] += data[sample, feature] * data[sample, feature]
    for feature in range(M):
        squares[feature] = np.sqrt(squares[feature] / float_n)
        if squares[feature] <= 0.1:
            squares[feature] = 1.0
        for sample in range(N):
            data[sample, feature] = data[sample, feature] / (np.sqrt(float_n) * squares[feature])
    for first in range(M):
        corr[first, first] = 1.0
    for second in range(M):
        for first in range(second):
            together = 0.0
            for sample in range(N):
                together += data[sample, second] * data[sample, first]
            corr[first, second] = together
            corr[second, first] = together


@dace.program
def c(float_n: dace.float64, data: dace.float64[N, M], corr: dace.float64[M, M]) -> None:
    mean = np.sum(data, axis=0) / float_n
    data[:] = data - mean
    stddev = np.sqrt(np.sum(data * data, axis=0) / float_n)
    stddev[stddev <= 0.1] = 1.0
    data[:] = data / (np.sqrt(float_n) * stddev)
    for i in range(M - 1):
        corr[i, i] = 1.0
        corr[i, i + 1 :] = data[:, i] @ data[:, i + 1 :]
        corr[i + 1 :, i] = corr[i, i + 1 :]
    corr[M - 1, M - 1] = 1.0


def reference(float_n: float, data: np.ndarray, corr: np.ndarray) -> None:
    stddev = data.std(axis=0)
    stddev[stddev <= 0.1] = 1.0
    data[:] = (data - data.mean(axis=0)) / (np.sqrt(float_n) * stddev)
    corr[:] = data.T @ data
    np.fill_diagonal(corr, 1.0)


def make_inputs(sizes: Sizes, rng: np.random.Generator) -> Arguments:
    m, n = sizes["M"], sizes["N"]
    data = rng.random((n, m))
    data[:, m // 2] *= 0.1  # Its deviation is below the threshold.
    return {"float_n": float(n), "data": data, "corr": rng.random((m, m))}


KERNEL = three_forms(
    "correlation",
    "correlation of columns",
    (a, b, c),
    sizes={"S": {"M": 23, "N": 29}, "M": {"M": 1000, "N": 1200}},
    make_inputs=make_inputs,
    reference=reference,
    outputs=("data", "corr"),
)
