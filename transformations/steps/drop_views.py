"""The step that removes views that only add or drop axes of length one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.unit_views import drop_unit_views


@dataclass(frozen=True)
class DropViews:
    """Uses containers in place of views of them that only add or drop axes of length one.

    Before: `s = Reduce(axis=1)(A); v = View(s) of shape (N, 1); map i, j: B[i, j] = A[i, j] - v[i, 0]`

    After: `s = Reduce(axis=1)(A); map i, j: B[i, j] = A[i, j] - s[i]`

    NumPy's `keepdims` makes such views, and they hide from every fusion that a reduction meets a map. DaCe's
    `SqueezeViewRemove` and `UnsqueezeViewRemove` do not match them, so the rewrite is our own.

    Attributes:
        target: Always the whole SDFG.
    """

    name: ClassVar[str] = "drop_views"

    target: str = "sdfg"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Drop such views everywhere; yields nothing.

        Raises:
            NotApplicableError: There are none.
        """
        count = sum(drop_unit_views(state) for inner in sdfg.all_sdfgs_recursive() for state in inner.states())
        if count == 0:
            raise NotApplicableError("No view only adds or drops axes of length one.")
        return Done(count, f"dropped {count} views")
