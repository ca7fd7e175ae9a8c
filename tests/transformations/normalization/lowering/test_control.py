"""Loops, and what is in them, in any order and nesting."""

import pytest

from dace_transfer.transformations.normalization.lowering import lower

NI = "for i in parallel(0, N):\n"

CASES = {
    "sweeps": (
        "for(map(tasklet) | map(tasklet))",
        "for h in range(0, T):\n for i in parallel(1, N - 1):\n  c[i] = y[i - 1] + y[i + 1]\n"
        " for i in parallel(1, N - 1):\n  y[i] = 0.5 * c[i]",
    ),
    "scan": ("tasklet | for(tasklet)", "y[0] = 0\nfor i in range(1, N):\n y[i] = y[i - 1] + z[i]"),
    "solve": (
        "for(tasklet seq(tasklet) tasklet)",
        "for i in range(0, N):\n y[i] = (z[i] - sum(H[i, j] * y[j] for j in range(0, i))) / H[i, i]",
    ),
    "rows_of_any_length": (
        "for( | for(tasklet))",
        "for i in range(0, N):\n for k in parallel(starts[i], starts[i + 1]):\n  x[k] = x[k] * 0.5 + y[i]",
    ),
    "rows_in_parallel": (
        "map([ | for(tasklet)])",
        NI + " for k in range(starts[i], starts[places[0]] + starts[i + 1]):\n  y[i] = y[i] * 0.5 + k",
    ),
    "triangular_loops": (
        "for(for(map(tasklet)))",
        "for i in range(0, N):\n for j in range(i, N):\n  for k in parallel(0, K):\n"
        "   A[i, k] = A[i, k] + A[j, k] * H[i, j]",
    ),
    "scan_of_rows": ("map([for(tasklet)])", NI + " for k in range(1, K):\n  A[i, k] = A[i, k - 1] + A[i, k]"),
    "imperfect": (
        "map([tasklet | for(tasklet) | map(tasklet) tasklet])",
        NI + " b = 0\n for k in range(0, K):\n  b = b + A[i, k] * x[k]\n y[i] = b * a\n"
        " for k in parallel(0, K):\n  A[i, k] = b",
    ),
    "private_rows": (
        "map([map(tasklet) | map(tasklet)])",
        NI + " for j in parallel(0, N):\n  c[j] = H[i, j] * 2\n for j in parallel(0, N):\n  H[i, j] = c[N - 1 - j]",
    ),
    "rows_that_stay": (
        "for(map([for(tasklet) | tasklet | tasklet]))",
        "for h in range(0, T):\n" + " for i in parallel(0, N):\n  for l in range(0, 1 - h):\n   c[i] = 0\n"
        "  y[i] = c[i]\n  c[i] = c[i] + z[i] + h",
    ),
    "private_in_private": (
        "map([tasklet map([tasklet | for(tasklet) | tasklet])])",
        NI + " y[i] = 0\n for k in parallel(0, K):\n  b = A[i, k]\n  for l in range(0, T):\n   b = b * b + G[i, l, k]\n"
        "  A[i, k] = b",
    ),
    "one_name_twice": (
        "map([tasklet | for(tasklet) | tasklet]) tasklet tasklet",
        NI + " b = 0\n for k in range(0, K):\n  b = b + A[i, k]\n y[i] = b\nb = z[0]\nt[0] = b + y[1]",
    ),
    "two_loops_around": (
        "map([tasklet | for(tasklet)])",
        NI + " for k in parallel(0, K):\n  A[i, k] = 2 * A[i, k]\n  for h in range(0, T):\n   L[h, i, k] = A[i, k] + h",
    ),
    "calls_inside": (
        "map([gemv | tasklet reduce])",
        "for h in parallel(0, T):\n for i in parallel(0, N):\n  L[h, i, 0] = sum(A[i, k] * x[k] for k in range(0, K))\n"
        " L[h, 0, 1] = 3\n for i in parallel(0, N):\n  G[i, h, 1] = sum(E[k, i] for k in range(0, K))",
    ),
    "nothing_read": ("map([tasklet | for(tasklet)])", NI + " y[i] = 1\n for k in range(0, K):\n  A[i, k] = i + k"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize("name", CASES)
def test_loops_become_regions_and_maps(name, written, looks):
    expected, text = CASES[name]
    assert looks(lower(written(text))) == expected


def test_loops_compute_what_they_say(right):
    right({name: text for name, (_, text) in CASES.items() if text})
