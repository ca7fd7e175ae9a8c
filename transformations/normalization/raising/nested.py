"""What the names inside of a nested SDFG mean outside."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import dace
from dace import nodes
from dace.dtypes import ReductionType
from dace.frontend.operations import detect_reduction_type
from dace.sdfg.state import ControlFlowRegion, LoopRegion

from dace_transfer.transformations.normalization.affine import Affine, constant
from dace_transfer.transformations.normalization.raising.frame import (
    Frame,
    assignments,
    axes,
    check_plain,
    dimensions,
    is_integer,
)
from dace_transfer.transformations.normalization.terms import Read


def frame_inside(state: dace.SDFGState, node: nodes.NestedSDFG, frame: Frame) -> Frame:
    """Return the frame in which a nested SDFG is read.

    A connector is the whole container it is connected to: DaCe passes it from its first element on, whatever part the
    memlet names, and validation demands the same shape on both sides.

    Raises:
        ValueError: It is connected in an unusual way.
    """
    sdfg = node.sdfg
    values: dict[str, Affine] = {
        name: constant(value) for name, (_, value) in sdfg.constants_prop.items() if type(value) is int
    }
    for name, value in node.symbol_mapping.items():
        known = _known(frame, value) if is_integer(sdfg.symbols.get(str(name))) else None
        if known is not None:
            values[str(name)] = known
    saved = {str(name): frame.saved[str(v)] for name, v in node.symbol_mapping.items() if str(v) in frame.saved}
    result = Frame(sdfg, frame.builder, frozenset(), values, assignments(sdfg), {}, saved, frame.loops, True)
    if result.assigned.keys() & (values.keys() | set(map(str, node.symbol_mapping))):
        raise ValueError(f"Expected nested SDFG '{node.label}' not to assign symbols that are passed to it.")
    outer = _connected(state, node)
    return replace(result, places={name: _place(result, name, outer.get(name), frame) for name in _used(sdfg)})


def _known(frame: Frame, value: Any) -> Affine | None:
    try:
        return frame.affine(value)
    except ValueError:
        return None


def _used(sdfg: dace.SDFG) -> list[str]:
    """The containers that are accessed, bound loops or give symbols values, and no views, in a fixed order."""
    used = {node.data for state in sdfg.states() for node in state.data_nodes()}
    used |= {str(name) for edge in sdfg.all_interstate_edges() for name in edge.data.free_symbols}
    used |= {name for region in sdfg.all_control_flow_regions() for name in _bounding(region)}
    return [name for name, desc in sdfg.arrays.items() if name in used and not isinstance(desc, dace.data.View)]


def _bounding(region: ControlFlowRegion) -> set[str]:
    return set(map(str, region.loop_condition.get_free_symbols())) if isinstance(region, LoopRegion) else set()


def _connected(state: dace.SDFGState, node: nodes.NestedSDFG) -> dict[str, str]:
    outer: dict[str, str] = {}
    edges = [(edge.dst_conn, edge) for edge in state.in_edges(node)]
    for name, edge in edges + [(edge.src_conn, edge) for edge in state.out_edges(node)]:
        if name is None or edge.data.is_empty():
            continue
        folds = edge.data.wcr is None or _folds_alike(node.sdfg, name, edge.data.wcr)
        if not folds or outer.setdefault(name, edge.data.data) != edge.data.data:
            raise ValueError(f"Expected connector '{name}' of '{node.label}' to be one container.")
    return outer


def _folds_alike(sdfg: dace.SDFG, name: str, wcr: Any) -> bool:
    """Whether writes to a container resolve conflicts as outside is said, which then says nothing more.

    Other writes do not: `y[i] = 0`, and then `y[i] += v` in a loop.
    """
    writes = [
        edge.data.wcr
        for state in sdfg.states()
        for n in state.data_nodes()
        for edge in state.in_edges(n)
        if n.data == name and not edge.data.is_empty()
    ]
    kinds = {detect_reduction_type(write) if write is not None else None for write in writes}
    return kinds - {None} == {detect_reduction_type(wcr)} and ReductionType.Custom not in kinds


def _place(inner: Frame, name: str, outer: str | None, frame: Frame) -> Read:
    descriptor = inner.sdfg.arrays[name]
    check_plain(name, descriptor)
    if outer is None:
        return _new(inner, name, descriptor)
    other = frame.sdfg.arrays[outer]
    if descriptor.dtype != other.dtype or _layout(inner, descriptor) != _layout(frame, other):
        raise ValueError(f"Expected container '{name}' to have the shape of '{outer}', which is passed for it.")
    return frame.at(outer, axes(dimensions(other)))


def _new(inner: Frame, name: str, descriptor: dace.data.Data) -> Read:
    if not descriptor.transient:
        raise ValueError(f"Expected container '{name}' to be connected.")
    fresh = inner.builder.names.fresh(name)
    inner.builder.containers[fresh] = inner.made_to_fit(descriptor)
    return Read(fresh, axes(dimensions(descriptor)))


def _layout(frame: Frame, descriptor: dace.data.Data) -> list[Affine]:
    if dimensions(descriptor) == 0:
        return []
    return [frame.affine(value) for value in (*descriptor.shape, *descriptor.strides)]
