"""Encodings: where the vectors that neighbours are found by come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from dace_transfer.database.records import Vector
from dace_transfer.database.store import Store
from dace_transfer.embeddings.features import FEATURES
from dace_transfer.errors import StoreError
from dace_transfer.learning.profiles import Rows

Encoding: TypeAlias = Callable[[Rows], Vector]
"""From the rows an encoder may be trained on to vectors of all n workloads, shape `(n, d)`; NaN where it makes none."""

_SIZES = ("operations per thread", "bytes moved", "arguments over last-level cache")


def stored(store: Store, encoder: str, digests: Sequence[str]) -> Encoding:
    """Return the vectors that an encoder which learns nothing made of the workloads when they were put.

    Raises:
        StoreError: The database holds no vector of this encoder for any of them.
    """
    found = [store.get_embedding(digest, encoder) for digest in digests]
    length = next((record.vector.size for record in found if record is not None), None)
    if length is None:
        raise StoreError(
            f"The database holds no vectors of the encoder '{encoder}'; survey some programs with it first."
        )
    missing = np.full(length, np.nan, np.float32)
    vectors = np.stack([missing if record is None else record.vector for record in found])
    return lambda train: vectors


def only_sizes(encoding: Encoding) -> Encoding:
    """Keep of the vectors of `SymbolicFeatures`, shape `(n, len(FEATURES))`, volumes and operations, shape `(n, 3)`."""
    columns = [index for index, (name, _, _) in enumerate(FEATURES) if name in _SIZES]
    return lambda train: encoding(train)[:, columns]
