"""Exact nearest neighbours over vectors kept in memory, which beats an index up to a million of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, func, select

from dace_transfer.database.models import EmbeddingRow, table_of
from dace_transfer.database.records import Neighbour, Vector
from dace_transfer.errors import StoreError

_EMBEDDINGS = table_of(EmbeddingRow)


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
    digests = list(block.places)
    query = np.asarray(vector, dtype=np.float32)
    if not digests or k < 1:
        return []
    if query.shape != block.matrix.shape[1:] or not np.isfinite(query).all():
        raise StoreError(
            f"A query needs a vector of {block.matrix.shape[1]} finite numbers like those it is compared with, "
            f"got shape {query.shape}; encode it with the same encoder."
        )
    difference = block.matrix - query
    distances = np.sqrt(np.einsum("ij,ij->i", difference, difference))
    distances[[block.places[digest] for digest in excluded if digest in block.places]] = np.inf
    limit = np.partition(distances, min(k, len(digests)) - 1)[min(k, len(digests)) - 1]
    within = np.flatnonzero((distances <= limit) & np.isfinite(distances))
    found = sorted((float(distances[i]), digests[i]) for i in within)
    return [Neighbour(digest, distance) for distance, digest in found[:k]]


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
