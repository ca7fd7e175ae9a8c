"""The step that puts one parallel loop around many nests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace

from dace_transfer.transformations.schedules import fuse_outer
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.statements import rewrite_statements


@dataclass(frozen=True)
class FuseOuter:
    """Puts parallel loops that neighbouring nests have in common around all of them, past sequential loops as well.

    Before:                                     After:

        map i, j: t[i, j] = f(x[i, j])              map i:
        for k:                                          map j: t'[j] = f(x[i, j])
            map i, j: y[i, j, k] =                      for k:
                g(y[i, j, k - 1], t[i, j])                  map j: y[i, j, k] = g(y[i, j, k - 1], t'[j])

    The SDFG is read as statements, as for normalising it, and written again. In Halide: `compute_at` the outermost
    loop of the consumer; in TVM: `compute_at` with `reorder`.

    Attributes:
        target: Always the whole SDFG, which must be in normal form or nearly so.
        depth: How many loops are put around one another at most.
        lanes: Iterations of these loops that are executed side by side where there are sequential loops in them, so
            that `for k` comes before `map l in 0:lanes`; 0 or 1 for one after the other. In Halide and TVM: `split` and
            `reorder`.
    """

    name: ClassVar[str] = "fuse_outer"

    target: str = "sdfg"
    depth: int = 1
    lanes: int = 0

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Rewrite the SDFG; yields the maps that came to be outermost.

        Raises:
            NotApplicableError: It cannot be read, no loop can be moved, or none of them has iterations for lanes.
        """
        refusal = "No two neighbouring nests have a parallel loop that fits around both"
        refusal += ", or its iterations cannot run side by side in sequential loops." if self.lanes > 1 else "."
        rewrite_statements(sdfg, lambda computation: fuse_outer(computation, self.depth, self.lanes), refusal)
        return Done(1, "put common parallel loops around nests")
