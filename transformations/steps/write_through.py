"""The step that writes results where they go, in the shape they have there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.written_views import write_through


@dataclass(frozen=True)
class WriteThrough:
    """Makes temporaries that are copied in another shape views of what they are copied to.

    Before: `t = transpose(A); v = View(t) of the shape of B; B[:] = v`

    After: `v = View(B) of the shape of t; v = transpose(A)`

    NumPy's `B[:] = np.reshape(..., shape)` makes such copies. DaCe's `RedundantArray` leaves them where shapes differ,
    so the rewrite is our own.

    Attributes:
        target: Always the whole SDFG.
    """

    name: ClassVar[str] = "write_through"

    target: str = "sdfg"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Write through everywhere; yields nothing.

        Raises:
            NotApplicableError: Nothing is copied in another shape.
        """
        count = sum(write_through(state) for inner in sdfg.all_sdfgs_recursive() for state in inner.states())
        if count == 0:
            raise NotApplicableError("No temporary is only copied, as a whole and in another shape.")
        return Done(count, f"dropped {count} copies")
