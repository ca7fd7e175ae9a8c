"""Lower bodies: loops to loop regions and maps, statements to dataflow, blocks as they are."""

from __future__ import annotations

import copy
from collections.abc import Iterable

import dace
from dace.sdfg.state import LoopRegion

from dace_transfer.transformations.nested_names import settle_names
from dace_transfer.transformations.normalization.elements import is_nested, plain_words
from dace_transfer.transformations.normalization.lowering.boxes import whole
from dace_transfer.transformations.normalization.lowering.contractions import add_contraction
from dace_transfer.transformations.normalization.lowering.flow import Flow, accesses
from dace_transfer.transformations.normalization.lowering.folds import add_fold
from dace_transfer.transformations.normalization.lowering.nests import Scope, add_nest
from dace_transfer.transformations.normalization.lowering.opaque import adopted
from dace_transfer.transformations.normalization.lowering.private import privates
from dace_transfer.transformations.normalization.symbols import assigned_inside
from dace_transfer.transformations.normalization.terms import Range, bounds_of
from dace_transfer.transformations.normalization.tree import Loop, Node, Opaque, Statement, nodes, subscripts


def add_body(flow: Flow, body: Iterable[Node]) -> None:
    """Add the code of nodes that are executed in order."""
    for node in body:
        if isinstance(node, Statement):
            _add_statement(flow, (), node)
        elif isinstance(node, Opaque):
            _add_opaque(flow, node)
        elif node.parallel and _is_map(flow, node, flow.around):
            _add_parallel(flow, node)
        else:
            _add_loop(flow, node)


def _is_map(flow: Flow, loop: Loop, around: Iterable[Range]) -> bool:
    """Whether a parallel loop is worth a map: the rows of a sparse matrix are too short for one each."""
    containers, outer = flow.context.computation.containers.keys(), {one.variable for one in around}
    bounds = [(bound, plain_words(bound)) for bound in bounds_of([loop.range])]
    return not any(is_nested(b) or plain & containers or (b.words - plain) & outer for b, plain in bounds)


def _add_statement(flow: Flow, loops: tuple[Range, ...], statement: Statement) -> None:
    if not (add_contraction(flow, loops, statement) or add_fold(flow, loops, statement)):
        add_nest(flow, loops, statement)


def _add_opaque(flow: Flow, opaque: Opaque) -> None:
    flow.declare(sorted(opaque.reads | opaque.writes))
    _declare_symbols(flow, opaque)
    flow.append(adopted(opaque, flow.sdfg))


def _declare_symbols(flow: Flow, opaque: Opaque) -> None:
    """Declare the symbols that a block reads or assigns and the SDFG does not have."""
    known = flow.context.computation.origin.symbols
    for name in sorted((opaque.names | assigned_inside(opaque.block)) - opaque.values.keys() & known.keys()):
        if name not in flow.sdfg.symbols and name not in flow.sdfg.arrays:
            flow.sdfg.add_symbol(name, known[name])


def _add_loop(flow: Flow, loop: Loop) -> None:
    """Before: `for i in range(a, b): body`, after: `LoopRegion(i = a; i < b; i = i + 1) { body }`.

    Before: `for k in range(0, r[i]): body`, after: `bound = r[i]`, then `LoopRegion(k = 0; k < bound; k = k + 1)`.
    """
    name = loop.range.variable
    flow.declare(sorted(flow.context.looked_up(subscripts(loop))))
    named, found = flow.context.apart(loop.range)
    region = LoopRegion(
        flow.context.label(f"for_{name}"),
        f"{name} < ({named.end})",
        name,
        f"{name} = {named.begin}",
        f"{name} = {name} + 1",
    )
    for symbol in (name, *found):
        if symbol not in flow.sdfg.symbols:
            flow.sdfg.add_symbol(symbol, dace.int64)
    flow.append(region, {symbol: str(read) for symbol, read in found.items()})
    inner = Flow(region, flow.sdfg, flow.context, (*flow.around, loop.range))
    add_body(inner, loop.body)
    inner.finish()


def _add_parallel(flow: Flow, loop: Loop) -> None:
    ranges, body, shared = [loop.range], loop.body, loop.shares
    while len(body) == 1 and isinstance(body[0], Loop) and body[0].parallel and _is_map(flow, body[0], ranges):
        ranges.append(body[0].range)
        shared |= body[0].shares
        body = body[0].body
    if len(body) == 1 and isinstance(body[0], Statement):
        _add_statement(flow, tuple(ranges), body[0])
    else:
        _add_nested(flow, tuple(ranges), body, shared)


def _add_nested(flow: Flow, ranges: tuple[Range, ...], body: tuple[Node, ...], shared: frozenset[str]) -> None:
    """Before: `parallel for i: { body }`, after: `map i { nested SDFG { body } }`."""
    private = privates(flow.context, ranges, body, shared)
    read, written = (names - private for names in accesses(body))
    values = (value for node in nodes(body) for value in subscripts(node))
    read |= flow.context.looked_up((*values, *bounds_of(ranges)))
    flow.begin(read, written)
    nested = _nested(flow, ranges, body, read | written)
    state, level = flow.state, Scope(flow).enter(flow.context.label("map"), ranges).levels[-1]
    entry, exit_ = level.entry, level.exit
    mapping = {name: name for name in sorted(map(str, nested.free_symbols))}
    node = state.add_nested_sdfg(
        nested, dict.fromkeys(sorted(read)), dict.fromkeys(sorted(written)), mapping, name=nested.name
    )
    for name in sorted(read):
        entry.add_in_connector(f"IN_{name}")
        entry.add_out_connector(f"OUT_{name}")
        state.add_edge(flow.source(name), None, entry, f"IN_{name}", whole(name, flow.sdfg))
        state.add_edge(entry, f"OUT_{name}", node, name, whole(name, flow.sdfg))
    for name in sorted(written):
        exit_.add_in_connector(f"IN_{name}")
        exit_.add_out_connector(f"OUT_{name}")
        state.add_edge(node, name, exit_, f"IN_{name}", whole(name, flow.sdfg))
        state.add_edge(exit_, f"OUT_{name}", flow.sink(name), None, whole(name, flow.sdfg))
    if not read:
        state.add_nedge(entry, node, dace.Memlet())
    if not written:
        state.add_nedge(node, exit_, dace.Memlet())
    settle_names(node, state)


def _nested(flow: Flow, ranges: tuple[Range, ...], body: tuple[Node, ...], shared: set[str]) -> dace.SDFG:
    """The body as an SDFG whose arguments are whole containers."""
    nested = dace.SDFG(flow.context.label("body"))
    nested.constants_prop = copy.deepcopy(flow.sdfg.constants_prop)
    for name in sorted(shared):
        described = copy.deepcopy(flow.sdfg.arrays[name])
        described.transient = False
        nested.add_datadesc(name, described)
    inner = Flow(nested, nested, flow.context, (*flow.around, *ranges))
    add_body(inner, body)
    inner.finish()
    for described in nested.arrays.values():
        described.lifetime = dace.dtypes.AllocationLifetime.Scope
    for name in sorted(map(str, nested.free_symbols)):
        if name not in nested.symbols:
            nested.add_symbol(name, flow.sdfg.symbols.get(name, dace.int64))
    return nested
