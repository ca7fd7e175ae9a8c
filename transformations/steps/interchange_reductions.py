"""The step that adds up neighbouring results together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.schedules import interchange_reductions
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.statements import rewrite_statements


@dataclass(frozen=True)
class InterchangeReductions:
    """Takes the loop over neighbouring results inside of the loop that adds up, with the sums in registers.

    Before: `map i, j: y[i, j] = sum(v[k] * B[c[k], j] for k in range(r[i], r[i + 1]))`

    After: `map i: { acc = 0; for k in range(r[i], r[i + 1]): map j: acc[j] += v[k] * B[c[k], j]; y[i, :] = acc }`,
    as often as `columns` results are in a row, and once for the rest.

    The SDFG is read as statements, as for normalising it, and written again. In Halide: `reorder` of an update, with
    `compute_at` and `vectorize`; in TVM: `reorder` and `cache_write`.

    Attributes:
        target: Always the whole SDFG, which must be in normal form or nearly so.
        columns: Results that are added up together.
        products: Whether products of matrices are computed so too, and by no library.
    """

    name: ClassVar[str] = "interchange_reductions"

    target: str = "sdfg"
    columns: int = 64
    products: bool = False

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Rewrite the SDFG; yields nothing.

        Raises:
            NotApplicableError: It cannot be read, or has no such reduction.
        """
        if self.columns < 1:
            raise NotApplicableError(f"'columns' must be at least 1, but it is {self.columns}.")
        refusal = "No sum in a row of results reads neighbouring elements for neighbouring results."
        rewrite_statements(sdfg, lambda it: interchange_reductions(it, self.columns, self.products), refusal)
        return Done(1, f"adds up {self.columns} neighbouring results together")
