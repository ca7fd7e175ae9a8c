"""Sums over products become calls of BLAS where BLAS can do them, and are right in any case."""

import pytest

from dace_transfer.transformations.normalization.lowering import lower

GENERIC = "map(tasklet seq(tasklet) tasklet)"
NI = "for i in parallel(0, N):\n"
NIMJ = f"{NI} for j in parallel(0, M):\n"
NITH = f"{NI}  for h in parallel(0, T):\n"

# By name: what it looks like, and the computation.
CASES = {
    "gemm": ("gemm", NIMJ + "  C[i, j] = sum(A[i, k] * B[k, j] for k in range(0, K))"),
    "gemm_nt": ("gemm", NIMJ + "  C[i, j] = sum(A[i, k] * D[j, k] for k in range(0, K))"),
    "gemm_tn": ("gemm", NIMJ + "  C[i, j] = sum(B[k, j] * E[k, i] for k in range(0, K))"),
    "gemm_tt": ("gemm", NIMJ + "  C[i, j] = sum(D[j, k] * E[k, i] for k in range(0, K))"),
    "outer_loop_second": (
        "gemm",
        "for j in parallel(0, M):\n for i in parallel(0, N):\n  C[i, j] = sum(A[i, k] * B[k, j] for k in range(0, K))",
    ),
    "one_container": (
        "gemm",
        NI + " for j in parallel(0, N):\n  H[j, i] = sum(A[i, k] * A[j, k] for k in range(0, K))",
    ),
    "parts": (
        "gemm",
        "for i in parallel(1, N):\n for j in parallel(0, M - 1):\n"
        "  C[i, j + 1] = sum(A[i - 1, k] * B[k + 1, j] for k in range(0, K - 1))",
    ),
    "plane": ("gemm", NIMJ + "  C[i, j] = sum(G[i, 1, k] * D[j, k] for k in range(0, K))"),
    "planes": ("gemm", NI + " for k in parallel(0, N):\n  S[i, 1, k] = sum(H[i, j] * H[j, k] for j in range(0, N))"),
    "planes_in_turn": (
        "for(gemm)",
        "for h in range(0, T):\n for i in parallel(0, N):\n  for k in parallel(0, K):\n"
        "   L[h, i, k] = sum(H[i, j] * A[j, k] for j in range(0, N))",
    ),
    "rows_of_rows": (
        "gemm",
        NITH + "   for j in parallel(0, M):\n    Q[i, h, j] = sum(G[i, h, k] * B[k, j] for k in range(0, K))",
    ),
    "rows_of_parts": (
        "gemm",
        "for i in parallel(1, N):\n for h in parallel(0, T):\n  for j in parallel(0, M - 1):\n"
        "   Q[i, h, j + 1] = sum(G[i - 1, h, k] * D[j, k] for k in range(0, K))",
    ),
    "columns_of_columns": (
        "gemm",
        NITH + "   for k in parallel(0, K):\n    R[i, h, k] = sum(H[i, l] * G[l, h, k] for l in range(0, N))",
    ),
    "rows_and_columns": (
        "gemm",
        "for i in parallel(0, 2):\n for h in parallel(0, T):\n  for l in parallel(0, T):\n   for j in parallel(0, M):\n"
        "    O[i, h, l, j] = sum(G[i, h, k] * X[k, l, j] for k in range(0, K))",
    ),
    "rows_and_columns_apart": (
        "map(gemm)",
        "for i in parallel(0, 2):\n for h in parallel(0, T):\n  for l in parallel(0, 2):\n   for j in parallel(0, M):\n"
        "    F[i, h, l, j] = sum(X[k, h, j] * Y[k, i, l] for k in range(0, K))",
    ),
    "matrix_in_the_middle": (
        "map(gemm)",
        "for h in parallel(0, T):\n for i in parallel(0, N):\n  for k in parallel(0, K):\n"
        "   Z[h, i, k] = sum(L[h, l, k] * H[l, i] for l in range(0, N))",
    ),
    "rows_with_gaps": (
        "map(gemm)",
        "for i in parallel(1, N):\n for h in parallel(1, T):\n  for j in parallel(0, M):\n"
        "   Q[i, h, j] = sum(G[i - 1, h - 1, k] * B[k, j] for k in range(0, K))",
    ),
    "more_and_more_rows": (
        "for(map(gemm))",
        "for l in range(1, N):\n for i in parallel(0, l):\n  for h in parallel(0, T):\n   for j in parallel(0, M):\n"
        "    Q[i, h, j] = sum(G[i, h, k] * B[k, j] for k in range(0, K))",
    ),
    "complex_matrices": ("gemm", NIMJ + "  W[i, j] = sum(U[i, k] * V[j, k] for k in range(0, K))"),
    "batches": (
        GENERIC,
        "for h in parallel(0, T):\n for i in parallel(0, N):\n"
        "  L[h, i, 0] = sum(G[i, h, k] * A[i, k] for k in range(0, K))",
    ),
    "no_unit_stride": (
        GENERIC,
        NI + " for j in parallel(0, N):\n  H[i, j] = sum(G[i, h, 0] * G[j, h, 1] for h in range(0, T))",
    ),
    "too_short": (
        GENERIC,
        NIMJ + "  C[i, j] = sum(A[i, k - 1] * B[k, j] for k in range(3, K))",
    ),
    "gemv": ("gemv", NI + " y[i] = sum(A[i, k] * x[k] for k in range(0, K))"),
    "gemv_t": ("gemv", NI + " y[i] = sum(x[k] * E[k, i] for k in range(0, K))"),
    "gemv_parts": (
        "gemv",
        "for i in parallel(1, N):\n H[1, i - 1] = sum(A[i, k] * B[k, 1] for k in range(0, K))",
    ),
    "gemv_columns": ("gemv", NI + " H[i, 1] = sum(L[1, i, k] * B[k, 1] for k in range(0, K))"),
    "gemv_maybe_empty": (
        "map(tasklet) | gemv",
        "for i in parallel(1, N):\n H[i, 1] = sum(A[i, k] * B[k - 1, 1] for k in range(1, K))",
    ),
    "gemv_surely_empty": (
        "for(map(tasklet) | gemv)",
        "for l in range(0, K):\n for i in parallel(0, N):\n  A[i, l] = sum(E[k, i] * x[k] for k in range(0, l))",
    ),
    "gemv_rows_of_rows": (
        "gemv",
        "for h in parallel(0, T):\n for i in parallel(0, N):\n"
        "  L[h, i, 0] = sum(Z[h, i, k] * x[k] for k in range(0, K))",
    ),
    "gemv_square_of_rows": (
        "map(gemv)",
        "for i in parallel(0, N):\n for h in parallel(0, N):\n"
        "  F[i, 0, h, 0] = sum(S[i, h, k] * z[k] for k in range(0, N))",
    ),
    "gemv_planes": (
        "map(gemv)",
        "for h in parallel(0, T):\n for k in parallel(0, K):\n"
        "  L[h, 0, k] = sum(Z[h, i, k] * y[i] for i in range(0, N))",
    ),
    "gemv_complex": ("gemv", NI + " v[i] = sum(U[i, k] * u[k] for k in range(0, K))"),
    "gemv_single": ("gemv", NI + " q[i] = sum(P[i, k] * p[k] for k in range(0, K))"),
    "gemv_square_strides": (GENERIC, NI + " y[i] = sum(S[i, 1, k] * z[k] for k in range(0, N))"),
    "dot": ("dot", "t[0] = sum(x[k] * A[1, k] for k in range(0, K))"),
    "dot_parts": ("dot", "t[0] = sum(x[k + 1] * E[k, 1] for k in range(0, K - 1))"),
    "dot_itself": ("dot", "t[0] = sum(x[k] * x[k] for k in range(0, K))"),
    "dots_in_turn": ("for(dot)", "for i in range(0, N):\n y[i] = sum(H[i, k] * z[k] for k in range(0, i))"),
    "complex_dot": ("tasklet seq(tasklet) tasklet", "r[0] = sum(u[k] * U[1, k] for k in range(0, K))"),
    "into_an_operand": ("tasklet seq(tasklet) tasklet", "x[0] = sum(x[k] * A[0, k] for k in range(0, K))"),
    "mixed_types": (GENERIC, NI + " y[i] = sum(A[i, k] * p[k] for k in range(0, K))"),
    "triangle": (GENERIC, NI + " y[i] = sum(H[i, k] * z[k] for k in range(0, i + 1))"),
    "three_factors": (GENERIC, NI + " y[i] = sum(A[i, k] * x[k] * x[k] for k in range(0, K))"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_contraction_becomes_the_call_that_computes_it(name, written, looks):
    expected, text = CASES[name]
    assert looks(lower(written(text))) == expected


def test_contractions_compute_what_they_say(right):
    right({name: text for name, (_, text) in CASES.items()})
