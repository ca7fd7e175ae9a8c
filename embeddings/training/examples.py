"""What the encoder learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dace_transfer.embeddings.graph import Graph


@dataclass(frozen=True)
class Examples:
    """Workloads with what became of recipes on them.

    Attributes:
        graphs: `n` graphs.
        gains: Base-2 logarithm of the speedup over auto_optimize, shape `(n, recipes)`; 0 where a recipe does not
            apply or must not be used, since auto_optimize is used then.
        runtime: Base-2 logarithm of the seconds auto_optimize takes, shape `(n,)`; NaN where that is not known.
        kin: Whether two workloads are of one kernel family, shape `(n, n)`.
    """

    graphs: Sequence[Graph]
    gains: NDArray[np.float32]
    runtime: NDArray[np.float32]
    kin: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.graphs)

    def only(self, rows: Sequence[int] | NDArray[np.int64]) -> Examples:
        """Some of the workloads."""
        chosen = np.asarray(rows, dtype=np.int64)
        return Examples(
            [self.graphs[row] for row in chosen],
            self.gains[chosen],
            self.runtime[chosen],
            self.kin[np.ix_(chosen, chosen)],
        )
