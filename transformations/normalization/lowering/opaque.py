"""Put blocks that normalisation left as they are into a new program."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import dace
from dace import nodes
from dace.sdfg.state import ControlFlowBlock

from dace_transfer.transformations.normalization.tree import Opaque


def adopted(opaque: Opaque, sdfg: dace.SDFG) -> ControlFlowBlock:
    """Return a copy of a block, with names replaced, that belongs to `sdfg`."""
    block = copy.deepcopy(opaque.block)
    for inner in _blocks(block):
        inner.sdfg = sdfg
        for node in inner.nodes() if isinstance(inner, dace.SDFGState) else ():
            if isinstance(node, nodes.NestedSDFG):
                node.sdfg.parent_sdfg = sdfg
    values = {name: str(value) for name, value in opaque.values.items()}
    if values:
        block.replace_dict(values)
    return block


def _blocks(block: ControlFlowBlock) -> Iterator[ControlFlowBlock]:
    yield block
    if not isinstance(block, dace.SDFGState):
        yield from block.all_control_flow_blocks()
