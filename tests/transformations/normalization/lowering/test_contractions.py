"""Sums over products become calls of BLAS where BLAS can do them, and are right in any case."""

import pytest

from dace_transfer.transformations.normalization.lowering import lower

GENERIC = "map(tasklet seq(tasklet) tasklet)"
NI = "for i in parallel(0, N):\n"
NIMJ = f"{NI} for j in parallel(0, M):\n"

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
