"""What every encoder offers to the database and the tuner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dace_transfer.workload import Workload


class Encoder(Protocol):
    """Maps workloads to vectors in which near means: what made the one fast is worth trying on the other."""

    @property
    def id(self) -> str:
        """Name and version. Vectors are only ever compared with vectors of the same id."""
        ...

    def encode(self, workloads: Sequence[Workload]) -> NDArray[np.float32]:
        """Encode `n` workloads.

        Returns:
            An array of shape `(n, d)`.

        Raises:
            WorkloadError: A workload holds something the encoder cannot describe.
        """
        ...
