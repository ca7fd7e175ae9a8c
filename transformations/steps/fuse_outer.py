"""The step that puts one parallel loop around many nests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import dace
from dace import nodes
from dace.sdfg.state import ControlFlowBlock

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.normalization.lowering import lower
from dace_transfer.transformations.normalization.raising import raise_sdfg
from dace_transfer.transformations.schedules import fuse_outer
from dace_transfer.transformations.steps.base import Done, Handle


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
    """

    name: ClassVar[str] = "fuse_outer"

    target: str = "sdfg"
    depth: int = 1

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Rewrite the SDFG; yields the maps that came to be outermost.

        Raises:
            NotApplicableError: It cannot be read, or no loop can be moved.
        """
        computation = raise_sdfg(sdfg)
        if computation is None:
            raise NotApplicableError("The SDFG cannot be read as loops around statements; normalise it first.")
        fused = fuse_outer(computation, self.depth)
        if fused is computation:
            raise NotApplicableError("No two neighbouring nests have a parallel loop that fits around both.")
        _replace_content(sdfg, lower(fused))
        return Done(1, "put common parallel loops around nests")


def _replace_content(sdfg: dace.SDFG, other: dace.SDFG) -> None:
    """Make an SDFG do what another one with the same arguments does, which must not be used any more."""
    for block in sdfg.nodes():
        sdfg.remove_node(block)
    for name in [name for name, described in sdfg.arrays.items() if described.transient]:
        sdfg.remove_data(name, validate=False)
    for name, described in other.arrays.items():
        if described.transient:
            sdfg.add_datadesc(name, described)
    for name, dtype in other.symbols.items():
        if name not in sdfg.symbols:
            sdfg.add_symbol(name, dtype)
    for block in other.nodes():
        _give(block, sdfg)
        sdfg.add_node(block, is_start_block=block is other.start_block)
    for edge in other.edges():
        sdfg.add_edge(edge.src, edge.dst, edge.data)
    sdfg.reset_cfg_list()


def _give(block: ControlFlowBlock, sdfg: dace.SDFG) -> None:
    inner = [] if isinstance(block, dace.SDFGState) else list(block.all_control_flow_blocks())
    for part in (block, *inner):
        part.sdfg = sdfg
        for node in part.nodes() if isinstance(part, dace.SDFGState) else ():
            if isinstance(node, nodes.NestedSDFG):
                node.sdfg.parent_sdfg = sdfg
