"""The step that computes values where they are read instead of storing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace

from dace_transfer.transformations.normalization.inline import inline
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.statements import rewrite_statements


@dataclass(frozen=True)
class Recompute:
    """Computes the elements of transients wherever they are read, several times each, and stores them no more.

    Before: `map i: t[i] = f(x[i])`, `map i: y[i] = t[i - 1] + t[i + 1]`

    After: `map i: y[i] = f(x[i - 1]) + f(x[i + 1])`

    The SDFG is read as statements, as for normalising it, and written again. In DaCe: `OTFMapFusion`; in Halide:
    `compute_inline`.

    Attributes:
        target: Always the whole SDFG, which must be in normal form or nearly so.
        times: How often an element may be computed.
    """

    name: ClassVar[str] = "recompute"

    target: str = "sdfg"
    times: int = 4

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Rewrite the SDFG; yields nothing.

        Raises:
            NotApplicableError: It cannot be read, or has no such transient.
        """
        refusal = f"No elements of a transient are read up to {self.times} times without being folded."
        rewrite_statements(sdfg, lambda computation: inline(computation, self.times), refusal)
        return Done(1, "computes elements of transients where they are read")
