"""Loops that only fold become reductions; all others stay."""

import dace
import pytest

from dace_transfer.transformations.normalization.affine import affine
from dace_transfer.transformations.normalization.reductions import as_reduction, reduce_loops
from dace_transfer.transformations.normalization.terms import Range

SHAPES = {"A": ("N", "N"), "x": ("N",), "y": ("N",), "s": ()}
TYPES = {
    "n": ((), dace.int32),
    "m": ((), dace.int64),
    "f": ((), dace.float32),
    "d": ((), dace.float64),
    "ns": (("N",), dace.int32),
    "fs": (("N",), dace.float32),
    "ds": (("N",), dace.float64),
}


@pytest.fixture
def reduced(read, same):
    """The text after `reduce_loops`, which was checked to compute the same at four sizes, 1 and empty loops too."""

    def run(text: str) -> str:
        before = read(text, SHAPES)
        after = reduce_loops(before)
        for size in (1, 2, 3, 6):
            same(before, after, {"N": size})
        return str(after)

    return run


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("s + x[k]", "(s + sum(x[k] for k in range(2, N)))"),
        ("x[k] + s", "(s + sum(x[k] for k in range(2, N)))"),
        ("(x[k] + s) + y[k]", "(s + sum((x[k] + y[k]) for k in range(2, N)))"),
        ("s - x[k] * y[k]", "(s + sum(neg((x[k] * y[k])) for k in range(2, N)))"),
        ("s * x[k] * 0.5", "(s * prod((x[k] * 0.5) for k in range(2, N)))"),
        ("min(s, x[k])", "min(s, min(x[k] for k in range(2, N)))"),
        ("max(y[k], max(s, x[k]))", "max(s, max(max(y[k], x[k]) for k in range(2, N)))"),
        ("x[k] if x[k] > s else s", "max(s, max(x[k] for k in range(2, N)))"),
        ("s if x[k] <= s else x[k]", "max(s, max(x[k] for k in range(2, N)))"),
        ("x[k] if s >= x[k] else s", "min(s, min(x[k] for k in range(2, N)))"),
        ("s if s < x[k] else x[k]", "min(s, min(x[k] for k in range(2, N)))"),
        ("s + sum(A[k, j] for j in range(k, N))", "(s + sum(A[k, j] for k in range(2, N) for j in range(k, N)))"),
        ("s + min(A[k, j] for j in range(0, N))", "(s + sum(min(A[k, j] for j in range(0, N)) for k in range(2, N)))"),
        ("s + 1.0", "(s + sum(1.0 for k in range(2, N)))"),
        ("s + x[k] if y[k] > 0 else s", "(s + sum(select((y[k] > 0), x[k], 0) for k in range(2, N)))"),
        ("s if y[k] > 0 else x[k] + s", "(s + sum(select((y[k] > 0), 0, x[k]) for k in range(2, N)))"),
        ("s * x[k] if y[k] > 0 else s", "(s * prod(select((y[k] > 0), x[k], 1) for k in range(2, N)))"),
    ],
)
def test_folds(reduced, value, expected):
    assert reduced(f"for k in range(2, N):\n    s = {value}") == f"s = {expected}"


@pytest.mark.parametrize(
    "statement",
    [
        "s = x[k]",
        "s = s + s * x[k]",
        "s = s + x[k] + s",
        "s = s * x[k] + y[k]",
        "s = x[k] - s",
        "s = s",
        "x[k] = x[k] + y[k]",
        "y[0] = y[0] + y[k]",
        "s = x[k] if x[k] > s else y[k]",
        "s = x[k] if y[k] > s else s",
        "s = s + x[k] if y[k] > s else s",
        "s = s + x[k] if y[k] > 0 else 2 * s",
        "s = min(s, x[k]) if y[k] > 0 else s",
        "A[0, 0] = A[0, 0] + sum(A[k, j] for j in range(0, N))",
    ],
)
def test_what_is_no_fold_stays(reduced, read, statement):
    text = f"for k in range(0, N):\n    {statement}"
    assert reduced(text) == str(read(text, SHAPES))


def test_nests_are_reduced_from_the_inside(reduced):
    assert reduced(
        "for i in parallel(0, N):\n    y[i] = 0.0\n    for j in parallel(0, N):\n        for k in range(0, j):\n"
        "            y[i] = y[i] + A[i, k] * x[j]"
    ) == (
        "parallel for i in range(0, N):\n    y[i] = 0.0\n"
        "    y[i] = (y[i] + sum((A[i, k] * x[j]) for j in range(0, N) for k in range(0, j)))"
    )


def test_loops_with_more_in_them_stay(reduced, read):
    text = "for k in range(0, N):\n    s = s + x[k]\n    y[k] = s"
    assert reduced(text) == str(read(text, SHAPES))


def test_several_loops_at_once(read):
    loops = (Range("i", affine("0"), affine("N")), Range("j", affine("i"), affine("N")))
    (statement,) = read("s = s + A[i, j]", SHAPES).body
    expected = "s = (s + sum(A[i, j] for i in range(0, N) for j in range(i, N)))"
    assert str(as_reduction(statement, loops)) == expected
    (statement,) = read("y[j] = y[j] + A[i, j]", SHAPES).body
    assert as_reduction(statement, loops) is None
    assert as_reduction(statement, ()) is None
    assert str(as_reduction(statement, loops[:1])) == "y[j] = (y[j] + sum(A[i, j] for i in range(0, N)))"


@pytest.mark.parametrize(
    ("statement", "body"),
    [
        ("d = d + fs[k]", "dace.float64(fs[k])"),
        ("m = m + ns[k]", "dace.int64(ns[k])"),
        ("d = min(d, ns[k])", "dace.float64(ns[k])"),
        ("d = d + sum(fs[j] for j in range(0, k))", "dace.float64(fs[j])"),
        ("f = f + ds[k]", "ds[k]"),
        ("f = f + 1.5", "1.5"),
        ("n = n + 1", "1"),
        ("n = n + ns[k]", "ns[k]"),
        ("n = n + ds[k]", None),
        ("m = m * 0.5", None),
    ],
)
def test_partial_results_keep_the_type_of_the_target(read, statement, body):
    before = read(f"for k in range(0, N):\n    {statement}", TYPES)
    after = reduce_loops(before)
    if body is None:
        assert after == before
    else:
        assert f"({body} for " in str(after)
        assert len(after.body) == 1
