"""Interchanged loops have the same pairs of values."""

import itertools

import pytest

from dace_transfer.transformations.normalization.affine import affine, constant
from dace_transfer.transformations.normalization.interchange import interchange
from dace_transfer.transformations.normalization.terms import Range


def loop(text: str) -> Range:
    name, begin, end = text.split()
    return Range(name, affine(begin), affine(end))


def pairs(outer: Range, inner: Range, sizes: dict[str, int]) -> set[tuple[int, int]]:
    found = set()
    for first in _values(outer, sizes):
        for second in _values(inner, {**sizes, outer.variable: first}):
            values = {outer.variable: first, inner.variable: second}
            found.add((values["i"], values["j"]))
    return found


def _values(loop: Range, known: dict[str, int]) -> range:
    values = {name: constant(value) for name, value in known.items()}
    return range(*(bound.substitute(values).constant for bound in (loop.begin, loop.end)))


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        ("i 1 N", "j 0 M", ("j 0 M", "i 1 N")),
        ("i 0 N", "j i N", ("j 0 N", "i 0 j+1")),
        ("i 0 N", "j i+1 N", ("j 1 N", "i 0 j")),
        ("i 0 N-1", "j i+1 N", ("j 1 N", "i 0 j")),
        ("i 0 N", "j 0 i+1", ("j 0 N", "i j N")),
        ("i 1 N", "j 0 i", ("j 0 N-1", "i j+1 N")),
        ("i 0 N", "j 0 N-i", ("j 0 N", "i 0 N-j")),
        ("i 0 N", "j N-i M+1", None),
        ("i 2 N", "j N-i N-1", ("j 1 N-1", "i N-j N")),
        ("i 0 N", "j i i+3", None),
        ("i 0 N", "j 2*i N", None),
        ("i 0 N", "j i M", None),
    ],
)
def test_bounds(outer, inner, expected):
    assert interchange(loop(outer), loop(inner)) == (expected and tuple(map(loop, expected)))


def test_what_is_known_helps():
    assert interchange(loop("i 0 N"), loop("j i M"), [affine("N - M")]) == (loop("j 0 M"), loop("i 0 j+1"))


def test_no_pair_is_lost_and_none_is_added():
    bounds = ["0", "N", "M-2", "i", "i+1", "i-2", "N-i", "3-i", "M-i+1"]
    found = 0
    for begin, end in itertools.product(bounds, bounds):
        outer, inner = loop("i 1 N"), loop(f"j {begin} {end}")
        swapped = interchange(outer, inner)
        if swapped is None:
            continue
        found += "i" in inner.begin.words | inner.end.words
        for n, m in itertools.product(range(6), range(6)):
            sizes = {"N": n, "M": m}
            assert pairs(*swapped, sizes) == pairs(outer, inner, sizes), (inner, swapped)
    assert found >= 8
