"""The step that keeps one of several containers that are written the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace

from dace_transfer.transformations.schedules import merge_equal
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.statements import rewrite_statements


@dataclass(frozen=True)
class MergeEqual:
    """Keeps one of several transients that the same values are written to, in several statements each.

    Before: `s[0] = f(x); t[0] = f(x); map i: s[i] = g(i, s[0]); map i: t[i] = g(i, t[0])`, then nests that read both

    After: `s[0] = f(x); map i: s[i] = g(i, s[0])`, then the same nests, all of which read `s`

    What nests compute from both is then computed once where they are fused, by the compiler at the latest. The SDFG is
    read as statements, as for normalising it, and written again. Compilers call it global value numbering.

    Attributes:
        target: Always the whole SDFG, which must be in normal form or nearly so.
    """

    name: ClassVar[str] = "merge_equal"

    target: str = "sdfg"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Rewrite the SDFG; yields nothing.

        Raises:
            NotApplicableError: It cannot be read, or no two transients are always equal.
        """
        rewrite_statements(sdfg, merge_equal, "No two transients are written the same in several statements.")
        return Done(1, "keeps one of several equal transients")
