"""Temporaries whose sizes change in loops are as large as they ever become."""

import dace
import numpy as np
import pytest

from dace_transfer.transformations.normalization.affine import affine
from dace_transfer.transformations.normalization.raising.growth import largest
from dace_transfer.transformations.normalization.terms import Range

N = dace.symbol("N")


@dace.program
def halves(x: dace.float64[N], y: dace.float64[N]):
    for i in range(N):
        t = np.exp(x[: i // 2 + 1])
        for a in dace.map[0 : i // 2 + 1]:
            y[a] = y[a] + t[i // 2 - a] * t[a]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("i", "K - 1"),
        ("K - i", "K"),
        ("R**i", "R**(K - 1)"),
        ("R**(K - i)", "R**K"),
        ("2*int_floor(i, 2) + 1", "2*int_floor(K - 1, 2) + 1"),
        ("Min(i, N) - i", "Min(K - 1, N)"),
        ("-N*i + 3", "3"),
        ("N*R**i", "N*R**(K - 1)"),
    ],
)
def test_the_largest_size_in_a_loop(size: str, expected: str) -> None:
    assert largest(affine(size), Range("i", affine(0), affine("K"))) == affine(expected)


@pytest.mark.parametrize("size", ["i*(K - i)", "(-2)**i", "Max(i, K - i)", "int_floor(K, i + 1)"])
def test_what_may_grow_and_shrink_has_none(size: str) -> None:
    with pytest.raises(ValueError, match="only grows"):
        largest(affine(size), Range("i", affine(0), affine("K")))


def test_temporaries_in_programs(runs) -> None:
    computation = runs(halves, {"N": 7}, x=np.linspace(0.1, 1, 7), y=np.zeros(7))
    transient = [d.shape for d in computation.containers.values() if d.transient and d.shape != (1,)]
    assert [str(size) for shape in transient for size in shape] == ["int_floor(N - 1, 2) + 1"]
