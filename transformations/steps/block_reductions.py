"""The step that computes many results from one block of what is reduced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace

from dace_transfer.transformations.schedules import block_reductions
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.statements import rewrite_statements


@dataclass(frozen=True)
class BlockReductions:
    """Takes sums in blocks that stay in a cache while all results are computed from them.

    Before: `map i: y[i] = sum(f(x[i], z[k]) for k)`

    After: `for b: map i: y[i] += sum(f(x[i], z[k]) for k in block b)`

    The SDFG is read as statements, as for normalising it, and written again. In Halide: `split` and `reorder`.

    Attributes:
        target: Always the whole SDFG, which must be in normal form or nearly so.
        size: Iterations of a block.
    """

    name: ClassVar[str] = "block_reductions"

    target: str = "sdfg"
    size: int = 2048

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Rewrite the SDFG; yields nothing.

        Raises:
            NotApplicableError: It cannot be read, or has no sum that reads an element for several results.
        """
        refusal = "No sum reads one element for several results."
        rewrite_statements(sdfg, lambda computation: block_reductions(computation, self.size), refusal)
        return Done(1, f"reduces in blocks of {self.size}")
