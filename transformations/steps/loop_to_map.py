"""The step that makes maps of loops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace
from dace import nodes
from dace.sdfg.state import LoopRegion
from dace.transformation import interstate

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.steps.each import for_each
from dace_transfer.transformations.steps.rewrites import rewrite


@dataclass(frozen=True)
class LoopToMap:
    """Makes a map of a loop whose iterations do not depend on one another.

    Before: `for i in range(N): B[i] = f(A[i])`

    After: `map i in 0:N: B[i] = f(A[i])`

    In DaCe: `LoopToMap`. In Halide and TVM: `parallel`.

    Attributes:
        target: Loops.
    """

    name: ClassVar[str] = "loop_to_map"

    target: str = "loops"

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Make maps of the targets, the innermost first; yields the new maps."""
        before = {handle.node for handle in _maps(sdfg)}
        done = for_each(tuple(reversed(targets)), _convert, "made maps of {count} loops")
        sdfg.reset_cfg_list()
        return Done(done.count, done.detail, tuple(h for h in _maps(sdfg) if h.node not in before))


def _convert(handle: Handle) -> list[Handle]:
    if not isinstance(handle.node, LoopRegion):
        raise NotApplicableError(f"Expected a loop, but '{handle.node}' is a {type(handle.node).__name__}.")
    rewrite(interstate.LoopToMap, handle, loop=handle.node)
    return []


def _maps(sdfg: dace.SDFG) -> list[Handle]:
    found = [(node, graph) for node, graph in sdfg.all_nodes_recursive() if isinstance(node, nodes.MapEntry)]
    return [Handle(graph, node) for node, graph in found]
