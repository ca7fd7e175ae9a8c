"""Names of what SDFGs inside of others read and write, where DaCe's own choice makes no valid SDFG."""

from __future__ import annotations

from collections.abc import Mapping

import dace
from dace import nodes
from dace.sdfg.replace import replace_datadesc_names

from dace_transfer.transformations.naming import fresh_names

_RETURN = "__return"


def settle_names(node: nodes.NestedSDFG, state: dace.SDFGState) -> None:
    """Rename what a nested SDFG may not call as the program around it does, at any depth.

    Before: `nested(..., __return_1)`, without a `__return_0`, and `nested(..., out)`, where a tasklet writes to `out`.
    After: `nested(..., _outer0)`.

    Expanding a library node that writes a part of a container names that container inside as it is named outside.
    """
    fresh = fresh_names(node.sdfg, "_outer")
    names = {name: next(fresh) for name in sorted(_unfit(node.sdfg))}
    if names:
        replace_datadesc_names(node.sdfg, names)
        _rename_connectors(node, state, names)
    settle_nested_names(node.sdfg)


def settle_nested_names(sdfg: dace.SDFG) -> None:
    """Rename as `settle_names` does in every SDFG that is nested in a program."""
    for state in sdfg.states():
        for node in state.nodes():
            if isinstance(node, nodes.NestedSDFG):
                settle_names(node, state)


def _unfit(sdfg: dace.SDFG) -> set[str]:
    tasklets = [node for state in sdfg.states() for node in state.nodes() if isinstance(node, nodes.Tasklet)]
    wires = {name for tasklet in tasklets for name in (*tasklet.in_connectors, *tasklet.out_connectors)}
    return {name for name in sdfg.arrays if name in wires or name == _RETURN or name.startswith(f"{_RETURN}_")}


def _rename_connectors(node: nodes.NestedSDFG, state: dace.SDFGState, names: Mapping[str, str]) -> None:
    node.in_connectors = {names.get(name, name): kind for name, kind in node.in_connectors.items()}
    node.out_connectors = {names.get(name, name): kind for name, kind in node.out_connectors.items()}
    for edge in state.in_edges(node):
        edge.dst_conn = names.get(edge.dst_conn, edge.dst_conn)
    for edge in state.out_edges(node):
        edge.src_conn = names.get(edge.src_conn, edge.src_conn)
