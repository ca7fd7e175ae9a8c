"""Where the rows of a random matrix in compressed rows start."""

from __future__ import annotations

import numpy as np


def row_starts(rows: int, entries: int, rng: np.random.Generator) -> np.ndarray:
    """Share entries out among rows at random; returns `rows + 1` positions from 0 to `entries`, as int32."""
    counts = rng.multinomial(entries, np.full(rows, 1.0 / rows))
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
