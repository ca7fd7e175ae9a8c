"""Temporaries of iterations get a dimension where that makes loops parallel."""

import dace
import pytest
from dace.sdfg.state import LoopRegion

from dace_transfer.transformations.normalization.affine import affine
from dace_transfer.transformations.normalization.privatize import privatize
from dace_transfer.transformations.normalization.tree import Opaque

SHAPES = {"A": ("N", "N"), "B": ("N", "N"), "x": ("N",), "y": ("N",), "z": ()}
LOCALS = {"s": (), "t": ("N",), "u": (1,), "w": (3,), "W": ("N", "N")}


@pytest.fixture
def privatized(read, same):
    """`privatized(text, name=shape, ...)`: the text after `privatize`, and the shapes there are to be of locals."""

    def run(text: str, **shapes: str) -> str:
        before = read(text, SHAPES, LOCALS)
        after = privatize(before)
        for size in (1, 2, 3, 5):
            same(before, after, {"N": size, "M": 1, "K": size - 1})
        for name, shape in shapes.items():
            desc = after.containers[name]
            assert ", ".join(str(affine(side)) for side in desc.shape) == shape
            assert desc.transient and desc.dtype == before.containers[name].dtype
            assert desc.strides == dace.data.Array(desc.dtype, desc.shape).strides
        expanded = {name for name in LOCALS if after.containers[name] is not before.containers[name]}
        assert expanded == set(shapes)
        assert privatize(after) == after
        return str(after)

    return run


@pytest.fixture
def unchanged(privatized, read):
    """Assert that `privatize` leaves a text as it is."""

    def run(text: str) -> None:
        assert privatized(text) == str(read(text, SHAPES, LOCALS))

    return run


def test_a_scalar(privatized):
    text = "for i in range(0, N):\n    s = x[i] * x[i]\n    y[i] = s * s"
    assert privatized(text, s="N") == ("for i in range(0, N):\n    s[i] = (x[i] * x[i])\n    y[i] = (s[i] * s[i])")


def test_a_scalar_gets_parallel_loops_and_no_sequential_one(privatized):
    text = (
        "for t0 in range(0, N):\n    for i in range(1, N):\n        for j in range(0, N - 1):\n"
        "            s = A[i, j] + x[t0]\n            A[i, j] = s * s"
    )
    assert privatized(text, s="N, N") == (
        "for t0 in range(0, N):\n    for i in range(1, N):\n        for j in range(0, N - 1):\n"
        "            s[i, j] = (A[i, j] + x[t0])\n            A[i, j] = (s[i, j] * s[i, j])"
    )


def test_a_dimension_is_never_empty(privatized):
    text = "for i in range(1, N):\n    for j in range(1, i - 1):\n        s = A[i, j]\n        B[j, i] = s * s"
    assert privatized(text, s="N, N") == (
        "for i in range(1, N):\n    for j in range(1, i - 1):\n"
        "        s[i, j] = A[i, j]\n        B[j, i] = (s[i, j] * s[i, j])"
    )
    text = "for i in range(2, 5):\n    u[0] = z * z\n    w[i - 2] = u[0] * u[0]\nz = w[0]"
    assert privatized(text, u="3").startswith("for i in range(2, 5):\n    u[i - 2] = (z * z)\n")


def test_a_row_that_is_filled_by_a_recurrence(privatized):
    text = (
        "for i in range(0, N):\n    t[0] = x[i]\n    for j in range(1, N):\n        t[j] = t[j - 1] * 0.5\n"
        "    for k in range(0, N):\n        A[i, k] = t[k] + t[N - 1 - k]"
    )
    assert privatized(text, t="N, N") == (
        "for i in range(0, N):\n    t[i, 0] = x[i]\n    for j in range(1, N):\n        t[i, j] = (t[i, j - 1] * 0.5)\n"
        "    for k in range(0, N):\n        A[i, k] = (t[i, k] + t[i, N - k - 1])"
    )


