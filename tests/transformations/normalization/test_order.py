"""One way of counting loops, one order of loops and statements, one set of names; the meaning stays."""

import dataclasses
import itertools

import dace
import pytest

from dace_transfer.transformations.normalization.looks import look_of_node
from dace_transfer.transformations.normalization.order import order
from dace_transfer.transformations.normalization.tree import Opaque

SIZES = {"N": 5, "M": 7}
SQUARE = {"A": ("N", "N"), "B": ("N", "N"), "x": ("N",), "y": ("N",)}
WIDE = {"A": ("N", "M"), "B": ("N", "M"), "x": ("N",), "y": ("M",), "z": ("M",)}

CASES = {
    "a shift": (
        WIDE,
        """
for i in parallel(0, M - 2):
    y[i + 1] = z[i] + z[i + 2]
""",
        """
parallel for i0 in range(1, M - 1):
    y[i0] = (z[i0 - 1] + z[i0 + 1])
""",
    ),
    "a subscript with an outer variable": (
        SQUARE,
        """
for i in parallel(0, N):
    for j in parallel(0, N - i - 1):
        A[i, i + j + 1] = sum(B[k, i] * B[k, i + j + 1] for k in range(0, N))
""",
        """
parallel for i0 in range(0, N - 1):
    parallel for i1 in range(i0 + 1, N):
        A[i0, i1] = sum((B[i2, i0] * B[i2, i1]) for i2 in range(0, N))
""",
    ),
    "a loop that runs backwards": (
        WIDE,
        """
for i in parallel(0, M):
    y[M - 1 - i] = z[i]
""",
        """
parallel for i0 in range(0, M):
    y[i0] = z[M - i0 - 1]
""",
    ),
    "a sequential loop does not turn": (
        WIDE,
        """
for i in range(1, M):
    y[M - 1 - i] = y[M - i] + z[i]
""",
        """
for i0 in range(0, M - 1):
    y[M - i0 - 2] = (y[M - i0 - 1] + z[i0 + 1])
""",
    ),
    "tiles stay rectangular": (
        {"y": ("8*N",), "z": ("8*N",)},
        """
for b in parallel(0, N):
    for i in parallel(0, 8):
        y[8*b + i] = z[8*b + i]
""",
        """
parallel for i0 in range(0, N):
    parallel for i1 in range(0, 8):
        y[8*i0 + i1] = z[8*i0 + i1]
""",
    ),
    "the target's strides": (
        WIDE,
        """
for j in parallel(0, M - 1):
    for i in parallel(0, N):
        A[i, j + 1] = B[i, j] * y[j]
""",
        """
parallel for i0 in range(0, N):
    parallel for i1 in range(1, M):
        A[i0, i1] = (B[i0, i1 - 1] * y[i1 - 1])
""",
    ),
    "a triangle": (
        SQUARE,
        """
for i in parallel(0, N):
    for j in parallel(i, N):
        A[j, i] = B[i, j]
""",
        """
parallel for i0 in range(0, N):
    parallel for i1 in range(0, i0 + 1):
        A[i0, i1] = B[i1, i0]
""",
    ),
    "sequential loops stay outside": (
        {"A": ("N", "M"), "B": ("N", "M")},
        """
for t in range(0, 3):
    for j in parallel(0, M):
        for i in parallel(0, N):
            A[i, j] = A[i, j] + B[i, j] * t
""",
        """
for i0 in range(0, 3):
    parallel for i1 in range(0, N):
        parallel for i2 in range(0, M):
            A[i1, i2] = (A[i1, i2] + (B[i1, i2] * (i0)))
""",
    ),
    "ranges of a reduction": (
        WIDE,
        """
x[0] = sum(A[i, j + 1] * y[j] for j in range(0, M - 1) for i in range(0, N))
""",
        """
x[0] = sum((A[i0, i1] * y[i1 - 1]) for i0 in range(0, N) for i1 in range(1, M))
""",
    ),
    "a triangular reduction": (
        SQUARE,
        """
for i in parallel(0, N):
    y[i] = sum(A[i, i + k + 1] * x[i + k + 1] for k in range(0, N - i - 1))
""",
        """
parallel for i0 in range(0, N):
    y[i0] = sum((A[i0, i1] * x[i1]) for i1 in range(i0 + 1, N))
""",
    ),
    "a window": (
        {"a": ("N",), "w": (3,), "b": ("N",)},
        """
for i in parallel(1, N - 1):
    b[i] = sum(w[k + 1] * a[i + k] for k in range(-1, 2))
""",
        """
parallel for i0 in range(1, N - 1):
    b[i0] = sum((w[i1] * a[i0 + i1 - 1]) for i1 in range(0, 3))
""",
    ),
    "a loop around several": (
        WIDE,
        """
for t in range(0, N - 1):
    for j in range(1, M):
        A[t + 1, j] = A[t, j - 1]
    x[t + 1] = x[t] + A[t + 1, 2]
""",
        """
for i0 in range(1, N):
    for i1 in range(1, M):
        A[i0, i1] = A[i0 - 1, i1 - 1]
    x[i0] = (x[i0 - 1] + A[i0, 2])
""",
    ),
    "as early as dependences allow": (
        WIDE,
        """
for i in parallel(0, N):
    x[i] = 2
for k in parallel(0, N):
    A[k, 0] = x[k]
for j in parallel(0, M):
    y[j] = 3
""",
        """
parallel for i0 in range(0, M):
    y[i0] = 3
parallel for i1 in range(0, N):
    x[i1] = 2
parallel for i2 in range(0, N):
    A[i2, 0] = x[i2]
""",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_order(case, read, same):
    containers, before, after = CASES[case]
    computation = read(before, containers)
    ordered = order(computation)
    assert str(ordered) == after.strip("\n")
    same(computation, ordered, SIZES)


@pytest.mark.parametrize("case", CASES)
def test_what_is_ordered_stays(case, read):
    ordered = order(read(CASES[case][1], CASES[case][0]))
    assert str(order(ordered)) == str(ordered)


PAIRS = {
    "loops": (
        """
for r in parallel(0, N - 1):
    for c in parallel(r + 1, N):
        A[r, c] = B[c, r]
""",
        """
for c in parallel(0, N - 1):
    for r in parallel(0, c + 1):
        A[r, c + 1] = B[c + 1, r]
""",
        """
for r in parallel(0, N):
    for c in parallel(0, N - r - 1):
        A[r, N - 1 - c] = B[N - 1 - c, r]
""",
    ),
    "reductions": (
        "x[0] = sum(A[i, k] * y[k] for i in range(0, N) for k in range(i, N))",
        "x[0] = sum(y[k] * A[i, k] for k in range(0, N) for i in range(0, k + 1))",
        "x[0] = sum(y[N - 1 - k] * A[i, N - 1 - k] for i in range(0, N) for k in range(0, N - i))",
    ),
    "two-sided": (
        """
for i in parallel(2, N):
    x[i] = sum(A[i, k] * y[k] * sum(B[k, m + 1] for m in range(0, k)) for k in range(1, i))
""",
        """
for i in parallel(0, N - 2):
    x[i + 2] = sum(sum(B[k + 1, m] for m in range(1, k + 2)) * y[k + 1] * A[i + 2, k + 1] for k in range(0, i + 1))
""",
    ),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_one_form_however_it_is_written(pair, read, same):
    written = [read(text, SQUARE) for text in PAIRS[pair]]
    ordered = [order(computation) for computation in written]
    for before, after in zip(written, ordered, strict=True):
        same(before, after, SIZES)
        assert _looks(after.body) == _looks(ordered[0].body)


def _looks(body):
    """The nodes with operands sorted, and loops without names."""
    return [look_of_node(node, {name: name for name in SQUARE}) for node in body]


PIECES = [
    "for a in parallel(0, N):\n    s[a] = x[a] + 1",
    "for b in parallel(0, N):\n    u[b] = s[b] * x[b]",
    "for c in parallel(0, N):\n    v[c] = x[c] * 2",
    "for d in parallel(0, N):\n    x[d] = v[d] + y[d]",
    "for e in range(1, N):\n    w[e] = w[e - 1] + u[e]",
]


def test_any_valid_order_of_statements_gives_one(read, same):
    arguments = {name: ("N",) for name in "xyuw"}
    first = order(read("\n".join(PIECES), arguments, {"s": ("N",), "v": ("N",)}))
    orders = [p for p in itertools.permutations(range(5)) if _valid(p)]
    assert len(orders) > 3
    for places in orders:
        text = "\n".join(PIECES[place] for place in places).replace("s[", "other[").replace("v[", "s[")
        computation = read(text, arguments, {"other": ("N",), "s": ("N",)})
        ordered = order(computation)
        assert str(ordered) == str(first)
        same(computation, ordered, SIZES)


def _valid(places):
    before = {1: [0], 3: [0, 1, 2], 4: [1]}
    return all(places.index(a) < places.index(b) for b, others in before.items() for a in others)


def test_equal_statements_keep_their_order(read):
    text = "for i in parallel(0, N):\n    x[i] = 1\nfor j in parallel(0, N):\n    y[j] = 1"
    assert str(order(read(text, SQUARE))).splitlines()[1::2] == ["    x[i0] = 1", "    y[i1] = 1"]


def test_statements_in_one_loop_that_depend_only_across_iterations_move(read, same):
    text = """
for t in range(1, N):
    x[t] = y[t - 1] + 1
    y[t] = x[t - 1] * 2
"""
    turned = """
for t in range(1, N):
    y[t] = x[t - 1] * 2
    x[t] = y[t - 1] + 1
"""
    computation = read(text, SQUARE)
    assert str(order(computation)) == str(order(read(turned, SQUARE)))
    same(computation, order(computation), SIZES)


def test_names_avoid_what_exists(read):
    computation = read(
        "for i in parallel(0, i0):\n    local[i] = t0[i]\nfor j in parallel(0, i0):\n    t0[j] = local[j] + j",
        {"t0": ("i0",)},
        {"local": ("i0",)},
    )
    assert str(order(computation)) == (
        "parallel for i1 in range(0, i0):\n    t1[i1] = t0[i1]\n"
        "parallel for i2 in range(0, i0):\n    t0[i2] = (t1[i2] + (i2))"
    )


def test_strides_decide_not_dimensions(read):
    computation = read("for j in parallel(0, M):\n    for i in parallel(0, N):\n        A[i, j] = 1", WIDE)
    computation.containers["A"].strides = [1, computation.containers["A"].shape[0]]
    assert str(order(computation)).splitlines()[-1].strip() == "A[i1, i0] = 1"


def test_opaque_blocks_keep_their_order_and_what_they_name(read):
    computation = read("for k in range(1, N):\n    x[k] = 1", {"x": ("N",)}, {"s": ()})
    blocks = [
        Opaque(dace.SDFGState(name), frozenset(), frozenset({"s"}), frozenset({"k"})) for name in ("first", "second")
    ]
    loop = dataclasses.replace(computation.body[0], body=(*blocks, *computation.body[0].body))
    ordered = order(dataclasses.replace(computation, body=(loop,)))
    inside = [node for node in ordered.body[0].body if isinstance(node, Opaque)]
    assert [node.block.label for node in inside] == ["first", "second"]
    assert {str(value) for node in inside for value in node.values.values()} == {"i0"}
    assert set(ordered.containers) == {"x", "s"}
