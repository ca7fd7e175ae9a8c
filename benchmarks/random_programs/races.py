"""Finds maps whose iterations write the same elements: threads would race, though any order of one thread is right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dace
from dace import nodes, symbolic
from dace.sdfg.state import ConditionalBlock, LoopRegion

Words = frozenset[str]


def races(sdfg: dace.SDFG) -> list[str]:
    """Describe the writes in parallel maps that do not depend on all of the variables of their map.

    A write depends on a variable if its element does, or whether it happens: bounds of loops and conditions around
    it. Writes that resolve conflicts, and what each iteration has for its own, are left out.
    """
    return [
        f"All iterations of '{name}' of map '{entry.label}' write '{data}'."
        for state in _states(sdfg)
        for entry in state.nodes()
        if isinstance(entry, nodes.MapEntry) and entry.schedule != dace.ScheduleType.Sequential
        for data, words in _writes_of_map(state, entry)
        for name in _long(entry)
        if name not in words
    ]


def _states(sdfg: dace.SDFG) -> Iterator[dace.SDFGState]:
    for inner in sdfg.all_sdfgs_recursive():
        yield from inner.states()


def _long(entry: nodes.MapEntry) -> list[str]:
    return [name for name, size in zip(entry.params, entry.range.size(), strict=True) if size != 1]


def _words(*expressions: Any) -> Words:
    found = (symbolic.pystr_to_symbolic(str(expression)).free_symbols for expression in expressions)
    return frozenset(str(symbol) for symbols in found for symbol in symbols)


def _subset_words(memlet: dace.Memlet) -> Words:
    return frozenset() if memlet.subset is None else frozenset(map(str, memlet.subset.free_symbols))


def _writes_of_map(state: dace.SDFGState, entry: nodes.MapEntry) -> Iterator[tuple[str, Words]]:
    for edge in state.in_edges(state.exit_node(entry)):
        if not edge.data.is_empty():
            yield from ((edge.data.data, words) for words in _at(state, state.memlet_path(edge)[0], entry))


def _at(state: dace.SDFGState, edge: Any, outermost: nodes.MapEntry | None) -> Iterator[Words]:
    """What a write depends on, by the edge that leaves the code; one entry per write inside of a nested SDFG."""
    if edge.data.wcr is not None:
        return
    around, entry = _subset_words(edge.data), state.entry_node(edge.src)
    while entry is not outermost and entry is not None:
        around |= frozenset(map(str, entry.range.free_symbols))
        entry = state.entry_node(entry)
    if not isinstance(edge.src, nodes.NestedSDFG):
        yield around
        return
    meaning = {name: _words(value) for name, value in edge.src.symbol_mapping.items()}
    for words in _inside(edge.src.sdfg, edge.src_conn):
        yield around.union(*(meaning.get(word, {word}) for word in words))


def _inside(sdfg: dace.SDFG, data: str) -> Iterator[Words]:
    for state in sdfg.states():
        for node in state.nodes():
            if not isinstance(node, nodes.AccessNode) or node.data != data:
                continue
            for edge in state.in_edges(node):
                if not edge.data.is_empty():
                    leaf = state.memlet_path(edge)[0]
                    yield from (words | _control(state) for words in _at(state, leaf, None))


def _control(block: Any) -> Words:
    """What the loops and conditions around a block depend on."""
    words: Words = frozenset()
    while not isinstance(block, dace.SDFG):
        parent = block.parent_graph
        if isinstance(block, LoopRegion):
            words |= frozenset(map(str, block.free_symbols))
        if isinstance(parent, ConditionalBlock):
            words |= frozenset(map(str, parent.free_symbols))
        block = parent
    return words