def test_accumulators(privatized):
    text = "for i in range(0, N):\n    s = 0.0\n    for k in range(0, N):\n        s = s + A[i, k]\n    y[i] = s * s"
    assert privatized(text, s="N") == (
        "for i in range(0, N):\n    s[i] = 0.0\n    for k in range(0, N):\n        s[i] = (s[i] + A[i, k])\n"
        "    y[i] = (s[i] * s[i])"
    )


def test_what_is_used_by_parts_that_can_be_split_off(privatized):
    text = "for i in range(1, N):\n    s = B[0, i]\n    y[i] = s * s\n    x[i] = x[i - 1] + y[i]"
    assert privatized(text, s="N") == (
        "for i in range(1, N):\n    s[i] = B[0, i]\n    y[i] = (s[i] * s[i])\n    x[i] = (x[i - 1] + y[i])"
    )


@pytest.mark.parametrize(
    "text",
    [
        # The loop is sequential anyway.
        "for i in range(1, N):\n    s = x[i - 1]\n    x[i] = s * s",
        "for i in range(0, N):\n    for j in range(0, N):\n        t[j] = y[j]\n"
        "    for k in range(0, N):\n        y[k] = t[k] * t[N - 1 - k]",
        # A cycle through a node that does not use it.
        "for i in range(0, N):\n    s = z\n    x[i] = s * s\n    z = x[i]",
        # Read before written, or not in every iteration.
        "s = 0.0\nfor i in range(0, N):\n    s = x[i]\n    y[i] = s * s",
        "for i in range(0, N):\n    s = x[i]\n    y[i] = s * s\nz = s",
        "t[0] = 0.0\nfor i in range(0, N):\n    t[0] = x[i]\n    y[i] = t[0]",
        "for i in range(0, N):\n    A[i, i] = x[i]\n    y[i] = A[i, i]",
        # Every iteration has an element of its own as it is.
        "for i in range(0, N):\n    t[i] = x[i]\n    y[i] = t[i] * t[i]",
        # Larger than everything there is.
        "for i in range(0, N):\n    for a in range(0, N):\n        for b in range(0, N):\n"
        "            W[a, b] = A[i, a] * A[i, b]\n"
        "    for c in range(0, N):\n        B[i, c] = W[c, c] * W[c, 0]",
        # An extent that no size bounds.
        "for i in range(M, K):\n    s = x[i]\n    y[i] = s * s",
    ],
)
def test_what_stays(unchanged, text):
    unchanged(text)


def test_iterations_of_a_map_own_their_temporaries(privatized):
    text = (
        "for i in parallel(0, N):\n    for j in parallel(0, i):\n        for k in range(0, 3):\n"
        "            w[k] = A[i, j] * {k}\n        B[i, j] = w[0] + w[2]"
    ).replace("{k}", "k")
    assert privatized(text, w="N, N, 3") == (
        "parallel for i in range(0, N):\n    parallel for j in range(0, i):\n        for k in range(0, 3):\n"
        "            w[i, j, k] = (A[i, j] * (k))\n        B[i, j] = (w[i, j, 0] + w[i, j, 2])"
    )


def test_a_map_with_temporaries_too_large_keeps_them(unchanged):
    unchanged(
        "for i in parallel(0, N):\n    for j in parallel(0, N):\n        for k in range(0, N):\n"
        "            t[k] = A[i, k] * A[j, k]\n        B[i, j] = t[0] + t[N - 1]"
    )


def test_loops_too_large_for_all_dimensions_get_the_outer_ones(privatized):
    text = (
        "for i in range(0, N):\n    for j in range(0, N):\n        for k in range(0, N):\n"
        "            t[k] = A[i, k] * A[j, k]\n        B[i, j] = t[0] + t[N - 1]"
    )
    assert "t[i, k] = (A[i, k] * A[j, k])\n        B[i, j] = (t[i, 0] + t[i, N - 1])" in privatized(text, t="N, N")


def test_pinned_containers_keep_their_shape(read):
    before = read("for i in range(0, N):\n    s = x[i]\n    y[i] = s * s", SHAPES, LOCALS)
    block = Opaque(LoopRegion("kept"), frozenset({"s"}), frozenset(), frozenset())
    pinned = type(before)(before.origin, before.containers, (*before.body, block))
    assert privatize(pinned) == pinned
