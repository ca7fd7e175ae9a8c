"""The symbolic features see structure and sizes, and nothing of names."""

from __future__ import annotations

import dace
import numpy as np
import pytest

from dace_transfer.embeddings import SymbolicFeatures
from dace_transfer.embeddings.features import FEATURES
from dace_transfer.target import Target
from dace_transfer.workload import workload_of

N, M = dace.symbol("N"), dace.symbol("M")
TARGET = Target("cpu", "test", ("avx2",), 2, (2**15, 2**20, 2**25), "gcc 12", "-O3")
INDEX = {name: index for index, (name, _, _) in enumerate(FEATURES)}
WEIGHT = {name: weight for name, weight, _ in FEATURES}


@dace.program
def by_rows(a: dace.float64[N, M], b: dace.float64[N, M]):
    for i, j in dace.map[0:N, 0:M]:
        b[i, j] = np.exp(a[i, j])


@dace.program
def by_columns(a: dace.float64[N, M], b: dace.float64[N, M]):
    for j, i in dace.map[0:M, 0:N]:
        b[i, j] = np.exp(a[i, j])


@dace.program
def gather(a: dace.float64[N], index: dace.int64[N], b: dace.float64[N]):
    for i in dace.map[0:N]:
        b[i] = a[index[i]]


@dace.program
def row_sums(a: dace.float64[N, M], b: dace.float64[N]):
    b[:] = np.sum(a, axis=1)


@dace.program
def carried(a: dace.float64[N, M]):
    for k in range(1, M):
        a[:, k] = a[:, k - 1] + a[:, k]


@dace.program
def product(a: dace.float64[N, N], b: dace.float64[N, N]):
    b[:] = a @ a


def features(program: object, **sizes: int) -> dict[str, float]:
    workload = workload_of(program.to_sdfg(simplify=True), sizes)  # type: ignore[attr-defined]
    vector = SymbolicFeatures(TARGET).encode([workload])[0]
    return {name: float(vector[index]) / WEIGHT[name] for name, index in INDEX.items()}


def test_shape_and_dtype() -> None:
    workloads = [workload_of(by_rows.to_sdfg(simplify=True), {"N": n, "M": 8}) for n in (4, 5, 6)]
    vectors = SymbolicFeatures(TARGET).encode(workloads)
    assert vectors.shape == (3, len(FEATURES))
    assert vectors.dtype == np.float32
    assert SymbolicFeatures(TARGET).encode([]).shape == (0, len(FEATURES))


def test_strides_tell_loop_orders_apart() -> None:
    assert features(by_rows, N=100, M=200)["unit stride"] == pytest.approx(1.0)
    assert features(by_columns, N=100, M=200)["large stride"] == pytest.approx(1.0)


def test_indirect_accesses_reductions_products_and_carried_loops_are_seen() -> None:
    assert features(gather, N=100)["indirect"] > 0.1
    assert features(row_sums, N=10, M=10)["reductions"] > 0
    assert features(product, N=10)["matrix products"] > 0
    assert features(carried, N=10, M=10)["sequential loops around the work"] == pytest.approx(1.0)
    assert features(by_rows, N=10, M=10)["special functions"] == pytest.approx(1.0)


def test_amounts_scale_with_sizes_and_with_the_target() -> None:
    small, large = features(by_rows, N=64, M=64), features(by_rows, N=128, M=128)
    assert large["bytes moved"] - small["bytes moved"] == pytest.approx(2.0)
    assert large["arguments over level-1 cache"] - small["arguments over level-1 cache"] == pytest.approx(2.0)
    double = Target("cpu", "test", ("avx2",), 2, (2**16, 2**21, 2**26), "gcc 12", "-O3")
    workload = workload_of(by_rows.to_sdfg(simplify=True), {"N": 128, "M": 64})
    half = workload_of(by_rows.to_sdfg(simplify=True), {"N": 64, "M": 64})
    column = INDEX["arguments over level-2 cache"]
    relative = SymbolicFeatures(double).encode([workload])[0][column]
    assert relative == pytest.approx(SymbolicFeatures(TARGET).encode([half])[0][column])


def test_near_means_alike() -> None:
    encoder = SymbolicFeatures(TARGET)
    rows, more_rows, sums = (
        workload_of(p.to_sdfg(simplify=True), {"N": n, "M": 256})
        for p, n in ((by_rows, 256), (by_rows, 512), (row_sums, 256))
    )
    a, b, c = encoder.encode([rows, more_rows, sums])
    assert np.linalg.norm(a - b) < np.linalg.norm(a - c)
