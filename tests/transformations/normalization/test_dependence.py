"""Dependences between parts of loops."""

import pytest

from dace_transfer.transformations.normalization.dependence import Dependences

SHAPES = {"A": ("N", "N"), "B": ("N", "N"), "x": ("N",), "s": ()}


@pytest.fixture
def carried(read):
    """Whether the outermost loop of a text carries a dependence from its first to its last node."""

    def ask(text: str) -> bool:
        computation = read(text, SHAPES)
        loop = computation.body[0]
        return Dependences(computation).carried(loop.body[0], loop.body[-1], loop.range, ())

    return ask


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("x[i] = x[i] + 1.0", False),
        ("x[i] = x[i - 1]", True),
        ("x[i] = x[N - 1]", True),
        ("s = x[i]", True),
        ("x[2 * i] = x[2 * i + 1]", False),
        ("A[i, 0] = A[i, 1]", False),
        ("A[i, 0] = A[0, i]", False),
        ("x[N - 1 - i] = B[i, i]", False),
        ("x[i] = x[p[i]]", True),
        ("x[p[i]] = x[p[i]] + 1.0", True),
        ("A[i, p[i]] = A[i, q[p[i]]]", False),
    ],
)
def test_single_statements(carried, statement, expected):
    assert carried(f"for i in range(1, N):\n    {statement}") is expected


def test_triangles_do_not_meet(carried):
    text = "for i in range(0, N - 1):\n    for j in range(i + 1, N):\n        A[i, j] = B[i, j]\n"
    assert not carried(f"{text}    for j2 in range(i + 1, N):\n        A[j2, i] = A[i, j2]")
    assert carried(f"{text}    for j2 in range(0, N):\n        x[j2] = A[j2, i]")


def test_reads_of_reductions_count(carried):
    assert carried("for i in range(0, N):\n    x[i] = sum(x[k] for k in range(0, i))")
    assert not carried("for i in range(0, N):\n    x[i] = sum(B[i, k] for k in range(0, i))")


def test_sizes_are_positive(read):
    computation = read("for i in range(0, N):\n    A[i, 0] = 1.0\n    s = A[i, N]", SHAPES)
    loop = computation.body[0]
    assert not Dependences(computation).within(loop.body[0], loop.body[1], (loop.range,))
