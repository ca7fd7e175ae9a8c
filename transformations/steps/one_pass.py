"""The step that reads rows once for all that is computed from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace

from dace_transfer.transformations.schedules import one_pass
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.statements import rewrite_statements


@dataclass(frozen=True)
class OnePass:
    """Does all that neighbouring nests do with a few rows of a matrix before the next rows are looked at.

    Before: `map i: q[i] = sum(A[i, k] * x[k] for k)`, then `map j: s[j] = sum(A[i, j] * r[i] for i)`

    After:

        map p:
            map j: part[p, j] = 0
            for i of part p:
                q[i] = sum(A[i, k] * x[k] for k)
                map j: part[p, j] += A[i, j] * r[i]
        map j: s[j] = sum(part[p, j] for p)

    The SDFG is read as statements, as for normalising it, and written again. In Halide: `rfactor`, then `compute_at`
    and `unroll`; in TVM: `rfactor` and `compute_at`.

    Attributes:
        target: Always the whole SDFG, which must be in normal form or nearly so.
        parts: Parts of the rows, which run in parallel and have sums of their own.
        rows: Rows that are looked at together, so that sums over rows are read and written once for all of them.
    """

    name: ClassVar[str] = "one_pass"

    target: str = "sdfg"
    parts: int = 32
    rows: int = 4

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Rewrite the SDFG; yields nothing.

        Raises:
            NotApplicableError: It cannot be read, or no matrix is read for sums over its rows and for something else.
        """
        refusal = "No rows are read for sums over them and for something else next to it."
        rewrite_statements(sdfg, lambda computation: one_pass(computation, self.parts, self.rows), refusal)
        return Done(1, f"reads rows once, {self.rows} at a time, in {self.parts} parts")
