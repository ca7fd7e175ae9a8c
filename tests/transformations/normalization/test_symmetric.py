"""Symmetric results are computed as a whole, and only where nothing changes."""

import dace
import pytest

from dace_transfer.transformations.normalization.normalize import rewrite
from dace_transfer.transformations.normalization.symmetric import symmetric

ARRAYS = {"A": ("N", "N"), "B": ("N", "N"), "X": ("N", "N"), "Y": ("N", "N"), "x": ("2*N",), "y": ("N",), "a": ()}
DOT = "sum(A[i, k] * A[j, k] for k in range(0, N))"
UPPER = "for i in range(0, N):\n    for j in range(i, N):\n"
MIRROR = "for p in range(0, N):\n    for q in range(0, p + 1):\n        X[p, q] = X[q, p]\n"
STRICT = "for i in range(0, N - 1):\n    for j in range(i + 1, N):\n"
OTHER = "for p in range(1, N):\n    for q in range(0, p):\n        X[p, q] = X[q, p]\n"
WHOLE = "for i in parallel(0, N):\n    for j in parallel(0, N):\n"
ONES = "for d in range(0, N):\n    X[d, d] = 1.0\n"
FIRST = "for d in range(0, N - 1):\n    X[d, d] = y[d]\n"


@pytest.fixture
def becomes(read, same):
    """Assert what a text becomes, and that it means the same."""

    def check(before, after, arguments=ARRAYS):
        computation = read(before, arguments)
        result = symmetric(computation)
        assert str(result) == str(read(after, arguments))
        for size in (1, 2, 5):
            same(computation, result, {"N": size})
        assert symmetric(result) is result

    return check


@pytest.fixture
def stays(becomes):
    return lambda text, arguments=ARRAYS: becomes(text, text, arguments)


@pytest.mark.parametrize(
    "loops",
    [
        UPPER,
        "for j in range(0, N):\n    for i in range(0, j + 1):\n",
        "for i in range(0, N):\n    for j in range(0, i + 1):\n",
        "for j in range(0, N):\n    for i in range(j, N):\n",
    ],
    ids=["upper by rows", "upper by columns", "lower by rows", "lower by columns"],
)
@pytest.mark.parametrize("value", [f"{DOT} / a", "y[j] * sum(A[k, i] * A[k, j] for k in range(0, N)) * y[i] + y[0]"])
def test_triangles_of_both_sides_in_both_orders(becomes, loops, value):
    is_upper = "range(i, N)" in loops or "j + 1" in loops
    mirrors = (MIRROR, "for p in range(0, N):\n    for q in range(p + 1, N):\n        X[q, p] = X[p, q]\n")
    lowers = (
        "for p in range(0, N):\n    for q in range(p, N):\n        X[p, q] = X[q, p]\n",
        OTHER.replace("X[p, q] = X[q, p]", "X[q, p] = X[p, q]"),
    )
    for mirror in mirrors if is_upper else lowers:
        becomes(f"{loops}        X[i, j] = {value}\n{mirror}", f"{WHOLE}        X[i, j] = {value}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{ONES}{STRICT}        X[i, j] = {DOT}\n{OTHER}", ONES),
        (f"{STRICT}        X[i, j] = {DOT}\n{ONES}{MIRROR}", ONES),
        (f"{STRICT}        X[i, j] = {DOT}\n{OTHER}{ONES}", ONES),
        (
            f"{FIRST}{STRICT}        X[i, j] = {DOT}\n{OTHER}X[N - 1, N - 1] = a",
            f"{FIRST}X[N - 1, N - 1] = a",
        ),
        (
            f"X[0, 0] = a\nfor d in range(0, N):\n    X[d, d] = y[d]\n{STRICT}        X[i, j] = {DOT}\n{OTHER}",
            "X[0, 0] = a\nfor d in range(0, N):\n    X[d, d] = y[d]",
        ),
    ],
    ids=["before", "between", "after", "on both sides", "twice before"],
)
def test_a_diagonal_that_is_written_apart_is_written_last(becomes, before, after):
    becomes(before, f"{WHOLE}        X[i, j] = {DOT}\n{after}")


def test_squares_inside_of_loops_and_of_arrays(becomes):
    becomes(
        """
for t in range(0, 2):
    for i in range(t, N - 1):
        for j in range(i, N - 1):
            X[i, j] = sum(A[k, i] * A[k, j] for k in range(0, N)) + x[t]
    for p in range(t, N - 1):
        for q in range(p, N - 1):
            X[q, p] = X[p, q]
    for m in range(0, N):
        A[m, m] = X[m, m]
""",
        """
for t in range(0, 2):
    for i in parallel(t, N - 1):
        for j in parallel(t, N - 1):
            X[i, j] = sum(A[k, i] * A[k, j] for k in range(0, N)) + x[t]
    for m in range(0, N):
        A[m, m] = X[m, m]
""",
    )


