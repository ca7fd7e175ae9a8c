"""The step that makes maps of loops around copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace
from dace.sdfg.state import LoopRegion

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.copy_loops import map_copies
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each


@dataclass(frozen=True)
class MapCopies:
    """Makes a map of a loop around one copy, also where it reads or writes views.

    Before: `for k in range(N): B[:, k] = A[:]`

    After: `map i in 0:M, k in 0:N: B[i, k] = A[i]`

    DaCe's `LoopToMap` does not look through views, so the rewrite is our own.

    Attributes:
        target: Loops.
    """

    name: ClassVar[str] = "map_copies"

    target: str = "loops"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Make maps of the targets; yields the new maps."""
        done = for_each(targets, _convert, "made maps of {count} loops")
        sdfg.reset_cfg_list()
        return done


def _convert(handle: Handle) -> list[Handle]:
    if not isinstance(handle.node, LoopRegion):
        raise NotApplicableError(f"Expected a loop, but '{handle.node}' is a {type(handle.node).__name__}.")
    state = handle.node.nodes()[0]
    return [Handle(state, map_copies(handle.node))]
