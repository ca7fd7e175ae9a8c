"""The step that runs DaCe's simplification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.steps.base import Done, Handle


@dataclass(frozen=True)
class Simplify:
    """Fuses states, inlines nested SDFGs and removes copies, dead code and unused symbols.

    Before: `t = A; state; B = f(t)`

    After: `B = f(A)`

    In DaCe: `SDFG.simplify`. In TVM: `simplify`.

    Attributes:
        target: Always the whole SDFG.
    """

    name: ClassVar[str] = "simplify"

    target: str = "sdfg"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Simplify the SDFG; yields nothing.

        Raises:
            NotApplicableError: There is nothing to simplify.
        """
        if not sdfg.simplify():
            raise NotApplicableError("The SDFG is as simple as DaCe makes it already.")
        return Done(1, "simplified the SDFG")
