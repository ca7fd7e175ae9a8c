"""Dimensions have a place for every iteration, and never none."""

import pytest

from dace_transfer.transformations.normalization.affine import affine
from dace_transfer.transformations.normalization.dimension import dimension_of
from dace_transfer.transformations.normalization.terms import Range

FACTS = (affine("N - 1"), affine("M - 1"))


def loop(text: str) -> Range:
    name, begin, end = text.split()
    return Range(name, affine(begin), affine(end))


@pytest.mark.parametrize(
    ("text", "around", "expected"),
    [
        ("j 0 N", [], ("j", "N")),
        ("j 0 N-2", [], ("j", "N")),
        ("j 1 N-1", [], ("j", "N")),
        ("j 3 9", [], ("j - 3", "6")),
        ("j -1 N", [], ("j + 1", "N + 1")),
        ("j N 2*N", [], ("-N + j", "N")),
        ("j i N", ["i 0 N"], ("j", "N")),
        ("j 0 i", ["i 0 N"], ("j", "N")),
        ("j i i+3", ["i 0 N"], ("j", "N + 2")),
        ("j N-i N", ["i 0 N"], ("j", "N")),
        ("j k N", ["i 0 M", "k i M"], ("j", "N")),
        ("j 0 k", ["i 0 M", "k i M"], ("j", "M")),
        ("j 0 K", [], None),
        ("j N M", [], None),
        ("j i*i N", ["i 0 N"], None),
        ("j 0 int_floor(N,2)", [], ("j", "((int_floor(N, 2))) + 1")),
        ("j 0 int_ceil(N,4)", [], ("j", "((int_ceil(N, 4)))")),
        ("j 0 int_floor(N+i,2)", ["i 0 N"], None),
    ],
)
def test_dimensions(text, around, expected):
    dimension = dimension_of(loop(text), [loop(outer) for outer in around], FACTS, {"N", "M", "K"})
    assert (dimension and (str(dimension.index), str(dimension.size))) == expected


def test_only_sizes_are_named():
    assert dimension_of(loop("j 0 N"), [], FACTS, {"M"}) is None
