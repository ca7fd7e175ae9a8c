"""Rewriting a program as statements: read, changed and written again."""

from __future__ import annotations

import copy
from collections.abc import Callable

import dace
from dace import nodes
from dace.sdfg.state import ControlFlowBlock

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.normalization.lowering import can_lower, lower
from dace_transfer.transformations.normalization.normalize import rewrite
from dace_transfer.transformations.normalization.raising import raise_sdfg
from dace_transfer.transformations.normalization.tree import Computation

_MOST = 8
_KNOWN: dict[str, Computation | None] = {}


def rewrite_statements(sdfg: dace.SDFG, change: Callable[[Computation], Computation], refusal: str) -> None:
    """Replace what an SDFG does by what `change` makes of its statements.

    Args:
        sdfg: In normal form or nearly so; changed.
        change: Returns the computation itself where there is nothing to change.
        refusal: What is said then: one sentence.

    Raises:
        NotApplicableError: It cannot be read, or there is nothing to change.
    """
    computation = _read(sdfg)
    if computation is None:
        raise NotApplicableError("The SDFG cannot be read as loops around statements; normalise it first.")
    changed = change(computation)
    if changed is computation:
        raise NotApplicableError(refusal)
    _replace_content(sdfg, lower(changed))


def _read(sdfg: dace.SDFG) -> Computation | None:
    """The statements of an SDFG; many recipes of a search begin by reading the same one."""
    digest = sdfg.hash_sdfg()
    if digest not in _KNOWN:
        raised = raise_sdfg(copy.deepcopy(sdfg))
        rewritten = None if raised is None else rewrite(raised)
        _KNOWN[digest] = rewritten if rewritten is not None and can_lower(rewritten) else None
        if len(_KNOWN) > _MOST:
            del _KNOWN[next(iter(_KNOWN))]
    return _KNOWN[digest]


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
