"""Temporaries that are copied are computed where they end up, and only where nothing changes."""

import dace
import pytest

from dace_transfer.transformations.normalization.coalesce import coalesce

ARRAYS = {"A": ("N", "N"), "C": ("N", "N"), "x": ("N",), "y": ("N",), "z": ("N",), "a": ()}
LOCALS = {"t": ("N",), "u": ("N",), "T": ("N", "N"), "s": ()}


@pytest.fixture
def becomes(read, same):
    """Assert what a text becomes, and that it means the same."""

    def check(before, after, arguments=ARRAYS, transients=LOCALS):
        computation = read(before, arguments, transients)
        result = coalesce(computation)
        assert str(result) == str(read(after, arguments, transients))
        for size in (1, 2, 5):
            same(computation, result, {"N": size})
        assert coalesce(result) is result
        return result

    return check


@pytest.fixture
def stays(becomes):
    return lambda text, *containers: becomes(text, text, *containers)


def test_a_triangle_that_is_copied_twice(becomes):
    result = becomes(
        """
for i in range(0, N):
    for j in range(0, i + 1):
        T[i, j] = A[i, j] / a
for p in parallel(0, N):
    for q in parallel(p, N):
        C[p, q] = T[q, p]
for k in parallel(0, N):
    for m in parallel(0, k + 1):
        C[k, m] = T[k, m]
""",
        """
for p in parallel(0, N):
    for q in parallel(p, N):
        C[p, q] = A[q, p] / a
for k in parallel(0, N):
    for m in parallel(0, k + 1):
        C[k, m] = C[m, k]
""",
    )
    assert "T" not in result.containers


def test_a_reduction_moves_to_its_copy_and_a_reader_reads_that(becomes):
    becomes(
        """
for i in range(0, N):
    t[i] = sum(A[i, k] * x[k] for k in range(0, N))
for j in range(0, N):
    y[N - j - 1] = t[j]
s = sum(t[m] * t[m] for m in range(0, N))
for n in range(0, N):
    z[n] = s
""",
        """
for j in range(0, N):
    y[N - j - 1] = sum(A[j, k] * x[k] for k in range(0, N))
s = sum(y[N - m - 1] * y[N - m - 1] for m in range(0, N))
for n in range(0, N):
    z[n] = s
""",
    )


@pytest.mark.parametrize(
    ("between", "after"),
    [
        ("z[k] = t[k] * t[k]", "z[k] = y[k + 1] * y[k + 1]"),
        ("x[k] = 1.0", "x[k] = 1.0"),
    ],
    ids=["reader", "source"],
)
def test_what_cannot_move_to_its_copy_is_copied_at_once(becomes, between, after):
    becomes(
        f"""
for i in parallel(0, N - 1):
    t[i] = exp(x[i]) + y[i + 1]
for k in range(0, N - 1):
    {between}
y[0] = a
for j in range(1, N):
    y[j] = t[j - 1]
""",
        f"""
for i in parallel(0, N - 1):
    y[i + 1] = exp(x[i]) + y[i + 1]
for k in range(0, N - 1):
    {after}
y[0] = a
""",
    )


def test_chains_of_copies_within_a_loop(becomes):
    becomes(
        """
for r in range(0, N):
    for i in range(0, r + 1):
        t[i] = A[r, i] * a
    for j in range(0, r + 1):
        u[r - j] = t[j]
    for k in range(0, r + 1):
        C[r, k] = u[k]
    z[r] = t[0] + u[0]
""",
        """
for r in range(0, N):
    for k in range(0, r + 1):
        C[r, k] = A[r, r - k] * a
    z[r] = C[r, r] + C[r, 0]
""",
    )


@pytest.mark.parametrize(
    "copy",
    [
        "for j in range(1, N):\n    y[j] = t[j]",
        "for j in range(0, N):\n    y[0] = t[j]",
        "for j in range(0, N):\n    y[j] = t[0]",
        "for j in range(0, N):\n    y[j] = -t[j]",
        "for j in range(0, N):\n    for k in range(0, N):\n        C[j, k] = t[j]",
        "for j in range(0, N):\n    y[j] = t[j]\n    x[j] = 1.0",
        "for j in range(0, N):\n    f[j] = t[j]",
        "for j in range(0, N):\n    y[j] = t[j]\nt[0] = 1.0",
        "for j in range(0, N):\n    y[j] = t[j]\ny[0] = 1.0",
        "for j in range(0, N):\n    y[j] = t[j]\nx[0] = y[0]\nfor k in range(0, N):\n    y[k] = t[N - k - 1]",
        "for j in range(0, N):\n    y[j] = t[j]\nfor k in range(0, N):\n    x[k] = t[k]\n    y[k] = 0.0",
        "for j in range(1, N):\n    y[j] = t[j]\nfor k in range(1, N):\n    y[k] = t[k]",
    ],
    ids=[
        "domain",
        "one target",
        "one source",
        "no copy",
        "twice",
        "several statements",
        "type",
        "written twice",
        "overwritten",
        "overwritten by the reader",
        "overwritten in its loop",
        "copied in part",
    ],
)
def test_copies_that_are_not_coalesced(stays, copy):
    arguments = {**ARRAYS, "f": (("N",), dace.float32)}
    text = f"for i in range(0, N):\n    t[i] = exp(x[i])\n{copy}\nfor r in range(0, N):\n    z[r] = t[r] * t[r]"
    stays(text, arguments)


@pytest.mark.parametrize(
    "text",
    [
        "for i in range(0, N):\n    t[i] = exp(y[N - i - 1])\nfor j in range(0, N):\n    y[j] = t[j]",
        "for i in range(0, N):\n    t[i] = exp(x[i])\nx[0] = y[0]\nfor j in range(0, N):\n    y[j] = t[j]",
        "for i in range(0, N):\n    t[i] = exp(x[i])\nx[0] = y[0]\ny[0] = 1.0\nfor j in range(0, N):\n    y[j] = t[j]",
        "for r in range(0, N):\n    z[r] = t[0]\n    for i in range(0, N):\n        t[i] = exp(x[i])\n"
        "    for j in range(0, N):\n        y[j] = t[j]",
    ],
    ids=["own elements", "read between", "written between", "read in the next iteration"],
)
def test_what_is_read_stays(read, same, text):
    computation = read(text, ARRAYS, LOCALS)
    assert coalesce(computation) is computation


def test_a_value_may_read_the_only_element_it_replaces(becomes):
    becomes(
        """
for i in range(0, N):
    for j in range(i, N):
        T[i, j] = A[i, j] + C[j, i]
for p in range(0, N):
    for q in range(p, N):
        C[p, q] = T[p, q]
for k in range(0, N):
    for m in range(0, k):
        C[k, m] = T[m, k]
""",
        """
for p in range(0, N):
    for q in range(p, N):
        C[p, q] = A[p, q] + C[q, p]
for k in range(0, N):
    for m in range(0, k):
        C[k, m] = C[m, k]
""",
    )
