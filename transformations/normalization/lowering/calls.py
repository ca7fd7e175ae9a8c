"""Add library nodes to dataflow: on containers or views of them, outside of maps or inside of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import dace
from dace import data, nodes

from dace_transfer.transformations.normalization.lowering.boxes import Box, dimensions, memlet, swept
from dace_transfer.transformations.normalization.lowering.extents import Operand
from dace_transfer.transformations.normalization.lowering.flow import Flow
from dace_transfer.transformations.normalization.terms import Range

_VIEWS = "views"  # The connector by which DaCe tells what a view views.


@dataclass(frozen=True)
class Part:
    """What a library node reads or writes.

    Attributes:
        operand: The part of the container or, if it is viewed, of the view.
        array: Descriptor of the container or the view.
        viewed: The part of the container that is viewed; None where there is no view.
    """

    operand: Operand
    array: data.Data
    viewed: Box | None = None


def add_call(
    flow: Flow, node: nodes.LibraryNode, inputs: Mapping[str, Part], result: tuple[str, Part], around: tuple[Range, ...]
) -> None:
    """Add a library node inside of parallel loops.

    Before: `parallel for r: C[r, :, :] = A[r, :, :] @ B`, after: `map r { Gemm(A[r, :, :], B) -> C[r, :, :] }`.

    Args:
        flow: Where to add it.
        node: The library node.
        inputs: What it reads, by connector.
        result: Its output connector, and what it writes.
        around: The loops; none for a library node outside of maps.
    """
    caller = _Caller(flow, node, around)
    caller.begin(inputs.values(), result[1])
    for connector, part in inputs.items():
        caller.read(connector, part)
    caller.write(*result)


class _Caller:
    """Adds one library node."""

    def __init__(self, flow: Flow, node: nodes.LibraryNode, around: tuple[Range, ...]):
        self._flow, self._node, self._around = flow, node, around
        ranges = dace.subsets.Range(dimensions(around))
        map_ = nodes.Map(flow.context.label("map"), [loop.variable for loop in around], ranges)
        self._entry, self._exit = nodes.MapEntry(map_), nodes.MapExit(map_)

    def begin(self, inputs: Iterable[Part], result: Part) -> None:
        self._flow.begin({part.operand.data for part in inputs}, {result.operand.data})
        self._flow.state.add_nodes_from([self._node, *((self._entry, self._exit) if self._around else ())])

    def read(self, connector: str, part: Part) -> None:
        state, source = self._flow.state, self._flow.source(part.operand.data)
        if part.viewed is not None:
            view = self._view(part)
            view.add_in_connector(_VIEWS, force=True)
            state.add_edge(source, None, view, _VIEWS, memlet(source.data, part.viewed))
            source = view
        inner = memlet(source.data, part.operand.box)
        if not self._around:
            state.add_edge(source, None, self._node, connector, inner)
            return
        into, out = _through(self._entry, connector)
        state.add_edge(source, None, self._entry, into, self._in_all_iterations(source, part))
        state.add_edge(self._entry, out, self._node, connector, inner)

    def write(self, connector: str, part: Part) -> None:
        state, sink = self._flow.state, self._flow.sink(part.operand.data)
        if part.viewed is not None:
            view = self._view(part)
            view.add_out_connector(_VIEWS, force=True)
            state.add_edge(view, _VIEWS, sink, None, memlet(sink.data, part.viewed))
            sink = view
        inner = memlet(sink.data, part.operand.box)
        if not self._around:
            state.add_edge(self._node, connector, sink, None, inner)
            return
        into, out = _through(self._exit, connector)
        state.add_edge(self._node, connector, self._exit, into, inner)
        state.add_edge(self._exit, out, sink, None, self._in_all_iterations(sink, part))

    def _in_all_iterations(self, access: nodes.AccessNode, part: Part) -> dace.Memlet:
        return memlet(access.data, swept(part.operand.box, self._around, part.array.shape))

    def _view(self, part: Part) -> nodes.AccessNode:
        array, label = part.array, self._flow.context.label(f"{part.operand.data}_as")
        name, _ = self._flow.sdfg.add_view(
            label, array.shape, array.dtype, array.storage, strides=array.strides, find_new_name=True
        )
        view = nodes.AccessNode(name)
        self._flow.state.add_node(view)
        return view


def _through(node: nodes.MapEntry | nodes.MapExit, connector: str) -> tuple[str, str]:
    node.add_in_connector(f"IN_{connector}")
    node.add_out_connector(f"OUT_{connector}")
    return f"IN_{connector}", f"OUT_{connector}"
