"""Read states: what their nodes compute, in the order in which DaCe would generate code for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import dace
import networkx as nx
from dace import nodes
from dace.sdfg.utils import dfs_topological_sort

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.normalization.affine import Affine
from dace_transfer.transformations.normalization.elements import elements
from dace_transfer.transformations.normalization.raising.boxes import Edge, counted, element, step_of
from dace_transfer.transformations.normalization.raising.copies import read_copy
from dace_transfer.transformations.normalization.raising.frame import Frame
from dace_transfer.transformations.normalization.raising.libraries import read_library
from dace_transfer.transformations.normalization.raising.tasklets import Wires, read_tasklet
from dace_transfer.transformations.normalization.raising.views import defines_view, with_views
from dace_transfer.transformations.normalization.terms import Range
from dace_transfer.transformations.normalization.tree import Node, nest, statements

Body = tuple[Node, ...]
NestedReader = Callable[[dace.SDFGState, nodes.NestedSDFG, Frame], Body]


@dataclass(frozen=True)
class Piece:
    """Something a state does as a whole: a code node, a map with all inside it, or a copy.

    Attributes:
        nodes: Its nodes, the access nodes around it left out; none for a copy.
        body: What it computes, or None where that cannot be read.
        why: Why it cannot be read.
    """

    nodes: frozenset[nodes.Node]
    body: Body | None
    why: str = ""


@dataclass
class StateReader:
    """Reads one state.

    Attributes:
        state: The state.
        read_nested: Reads a nested SDFG.
        wires: The temporaries between its tasklets.
    """

    state: dace.SDFGState
    read_nested: NestedReader
    wires: Wires = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._children = self.state.scope_children()
        self._scopes = self.state.scope_dict()
        self._copies = [edge for edge in self.state.edges() if self._is_copy(edge)]

    def pieces(self, frame: Frame) -> list[Piece]:
        """Return what the state does at its top level, in order."""
        frame = with_views(self.state, self._children[None], frame)
        return [self._piece(step, frame) for step in self._steps(None)]

    def _piece(self, step: Any, frame: Frame) -> Piece:
        inside = frozenset(self._nodes(step))
        try:
            with frame.builder.attempt():
                return Piece(inside, _checked(self._read(step, frame)))
        except (ValueError, NotApplicableError) as error:
            return Piece(inside, None, str(error))

    def _nodes(self, step: Any) -> list[nodes.Node]:
        if isinstance(step, nodes.EntryNode):
            return list(self.state.scope_subgraph(step).nodes())
        return [step] if isinstance(step, nodes.Node) else []

    def _steps(self, scope: nodes.EntryNode | None) -> list[Any]:
        """Code nodes, maps and copies directly in a scope, in DaCe's order, in which copies are nodes of their own."""
        members = [node for node in self._children[scope] if not isinstance(node, nodes.ExitNode)]
        copies = [edge for edge in self._copies if self._scope_of(edge) is scope]
        graph = nx.DiGraph()
        graph.add_nodes_from(([] if scope is None else [scope]) + members + copies)
        for node in [node for node in graph if node not in copies]:
            last = self.state.exit_node(node) if node is not scope and isinstance(node, nodes.EntryNode) else node
            targets = [edge.dst for edge in self.state.out_edges(last) if edge not in copies]
            graph.add_edges_from((node, target) for target in targets if target in graph)
        for edge in copies:
            graph.add_edges_from(pair for pair in ((edge.src, edge), (edge, edge.dst)) if pair[1] in graph)
        sources = [node for node in graph if not graph.in_degree(node)] if scope is None else [scope]
        skipped = {*(node for node in members if isinstance(node, nodes.AccessNode)), scope}
        return [step for step in dfs_topological_sort(graph, sources) if step not in skipped]

    def _scope_of(self, copy: Edge) -> nodes.EntryNode | None:
        return copy.src if isinstance(copy.src, nodes.EntryNode) else self._scopes[copy.src]

    def _is_copy(self, edge: Edge) -> bool:
        inner = isinstance(edge.src, nodes.AccessNode) and isinstance(edge.dst, (nodes.AccessNode, nodes.ExitNode))
        staged = isinstance(edge.src, nodes.EntryNode) and isinstance(edge.dst, nodes.AccessNode)
        return (inner or staged) and not edge.data.is_empty() and not defines_view(self.state, edge)

    def _read(self, step: Any, frame: Frame) -> Body:
        if isinstance(step, nodes.MapEntry):
            return self._map(step, frame)
        if isinstance(step, nodes.Tasklet):
            return read_tasklet(self.state, step, frame, self.wires)
        if isinstance(step, nodes.NestedSDFG):
            return self.read_nested(self.state, step, frame)
        if isinstance(step, nodes.LibraryNode):
            return read_library(self.state, step, frame)
        if isinstance(step, nodes.Node):
            raise ValueError(f"Expected tasklets, maps, nested SDFGs and library nodes, but got '{step}'.")
        return read_copy(self.state, step, frame)

    def _bounds(self, entry: nodes.MapEntry, frame: Frame) -> dict[str, Affine]:
        """What the range of a map is read from, by connector."""
        edges = [edge for edge in self.state.in_edges(entry) if not (edge.dst_conn or "IN_").startswith("IN_")]
        found = {e.dst_conn: element(frame, e.data, self.state.memlet_path(e)[0].src) for e in edges}
        values = {name: frame.value_at(place) for name, place in found.items()}
        known = {name: value for name, value in values.items() if value is not None}
        if len(known) < len(values):
            raise ValueError(f"Expected the range of map '{entry.label}' not to be read from what is written.")
        return known

    def _map(self, entry: nodes.MapEntry, frame: Frame) -> Body:
        frame = frame.with_values(self._bounds(entry, frame))
        before = frame.builder.folds
        loops: list[Range] = []
        for name, (begin, end, step) in zip(entry.params, entry.range.ndrange(), strict=True):
            first, last = frame.affine(begin), frame.affine(end)
            if step_of(step) < 1:
                raise ValueError(f"Expected map '{entry.label}' to count upwards.")
            if first == last:
                frame = frame.with_values({name: first})
                continue
            loop, value = counted(frame.builder.names.fresh(name), first, last + 1, step_of(step))
            loops.append(loop)
            frame = frame.inside(loop, {name: value})
        frame = with_views(self.state, self._children[entry], frame)
        body = tuple(node for step in self._steps(entry) for node in self._read(step, frame))
        independent = frame.builder.folds == before and entry.schedule != dace.ScheduleType.Sequential
        return nest(loops, body, independent)


def _checked(body: Body) -> Body:
    """A body, if it is known where it writes.

    Raises:
        ValueError: It writes where an array says.
    """
    for _, one in statements(body):
        if any(elements(index) for index in one.target.index):
            raise ValueError(f"Expected a place to write that is not read from a container, but got '{one.target}'.")
    return body
