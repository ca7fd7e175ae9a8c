"""What several statements compute is computed once."""

import pytest

from dace_transfer.transformations.normalization.share import share

MATRICES = {"A": ("N", "M"), "B": ("N", "M"), "C": ("N", "N"), "x": ("M",), "y": ("N",)}
TRANSIENTS = {"s": ("N", "N"), "t": ("N", "N"), "u": ("N",), "v": ("N",), "w": ("N",)}

PRODUCTS = """
for i in parallel(0, N):
    for j in parallel(0, N):
        s[i, j] = sum(A[i, k] * B[j, k] for k in range(0, M))
{}
for m in parallel(0, N):
    for n in parallel(0, N):
        t[{}] = sum(B[m, l] * A[n, l] for l in range(0, M))
for p in parallel(0, N):
    for q in parallel(0, p):
        C[p, q] = s[p, q] + t[p, q]
"""


@pytest.mark.parametrize("index, expected", [("m, n", "s[q, p]"), ("n, m", "s[p, q]")])
def test_transposed_products_are_computed_once(read, same, index, expected):
    before = read(PRODUCTS.format("", index), MATRICES, TRANSIENTS)
    after = share(before)
    assert str(after).endswith(f"C[p, q] = (s[p, q] + {expected})") and str(after).count("sum(") == 1
    assert "t" not in after.containers and share(after) is after
    same(before, after, {"N": 4, "M": 3})


@pytest.mark.parametrize(
    "between",
    [
        "for g in parallel(0, N):\n    A[g, 0] = y[g]",
        "for g in parallel(0, N):\n    y[g] = t[g, 0]",
        "s[0, 0] = 1.0",
    ],
)
def test_what_is_touched_between_them_keeps_them_apart(read, between):
    before = read(PRODUCTS.format(between, "m, n"), MATRICES, TRANSIENTS)
    assert share(before) is before


def test_other_elements_are_not_the_same(read):
    text = """
for i in parallel(0, N):
    u[i] = A[i, 0] * 2
for j in parallel(0, N):
    v[j] = A[j, 0] * {}
for k in parallel({}, N):
    w[k] = 2 * A[k, {}]
for m in parallel(1, N):
    y[m] = u[m] + v[m] + w[m]
"""
    for parts, count in [((2.0, 0, 1), 3), ((3, 1, 0), 3), ((2, 0, 1), 2), ((2, 0, 0), 1)]:
        assert str(share(read(text.format(*parts), MATRICES, TRANSIENTS))).count("parallel") == count + 1


def test_what_becomes_equal_is_shared_too(read, same):
    text = """
for r in range(0, 2):
    for i in parallel(0, N):
        u[i] = sum(A[i, k] * x[k] for k in range(0, M))
    for j in parallel(0, N):
        v[j] = sum(A[j, l] * x[l] for l in range(0, M))
    for m in parallel(0, N):
        w[m] = exp(u[m])
    for n in parallel(0, N):
        t[n, 0] = y[n] + w[n]
    for b in parallel(0, N):
        for c in parallel(0, N):
            s[b, c] = exp(v[b]) * v[c]
    for q in parallel(0, N):
        y[q] = s[q, q] + t[q, 0]
"""
    before = read(text, MATRICES, TRANSIENTS)
    after = share(before)
    assert "s[b, c] = (exp(u[b]) * u[c])" in str(after)
    same(before, after, {"N": 3, "M": 2})


def test_offsets_are_adjusted(read, same):
    text = """
for i in parallel(1, N):
    u[i - 1] = A[i, 0] + y[i]
for j in parallel(1, N):
    v[j] = y[j] + A[j, 0]
for m in parallel(0, N - 1):
    y[m] = u[m] * v[m + 1]
"""
    before = read(text, MATRICES, TRANSIENTS)
    assert "y[m] = (u[m] * u[m])" in str(share(before))
    same(before, share(before), {"N": 4, "M": 2})


def test_what_reads_one_instead_of_two_is_simplified(read, same):
    text = """
u = sum(x[k] * y[k] for k in range(0, N))
v = sum(x[l] * y[l] for l in range(0, N))
for i in parallel(0, N):
    y[i] = u * x[i] + v * y[i]
"""
    before = read(text, {"x": ("N",), "y": ("N",)}, {"u": (), "v": ()})
    after = share(before)
    assert str(after).endswith("y[i] = (u * (x[i] + y[i]))")
    same(before, after, {"N": 4})