def test_what_is_between_may_read_the_triangle_and_write_what_it_was_computed_from(becomes):
    between = "for m in range(0, N):\n    y[m] = X[0, m]\nfor n in range(0, N):\n    A[n, n] = X[n, n]\n"
    becomes(f"{UPPER}        X[i, j] = {DOT}\n{between}{MIRROR}", f"{WHOLE}        X[i, j] = {DOT}\n{between}")


@pytest.mark.parametrize(
    "value",
    [
        "sum(A[i, k] * B[j, k] for k in range(0, N))",
        f"{DOT} * y[i]",
        f"{DOT} + X[i, j] + X[j, i]",
        "A[i, j] + A[j, i]",
        "sum(A[i, k] * A[j, k] for k in range(0, i + j))",
        "sum(exp(A[i, k] * A[j, k]) for k in range(0, N))",
        f"{DOT} + sum(abs(A[i, k] + neg(A[j, k])) for k in range(0, N))",
    ],
)
def test_values_that_are_not_symmetric_contractions_stay(read, value):
    computation = read(f"{UPPER}        X[i, j] = {value}\n{MIRROR}", ARRAYS)
    assert symmetric(computation) is computation


@pytest.mark.parametrize(
    "between",
    [
        "for m in range(0, N):\n    y[m] = X[N - 1, m]\n",
        "for m in range(0, N):\n    X[0, m] = y[m]\n",
        "for m in range(0, N):\n    X[m, 0] = y[m]\n",
        "for m in range(0, N):\n    for n in range(0, N):\n        Y[m, n] = X[n, m]\n",
    ],
    ids=["other side read", "side written", "other side written", "all read"],
)
def test_what_is_read_or_written_between_both_stays(stays, between):
    stays(f"{UPPER}        X[i, j] = {DOT}\n{between}{MIRROR}")


@pytest.mark.parametrize(
    ("before", "between", "after"),
    [
        ("", "", ""),
        (ONES.replace("(0, N)", "(1, N)"), "", ""),
        ("for d in range(0, N):\n    X[d, d] = X[d, d] + 1.0\n", "", ""),
        ("", "for d in range(0, N):\n    X[d, d] = X[d, d] + 1.0\n", ""),
        (ONES + "for e in range(0, N):\n    y[e] = X[e, e]\n", "", ""),
        ("", "y[0] = X[0, 0]\n", ONES),
        ("for d in range(0, N):\n    X[d, d] = y[d]\nfor e in range(0, N):\n    y[e] = 2.0\n", "", ""),
    ],
    ids=["nobody", "not all", "itself read", "itself read later", "read before", "read between", "value gone"],
)
def test_a_diagonal_that_is_not_written_or_seen_stays(stays, before, between, after):
    stays(f"{before}{STRICT}        X[i, j] = {DOT}\n{between}{OTHER}{after}")


def test_values_that_are_not_to_be_computed_on_the_diagonal_stay(stays, read):
    stays(f"{ONES}{STRICT}        X[i, j] = {DOT} * x[i + j - 1]\n{OTHER}")
    integers = {**ARRAYS, "n": (("N",), dace.int64)}
    divided = f"{ONES}{STRICT}        X[i, j] = {DOT} * (1 // (n[i] + n[j]))\n{OTHER}"
    computation = read(divided, integers)
    assert symmetric(computation) is computation


def test_mirror_images_of_something_else_stay(stays):
    stays(f"{UPPER}        X[i, j] = {DOT}\n{OTHER.replace('(1, N)', '(2, N)')}")
    stays(f"{MIRROR}{UPPER}        X[i, j] = {DOT}\n")
    stays(f"{UPPER}        X[i, j] = {DOT}\n{MIRROR.replace('X[p, q] = X[q, p]', 'Y[p, q] = Y[q, p]')}")
    stays(
        f"{UPPER}        X[i, j] = {DOT}\nfor p in range(0, N):\n    for q in range(0, N):\n        X[p, q] = X[q, p]\n"
    )


def test_mirrored_and_whole_results_have_one_normal_form(read):
    inner = f"    for j in range(i + 1, N):\n        X[i, j] = {DOT}\n        X[j, i] = X[i, j]"
    mirrored = f"for i in range(0, N):\n    X[i, i] = 1.0\n{inner}"
    texts = (mirrored, f"{WHOLE}        X[i, j] = {DOT}\n{ONES}")
    first, second = (rewrite(read(text, ARRAYS)) for text in texts)
    assert str(first) == str(second) == str(rewrite(first))
