"""Cut a program into workloads, and put their tuned versions back where they came from.

A piece is cut by nesting it in place: the program keeps a NestedSDFG node where the piece was, and the workload
is a copy of what the node holds. Putting a tuned version back replaces what the node holds, so both directions
are exact and cutting can go on inside a workload: a program falls into its blocks, a loop or branch into the
blocks of its body, a state into connected groups, a group into single map nests and library nodes.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import dace
import networkx as nx
from dace import nodes
from dace.sdfg.analysis import cfg as cfg_analysis
from dace.sdfg.state import ConditionalBlock, ControlFlowBlock, ControlFlowRegion, LoopRegion
from dace.sdfg.utils import dfs_topological_sort
from dace.transformation.passes.analysis import loop_analysis

from dace_transfer.errors import WorkloadError
from dace_transfer.workload.blocks import nest_block, split_state, value_of
from dace_transfer.workload.workload import Workload, workload_of


@dataclass(frozen=True)
class Site:
    """Where a workload was cut.

    Attributes:
        label: Label of the NestedSDFG node that stands in its place, unique in the program.
        workload: What was there.
    """

    label: str
    workload: Workload


@dataclass(frozen=True)
class Cut:
    """A program whose pieces are nested in place.

    Attributes:
        program: The SDFG with one NestedSDFG node a site; computes what the uncut program computes.
        sites: In program order. Empty when the program cannot be cut into anything smaller.
        left: One sentence for each piece that stays with the program because it cannot stand alone.
    """

    program: dace.SDFG
    sites: tuple[Site, ...]
    left: tuple[str, ...] = ()


def cut(workload: Workload) -> Cut:
    """Cut a workload into the next smaller ones. The workload itself is not changed."""
    knife = _Knife(copy.deepcopy(workload.sdfg), dict(workload.sizes))
    knife.cut_region(knife.program)
    knife.program.reset_cfg_list()
    return Cut(knife.program, tuple(knife.sites()), tuple(knife.left))


def assemble(program: dace.SDFG, tuned: Mapping[str, dace.SDFG]) -> dace.SDFG:
    """Return a copy of a cut program with `tuned[label]` in place of the workload at each named site.

    Raises:
        WorkloadError: There is no such site, or the tuned SDFG takes other arguments than the workload.
    """
    result = copy.deepcopy(program)
    places = {n.label: n for n, _ in result.all_nodes_recursive() if isinstance(n, nodes.NestedSDFG)}
    for label, sdfg in tuned.items():
        if label not in places:
            raise WorkloadError(f"'{program.name}' has no site '{label}'; it has {', '.join(sorted(places))}.")
        _replace(places[label], copy.deepcopy(sdfg))
    result.reset_cfg_list()
    return result


def _replace(node: nodes.NestedSDFG, sdfg: dace.SDFG) -> None:
    arguments = {name for name, descriptor in sdfg.arrays.items() if not descriptor.transient}
    connected = set(node.in_connectors) | set(node.out_connectors)
    if not arguments <= connected:
        extra = ", ".join(sorted(arguments - connected))
        raise WorkloadError(f"The tuned version of '{node.label}' takes {extra}, which its workload does not.")
    for name in connected - arguments:
        sdfg.add_datadesc(name, copy.deepcopy(node.sdfg.arrays[name]))
    unmapped = {str(symbol) for symbol in sdfg.free_symbols} - node.symbol_mapping.keys()
    if unmapped:
        raise WorkloadError(f"The tuned version of '{node.label}' needs the unknown {', '.join(sorted(unmapped))}.")
    state = node.sdfg.parent
    sdfg.parent, sdfg.parent_sdfg, sdfg.parent_nsdfg_node = state, state.sdfg, node
    node.sdfg = sdfg


def _does_work(block: ControlFlowBlock) -> bool:
    """Whether a block holds anything a transformation could improve."""
    if isinstance(block, dace.SDFGState):
        return any(isinstance(n, (nodes.MapEntry, nodes.LibraryNode, nodes.NestedSDFG)) for n in block.nodes())
    if isinstance(block, ConditionalBlock):
        return any(_does_work(inner) for _, body in block.branches for inner in body.nodes())
    return isinstance(block, ControlFlowRegion) and any(_does_work(inner) for inner in block.nodes())


class _Knife:
    """Cuts one program in place and keeps what it cut."""

    def __init__(self, program: dace.SDFG, sizes: dict[str, int]):
        self.program = program
        self.left: list[str] = []
        self._sizes = sizes
        self._nested: list[tuple[nodes.NestedSDFG, dict[str, int], str]] = []

    def cut_region(self, region: ControlFlowRegion) -> None:
        blocks = [b for b in cfg_analysis.blockorder_topological_sort(region, recursive=False) if _does_work(b)]
        if len(blocks) > 1:
            for block in blocks:
                self._nest(block, "state" if isinstance(block, dace.SDFGState) else "region")
        elif blocks:
            self._descend(blocks[0])

    def sites(self) -> list[Site]:
        return [Site(node.label, _stand_alone(node, sizes, kind)) for node, sizes, kind in self._nested]

    def _descend(self, block: ControlFlowBlock) -> None:
        if isinstance(block, dace.SDFGState):
            self._cut_state(block)
        elif isinstance(block, ConditionalBlock):
            for _, body in block.branches:
                for inner in [b for b in body.nodes() if _does_work(b)]:
                    self._nest(inner, "state" if isinstance(inner, dace.SDFGState) else "region")
        elif isinstance(block, LoopRegion):
            self._enter_loop(block)
        elif isinstance(block, ControlFlowRegion):
            self.cut_region(block)

    def _enter_loop(self, loop: LoopRegion) -> None:
        """Inside a loop its variable is a size like any other; it is taken at half of its range."""
        first = value_of(loop_analysis.get_init_assignment(loop), self._sizes)
        last = value_of(loop_analysis.get_loop_end(loop), self._sizes)
        if first is None or last is None:
            self.left.append(f"The range of loop '{loop.label}' is not known before the program runs.")
            return
        self._sizes = {**self._sizes, loop.loop_variable: (first + last) // 2}
        blocks = [b for b in cfg_analysis.blockorder_topological_sort(loop, recursive=False) if _does_work(b)]
        for block in blocks:
            self._nest(block, "state" if isinstance(block, dace.SDFGState) else "region")

    def _cut_state(self, state: dace.SDFGState) -> None:
        groups = [part for part in nx.weakly_connected_components(state.nx) if _works(part)]
        nests = _nests(state)
        if len(groups) > 1:
            parts, kind = _in_order(state, list(nx.weakly_connected_components(state.nx))), "group"
        elif len(nests) > 1:
            parts, kind = _in_order(state, nests + _copies(state)), "nest"
        elif nests and isinstance(inner := next(iter(nests[0])), nodes.NestedSDFG) and len(nests[0]) == 1:
            self._enter_nested(state, inner)
            return
        else:
            return
        for piece, part in zip(split_state(state, parts), parts, strict=True):
            if _works(part):
                self._nest(piece, kind)

    def _enter_nested(self, state: dace.SDFGState, node: nodes.NestedSDFG) -> None:
        edges = [edge for edge in state.in_edges(node) if edge.data.data in self._sizes]
        handed = {edge.dst_conn: self._sizes[edge.data.data] for edge in edges}
        mapped = {name: value_of(value, self._sizes) for name, value in node.symbol_mapping.items()}
        if None in mapped.values():
            self.left.append(f"The sizes of '{node.label}' are not known before the program runs.")
            return
        self._sizes = {**handed, **{name: value for name, value in mapped.items() if value is not None}}
        self.cut_region(node.sdfg)

    def _nest(self, block: ControlFlowBlock, kind: str) -> None:
        try:
            node = nest_block(block, f"{self.program.name}_part{len(self._nested)}")
        except WorkloadError as error:
            self.left.append(str(error))
            return
        unknown = sorted(str(s) for s in node.sdfg.free_symbols if str(s) not in self._sizes)
        if unknown:
            self.left.append(f"'{block.label}' depends on {', '.join(unknown)}, known only while the program runs.")
            return
        self._nested.append((node, self._sizes, kind))


def _stand_alone(node: nodes.NestedSDFG, sizes: dict[str, int], kind: str) -> Workload:
    sdfg = copy.deepcopy(node.sdfg)
    sdfg.parent = sdfg.parent_sdfg = sdfg.parent_nsdfg_node = None
    sdfg.reset_cfg_list()
    return workload_of(sdfg, sizes, kind)


def _works(part: set[nodes.Node]) -> bool:
    return any(isinstance(n, (nodes.MapEntry, nodes.LibraryNode, nodes.NestedSDFG)) for n in part)


def _nests(state: dace.SDFGState) -> list[set[nodes.Node]]:
    """Every top-level code node of a state, with all of its scope where it opens one."""
    top = state.scope_children()[None]
    scopes = [{*state.scope_subgraph(n).nodes()} for n in top if isinstance(n, nodes.EntryNode)]
    return scopes + [{n} for n in top if isinstance(n, nodes.CodeNode) and not isinstance(n, nodes.ExitNode)]


def _copies(state: dace.SDFGState) -> list[set[nodes.Node]]:
    """Sources of copies from one container straight to another."""
    top = state.scope_children()[None]
    access = [n for n in top if isinstance(n, nodes.AccessNode)]
    return [{n} for n in access if any(isinstance(s, nodes.AccessNode) for s in state.successors(n))]


def _in_order(state: dace.SDFGState, parts: list[set[nodes.Node]]) -> list[set[nodes.Node]]:
    position = {node: index for index, node in enumerate(dfs_topological_sort(state))}
    return sorted(parts, key=lambda part: min(position[node] for node in part))
