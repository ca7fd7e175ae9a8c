"""The step that tiles sequential loops together with what they sweep over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace

from dace_transfer.transformations import schedules
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.statements import rewrite_statements


@dataclass(frozen=True)
class TileTime:
    """Executes several iterations of a sequential loop on one block before the next, blocks of a wave in parallel.

    Before:                                 After:

        for t:                                  for w:
            map i: y[i] = f(x, i - 1, i + 1)        map b:
            map i: x[i] = f(y, i - 1, i + 1)            for t in block b of time:
                                                            map i in block w - 2 * b, leaning: y[i] = f(x, ...)
                                                            map i in that block, one behind: x[i] = f(y, ...)

    The SDFG is read as statements, as for normalising it, and written again. In Pluto: tiles of skewed loops, wave
    fronts of tiles in parallel.

    Attributes:
        target: Always the whole SDFG, which must be in normal form or nearly so.
        steps: Iterations of the sequential loop in one tile.
        size: Indices of what is swept over in one tile; more where `steps` need more.
    """

    name: ClassVar[str] = "tile_time"

    target: str = "sdfg"
    steps: int = 8
    size: int = 32

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Rewrite the SDFG; yields nothing.

        Raises:
            NotApplicableError: It cannot be read, or no loop sweeps at constant distances.
        """
        refusal = "No sequential loop sweeps over nests that hand something on at constant distances."
        rewrite_statements(sdfg, lambda one: schedules.tile_time(one, self.steps, self.size), refusal)
        return Done(1, f"takes {self.steps} iterations at a time on blocks of {self.size}")
