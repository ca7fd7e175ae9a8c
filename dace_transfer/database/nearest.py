"""Exact nearest neighbours over vectors kept in memory."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select

from dace_transfer.database.models import EmbeddingRow, table_of
from dace_transfer.database.records import Neighbour, Vector
from dace_transfer.errors import StoreError

_EMBEDDINGS = table_of(EmbeddingRow)
_FEW = 4096  # Vectors among which looking at all is as fast.
_PARTS = 16  # That the vectors are cut into, times as many as are looked for.
_ROUNDING = 1e-5  # Relative to the largest squared length; single precision and a few hundred terms lose less.


@dataclass(frozen=True)
class Block:
    """The vectors of one encoder and target.

    Attributes:
        serial: The last row of the table that is in here.
        places: Row of the matrix by digest, in the order of the rows.
        matrix: Shape (n, d), float32.
    """

    serial: int
    places: dict[str, int]
    matrix: Vector

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """In the order of the rows."""
        return tuple(self.places)

    @cached_property
    def squares(self) -> Vector:
        """Squared length of each vector, shape (n,)."""
        squares: Vector = np.einsum("ij,ij->i", self.matrix, self.matrix)
        return squares

    @cached_property
    def longest(self) -> float:
        """Largest squared length of a vector of finite numbers."""
        return float(np.max(self.squares, initial=0.0, where=np.isfinite(self.squares)))


class VectorCache:
    """Keeps blocks, reading from the database only the rows it has not seen, whoever wrote them."""

    def __init__(self) -> None:
        self._blocks: dict[tuple[str, str], Block] = {}

    def clear(self) -> None:
        """Forget all, as is needed after a transaction that was undone."""
        self._blocks.clear()

    def block(self, connection: Connection, encoder: str, target: str) -> Block:
        """Return all vectors of an encoder and target as they are now."""
        key = (encoder, target)
        block = self._blocks.get(key, Block(0, {}, np.empty((0, 0), np.float32)))
        c = _EMBEDDINGS.c
        mine = (c.encoder == encoder, c.target == target)
        newest = connection.execute(select(func.max(c.serial)).where(*mine)).scalar() or 0
        if newest != block.serial:
            query = select(c.digest, c.vector).where(*mine, c.serial > block.serial).order_by(c.serial)
            rows = connection.execute(query).all()
            block = self._blocks[key] = _extended(block, newest, [(row.digest, row.vector) for row in rows])
        return block


def nearest(block: Block, vector: Vector, k: int, excluded: Collection[str]) -> list[Neighbour]:
    """Return the k nearest rows by Euclidean distance, ties by digest.

    Args:
        block: n vectors of length d.
        vector: Shape (d,).
        k: At most this many are returned.
        excluded: Digests to leave out.

    Raises:
        StoreError: The vector has another length than those of the block, or holds what is not a number.
    """
    query = np.asarray(vector, dtype=np.float32)
    if not block.places or k < 1:
        return []
    if query.shape != block.matrix.shape[1:] or not np.isfinite(query).all():
        raise StoreError(
            f"A query needs a vector of {block.matrix.shape[1]} finite numbers like those it is compared with, "
            f"got shape {query.shape}; encode it with the same encoder."
        )
    left_out = [block.places[digest] for digest in excluded if digest in block.places]
    rows = _candidates(block, query, k + len(left_out))
    difference = block.matrix[rows] - query
    distances = np.sqrt(np.einsum("ij,ij->i", difference, difference))
    distances[np.isin(rows, left_out)] = np.inf
    last = min(k, len(rows)) - 1
    within = np.flatnonzero((distances <= np.partition(distances, last)[last]) & np.isfinite(distances))
    found = sorted((float(distances[i]), block.digests[rows[i]]) for i in within)
    return [Neighbour(digest, distance) for distance, digest in found[:k]]


def _candidates(block: Block, query: Vector, count: int) -> NDArray[np.intp]:
    """Return rows that the `count` nearest are among, with all that are as near as the last of them.

    Squared lengths less twice the products order vectors as distances do, but for rounding, and take one pass over the
    matrix. At least `count` of them are no larger than the largest among the least ones of as many parts.
    """
    length = len(block.matrix) // (_PARTS * count)
    if len(block.matrix) <= _FEW or not length:
        return np.arange(len(block.matrix))
    with np.errstate(over="ignore", invalid="ignore"):
        order = block.squares - 2.0 * (block.matrix @ query)
        slack = 2.0 * _ROUNDING * (block.longest + query @ query)
    least = np.fmin.reduceat(order, np.arange(0, len(order), length))
    return np.flatnonzero(order <= np.partition(least, count - 1)[count - 1] + slack)


def _extended(block: Block, serial: int, rows: list[tuple[str, bytes]]) -> Block:
    """Return a block with more rows; a row for a digest it has replaces the old one."""
    vectors = [np.frombuffer(data, dtype="<f4") for _, data in rows]
    old = block.matrix if len(block.places) else np.empty((0, vectors[0].size), np.float32)
    if any(vector.size != old.shape[1] for vector in vectors):
        raise StoreError("Vectors of one encoder differ in length; `dace-transfer db verify` says which.")
    places = dict(block.places)
    for digest, _ in rows:
        places.setdefault(digest, len(places))
    matrix = np.concatenate([old, np.empty((len(places) - len(old), old.shape[1]), np.float32)])
    matrix[[places[digest] for digest, _ in rows]] = np.stack(vectors)
    return Block(serial, places, matrix)
