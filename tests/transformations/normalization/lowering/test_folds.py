"""Reductions of one container along axes become one node, whatever is folded to what."""

import pytest

from dace_transfer.transformations.normalization.lowering import lower

GENERIC = "map(tasklet seq(tasklet) tasklet)"
NI = "for i in parallel(0, N):\n"

CASES = {
    "rows": ("reduce", NI + " y[i] = max(A[i, k] for k in range(0, K))"),
    "columns": ("reduce", "for k in parallel(0, K):\n x[k] = sum(A[i, k] for i in range(0, N))"),
    "parts": ("reduce", "for i in parallel(1, N):\n y[i - 1] = sum(G[i, 1, k] for k in range(1, K))"),
    "two_axes": (
        "reduce",
        "for h in parallel(0, T):\n L[h, 0, 1] = min(G[i, h, k] for k in range(0, K) for i in range(0, N))",
    ),
    "all": ("reduce", "t[0] = prod(A[i, k] for i in range(0, N) for k in range(0, K))"),
    "single_precision": ("reduce", NI + " q[i] = min(P[i, k] for k in range(0, K))"),
    "complex": ("reduce", NI + " v[i] = sum(U[i, k] for k in range(0, K))"),
    "nothing": ("reduce", "t[0] = max(x[k] for k in range(2, 2))"),
    "row_by_row": ("for(reduce)", NI.replace("parallel", "range") + " y[i] = sum(A[i, k] for k in range(0, K))"),
    "integers": (
        "reduce reduce",
        "o[0] = min(J[i, k] for i in range(0, N) for k in range(0, K))\nn[0] = max(m[k] for k in range(0, K))",
    ),
    "transposed": (
        GENERIC,
        "for h in parallel(0, T):\n for i in parallel(0, N):\n  L[h, i, 0] = sum(G[i, h, k] for k in range(0, K))",
    ),
    "diagonal": ("tasklet seq(tasklet) tasklet", "t[0] = sum(H[i, i] for i in range(0, N))"),
    "triangle": (GENERIC, NI + " y[i] = sum(H[i, k] for k in range(i, N))"),
    "into_itself": ("tasklet seq(tasklet) tasklet", "x[0] = sum(x[k] for k in range(0, K))"),
    "widened": (GENERIC, NI + " y[i] = sum(P[i, k] for k in range(0, K))"),
    "repeated": ("tasklet seq(tasklet) tasklet", "t[0] = sum(x[k] for k in range(0, K) for i in range(0, K + 1))"),
    "broadcast": (GENERIC, NI + " y[i] = sum(x[k] for k in range(0, K))"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fold_along_axes_becomes_a_node(name, written, looks):
    expected, text = CASES[name]
    assert looks(lower(written(text))) == expected


def test_folds_compute_what_they_say(right):
    right({name: text for name, (_, text) in CASES.items()})
