"""What a body reads, it wrote before: proofs and their limits."""

import pytest

from dace_transfer.transformations.normalization.affine import affine
from dace_transfer.transformations.normalization.covering import is_written_first

SHAPES = {"t": ("N",), "T": ("N", "N"), "s": (), "x": ("N",)}


@pytest.fixture
def first(read):
    """Whether a text writes a container before it reads it, for any N of at least 1."""

    def ask(text: str, data: str) -> bool:
        return is_written_first(data, read(text, SHAPES).body, [affine("N - 1")])

    return ask


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s = 0.0\nx[0] = s", True),
        ("x[0] = s\ns = 0.0", False),
        ("s = s + 1.0", False),
        ("s = 0.0\nfor j in range(0, N):\n    s = s + x[j]\nx[0] = s", True),
        ("for j in range(0, N):\n    s = x[j]\nx[0] = s", True),
        ("for j in range(1, N):\n    s = x[j]\nx[0] = s", False),
        ("for j in range(0, N):\n    s = x[j]\n    x[j] = s * s", True),
        ("for j in range(0, N):\n    x[j] = s * s\n    s = x[j]", False),
        ("s = 1.0\nx[0] = sum(s * x[k] for k in range(0, N))", True),
    ],
)
def test_scalars(first, text, expected):
    assert first(text, "s") is expected


@pytest.mark.parametrize(
    ("written", "read_", "expected"),
    [
        ("for i in range(0, N):\n    t[i] = 0.0", "x[0] = sum(t[k] for k in range(0, N))", True),
        ("for i in range(0, N):\n    t[i] = 0.0", "x[0] = t[0]", True),
        ("for i in range(0, N):\n    t[N - 1 - i] = 0.0", "x[0] = sum(t[k] for k in range(0, N))", True),
        ("for i in range(0, N - 1):\n    t[i + 1] = 0.0", "x[0] = sum(t[k] for k in range(1, N))", True),
        ("for i in range(0, N - 1):\n    t[i + 1] = 0.0", "x[0] = sum(t[k] for k in range(0, N))", False),
        ("for i in range(0, N - 1):\n    t[i + 1] = 0.0\nt[0] = 1.0", "x[0] = sum(t[k] for k in range(0, N))", True),
        ("for i in range(0, N):\n    t[2 * i] = 0.0", "x[0] = t[0]", False),
        ("t[0] = 1.0", "for i in range(1, N):\n    t[i] = t[i - 1]", True),
        ("t[0] = 1.0", "for i in range(0, N):\n    t[i] = t[i - 1]", False),
        ("t[0] = 1.0", "for i in range(2, N):\n    t[i] = t[i - 1]", False),
        ("t[0] = 1.0", "for i in range(1, N):\n    t[i] = t[i] + t[i - 1]", False),
        ("t[N - 1] = 1.0", "for i in range(1, N):\n    t[N - 1 - i] = t[N - i]", True),
        ("t[0] = 1.0", "for i in range(1, N):\n    t[i] = sum(t[k] for k in range(0, i))", True),
        ("t[0] = 1.0", "for i in range(1, N):\n    t[i] = sum(t[k] for k in range(0, i + 1))", False),
    ],
)
def test_vectors(first, written, read_, expected):
    assert first(f"{written}\n{read_}", "t") is expected


def test_triangles(first):
    lower = "for i in range(0, N):\n    for j in range(0, i + 1):\n        T[i, j] = 0.0\n"
    upper = "for k in range(0, N):\n    for l in range(k + 1, N):\n        T[k, l] = 1.0\n"
    everything = "x[0] = sum(T[a, b] for a in range(0, N) for b in range(0, N))"
    assert first(lower + "x[0] = sum(T[a, b] for a in range(0, N) for b in range(0, a))", "T")
    assert not first(lower + everything, "T")
    assert first(lower + upper + everything, "T")


def test_a_loop_around_that_may_be_empty(first):
    text = "for i in range(0, {}):\n    for j in range(0, N):\n        t[j] = 0.0\nx[0] = t[0]"
    assert first(text.format("N"), "t")
    assert not first(text.format("N - 1"), "t")


def test_rows_of_an_earlier_iteration(first):
    rows = (
        "for j in range(0, N):\n    T[0, j] = 0.0\n"
        "for i in range(1, N):\n    for j2 in range(0, {}):\n        T[i, j2] = T[i - 1, j2]"
    )
    assert first(rows.format("N"), "T")
    assert first(rows.format("N - 1"), "T")
    assert first(rows.format("N - i"), "T")
    assert not first(rows.format("i").replace("T[0, j]", "T[0, 0]"), "T")
