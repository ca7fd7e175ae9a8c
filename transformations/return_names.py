"""Names that DaCe takes for return values, in SDFGs inside of others."""

from __future__ import annotations

from collections.abc import Mapping

import dace
from dace import nodes
from dace.sdfg.replace import replace_datadesc_names

from dace_transfer.transformations.naming import fresh_names

_RETURN = "__return"


def rename_returns(node: nodes.NestedSDFG, state: dace.SDFGState) -> None:
    """Give what a nested SDFG calls as the program calls its return values names of its own, at any depth.

    Before: `nested(..., __return_1)`, which is no valid SDFG, for there is no `__return_0` in it.
    After: `nested(..., _returned0)`.

    Expanding a library node that writes a part of a container names that container inside as it is named outside.
    """
    fresh = fresh_names(node.sdfg, "_returned")
    names = {name: next(fresh) for name in sorted(node.sdfg.arrays) if _is_return(name)}
    if names:
        replace_datadesc_names(node.sdfg, names)
        _rename_connectors(node, state, names)
    rename_nested_returns(node.sdfg)


def rename_nested_returns(sdfg: dace.SDFG) -> None:
    """Rename as `rename_returns` does in every SDFG that is nested in a program."""
    for state in sdfg.states():
        for node in state.nodes():
            if isinstance(node, nodes.NestedSDFG):
                rename_returns(node, state)


def _is_return(name: str) -> bool:
    return name == _RETURN or name.startswith(f"{_RETURN}_")


def _rename_connectors(node: nodes.NestedSDFG, state: dace.SDFGState, names: Mapping[str, str]) -> None:
    node.in_connectors = {names.get(name, name): kind for name, kind in node.in_connectors.items()}
    node.out_connectors = {names.get(name, name): kind for name, kind in node.out_connectors.items()}
    for edge in state.in_edges(node):
        edge.dst_conn = names.get(edge.dst_conn, edge.dst_conn)
    for edge in state.out_edges(node):
        edge.src_conn = names.get(edge.src_conn, edge.src_conn)
