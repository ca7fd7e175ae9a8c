"""Neighbours among many vectors are exactly those that looking at each of them finds."""

from __future__ import annotations

import numpy as np
import pytest

from dace_transfer.database.nearest import _FEW, Block, nearest


def block(matrix: np.ndarray) -> Block:
    # Digests in an order of their own, so that ties by digest are not ties by row.
    return Block(1, {f"{(place * 7919) % 1_000_003:06}": place for place in range(len(matrix))}, matrix)


def looked_at(vectors: Block, query: np.ndarray, k: int, excluded: tuple[str, ...]) -> list[tuple[str, float]]:
    difference = vectors.matrix - query
    distances = np.sqrt(np.einsum("ij,ij->i", difference, difference))
    known = ((float(distances[place]), digest) for digest, place in vectors.places.items() if digest not in excluded)
    return [(digest, distance) for distance, digest in sorted(one for one in known if np.isfinite(one[0]))[:k]]


@pytest.mark.parametrize("shift", [0.0, 300.0])
@pytest.mark.parametrize("k", [1, 32, 3000])
def test_many_vectors_have_the_neighbours_of_few(shift: float, k: int) -> None:
    rng = np.random.default_rng(0)
    matrix = (rng.normal(size=(3 * _FEW, 8)) + shift).astype(np.float32)
    matrix[100:200] = matrix[50]
    matrix[7] = np.nan
    matrix[8, 3] = np.inf
    vectors = block(matrix)
    digests = list(vectors.places)
    for query in (matrix[50], matrix[-1], (rng.normal(size=8) + shift).astype(np.float32)):
        for excluded in ((), (digests[50], digests[120], "none")):
            found = [(one.digest, one.distance) for one in nearest(vectors, query, k, excluded)]
            expected = looked_at(vectors, query, k, excluded)
            assert [digest for digest, _ in found] == [digest for digest, _ in expected]
            np.testing.assert_allclose([d for _, d in found], [d for _, d in expected], rtol=1e-5)


def test_fewer_than_asked_for_are_all() -> None:
    vectors = block(np.eye(3, dtype=np.float32))
    assert len(nearest(vectors, np.zeros(3, np.float32), 10, ())) == 3
    assert nearest(vectors, np.zeros(3, np.float32), 10, tuple(vectors.places)) == []
