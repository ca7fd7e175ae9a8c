"""A digest of an SDFG that does not depend on names, source lines or the order of its nodes.

Every element that can carry or mention a name (containers, symbols, map parameters, connectors, nodes, memlets,
control-flow blocks) becomes a vertex whose signature mentions other vertices. Colour refinement (Weisfeiler and
Leman, 1968) followed by individualisation of ties orders the vertices; the digest hashes all signatures
written with the resulting numbers. Two SDFGs with one digest are therefore isomorphic up to the strength of
SHA-256; in the rare case of ties between vertices that no automorphism exchanges, isomorphic SDFGs may get
different digests, which costs a cache miss and never a wrong reuse.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

import dace
import sympy
from dace import nodes, symbolic
from dace.sdfg.state import ConditionalBlock, ControlFlowBlock, ControlFlowRegion, LoopRegion

# A signature is a nested tuple of strings, numbers, `_Ref`s, and `frozenset`-like `_Bag`s of signatures.
Signature = Any
Vertex = Hashable
Resolver = Callable[[str], Any]

_NAMELESS: tuple[str, ...] = (
    "debuginfo",
    "guid",
    "label",
    "in_connectors",
    "out_connectors",
    "environments",
    "instrument",
)
_NAMELESS += ("name", "location", "params", "range", "is_collapsed")
_WORD = re.compile(r"[A-Za-z_]\w*")


class _Ref(tuple[Vertex]):
    """A mention of another vertex."""


class _Bag(tuple[Signature, ...]):
    """Parts whose order means nothing."""


def digest(sdfg: dace.SDFG, sizes: Mapping[str, int]) -> str:
    """Return 64 hexadecimal digits that name the computation of `sdfg` at `sizes`."""
    vertices = _Encoder(sizes).encode(sdfg)
    order = _canonical_order(vertices)
    lines = sorted((order[vertex], repr(_resolve(signature, order))) for vertex, signature in vertices.items())
    return hashlib.sha256(json.dumps(lines).encode()).hexdigest()


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _resolve(signature: Signature, colours: Mapping[Vertex, Any]) -> Any:
    if isinstance(signature, _Ref):
        return ("ref", colours[signature[0]])
    if isinstance(signature, _Bag):
        return ("bag", *sorted((_resolve(part, colours) for part in signature), key=repr))
    if isinstance(signature, tuple):
        return tuple(_resolve(part, colours) for part in signature)
    return signature


def _mentions(signature: Signature, path: str = "") -> Iterator[tuple[Vertex, str]]:
    """Yield every vertex a signature mentions, with the place where; all places in a bag are one."""
    if isinstance(signature, _Ref):
        yield signature[0], path
    elif isinstance(signature, tuple):
        for index, part in enumerate(signature):
            yield from _mentions(part, f"{path}.{'' if isinstance(signature, _Bag) else index}")


Mentions = Mapping[Vertex, list[tuple[Vertex, str]]]


def _refine(vertices: Mapping[Vertex, Signature], mentions: Mentions, colours: dict[Vertex, str]) -> dict[Vertex, str]:
    """Split colour classes until neither what a vertex mentions nor where it is mentioned tells more apart."""
    count = len(set(colours.values()))
    while True:
        own = {v: _hash(f"{colours[v]}{_resolve(s, colours)!r}") for v, s in vertices.items()}
        colours = {v: _hash(own[v] + "".join(sorted(own[u] + path for u, path in mentions[v]))) for v in vertices}
        refined = len(set(colours.values()))
        if refined == count:
            return colours
        count = refined


def _canonical_order(vertices: Mapping[Vertex, Signature]) -> dict[Vertex, int]:
    mentions: dict[Vertex, list[tuple[Vertex, str]]] = {vertex: [] for vertex in vertices}
    for vertex, signature in vertices.items():
        for other, path in _mentions(signature):
            mentions[other].append((vertex, path))
    colours = _refine(vertices, mentions, dict.fromkeys(vertices, ""))
    while len(classes := _classes(colours)) < len(vertices):
        tied = next(members for _, members in classes if len(members) > 1)
        colours[tied[0]] = _hash(colours[tied[0]] + "first")
        colours = _refine(vertices, mentions, colours)
    return {members[0]: index for index, (_, members) in enumerate(classes)}


def _classes(colours: Mapping[Vertex, str]) -> list[tuple[str, list[Vertex]]]:
    classes: dict[str, list[Vertex]] = {}
    for vertex, colour in colours.items():
        classes.setdefault(colour, []).append(vertex)
    return sorted(classes.items())


class _Encoder:
    """Collects the vertices of an SDFG and their signatures."""

    def __init__(self, sizes: Mapping[str, int]):
        self._sizes = {name: sympy.Integer(value) for name, value in sizes.items()}
        self._vertices: dict[Vertex, Signature] = {}

    def encode(self, sdfg: dace.SDFG) -> dict[Vertex, Signature]:
        self._sdfg(sdfg, self._sizes, None)
        return self._vertices

    # Expressions ------------------------------------------------------------------------------------------

    def _expression(self, value: Any, resolve: Resolver) -> Signature:
        if isinstance(value, symbolic.SymExpr):
            value = value.expr
        expr = symbolic.pystr_to_symbolic(value) if isinstance(value, str) else sympy.sympify(value)
        known = {s: v for s in expr.free_symbols if isinstance(v := resolve(str(s)), sympy.Basic)}
        return self._sympy(expr.subs(known) if known else expr, resolve)

    def _sympy(self, expr: sympy.Basic, resolve: Resolver) -> Signature:
        if isinstance(expr, sympy.Symbol):
            return resolve(str(expr))
        if not expr.args:
            return str(expr)
        parts = tuple(self._sympy(arg, resolve) for arg in expr.args)
        kind = expr.func.__name__
        if isinstance(expr, sympy.Function):
            mentioned = resolve(kind)
            return (mentioned if isinstance(mentioned, _Ref) else kind, *parts)
        return (kind, _Bag(parts) if kind in ("Add", "Mul", "Min", "Max", "And", "Or") else parts)

    def _code(self, text: str, language: Any, resolve: Resolver) -> Signature:
        """Python is compared as a syntax tree, other languages word by word."""
        if language != dace.dtypes.Language.Python:
            return tuple(resolve(word) if _WORD.fullmatch(word) else word for word in re.findall(r"\w+|\S", text))
        return self._syntax(ast.parse(text), resolve)

    def _syntax(self, tree: Any, resolve: Resolver) -> Signature:
        if isinstance(tree, ast.Name):
            known = resolve(tree.id)
            return str(known) if isinstance(known, sympy.Basic) else known
        if isinstance(tree, ast.AST):
            fields = ((key, self._syntax(value, resolve)) for key, value in ast.iter_fields(tree) if key != "ctx")
            return (type(tree).__name__, *fields)
        if isinstance(tree, list):
            return tuple(self._syntax(part, resolve) for part in tree)
        return repr(tree)

    def _ranges(self, subset: Any, resolve: Resolver) -> Signature:
        if subset is None:
            return ""
        dimensions = subset.ndrange() if isinstance(subset, dace.subsets.Subset) else subset
        return tuple(tuple(self._expression(part, resolve) for part in dimension) for dimension in dimensions)

    def _properties(self, element: Any, resolve: Resolver) -> Signature:
        """All properties of a container, map or library node that are not names or positions."""
        values = dace.serialize.all_properties_to_json(element)
        kept = sorted((k, v) for k, v in values.items() if k not in _NAMELESS and not k.startswith("_"))
        return tuple((key, self._json(value, resolve)) for key, value in kept)

    def _json(self, value: Any, resolve: Resolver) -> Signature:
        if isinstance(value, dict):
            value = {k: v for k, v in value.items() if k not in _NAMELESS}
            return tuple((key, self._json(value[key], resolve)) for key in sorted(value))
        if isinstance(value, (list, tuple)):
            return tuple(self._json(part, resolve) for part in value)
        if isinstance(value, str) and value.startswith("$"):  # How DaCe marks the symbols of an expression.
            return self._expression(value.replace("$", ""), resolve)
        if isinstance(value, str) and _WORD.search(value):
            return tuple(self._constant(resolve(w)) if _WORD.fullmatch(w) else w for w in re.findall(r"\w+|\S", value))
        return repr(value)

    @staticmethod
    def _constant(resolved: Any) -> Signature:
        return str(resolved) if isinstance(resolved, sympy.Basic) else resolved

    # Graphs -----------------------------------------------------------------------------------------------

    def _sdfg(self, sdfg: dace.SDFG, known: Mapping[str, sympy.Basic], parent: Vertex | None) -> None:
        key = id(sdfg)

        def resolve(name: str) -> Any:
            if name in known:
                return known[name]
            if name in sdfg.arrays:
                return _Ref((("container", key, name),))
            if name in sdfg.constants_prop:
                return ("constant", repr(sdfg.constants_prop[name][1]))
            if name in sdfg.symbols or name in free or name in assigned:
                self._vertices.setdefault(("symbol", key, name), ("symbol", parent is None))
                return _Ref((("symbol", key, name),))
            return name

        free = {str(symbol) for symbol in sdfg.free_symbols}
        assigned = {name for edge in sdfg.all_interstate_edges() for name in edge.data.assignments}
        assigned |= {r.loop_variable for r in sdfg.all_control_flow_regions() if isinstance(r, LoopRegion)}
        for name, descriptor in sdfg.arrays.items():
            outside = _Ref((("connector", parent, name),)) if parent is not None and not descriptor.transient else ""
            signature = (type(descriptor).__name__, self._properties(descriptor, resolve), outside)
            self._vertices["container", key, name] = signature
        self._region(sdfg, resolve)

    def _region(self, region: ControlFlowRegion, resolve: Resolver) -> None:
        for block in region.nodes():
            start = block is region.start_block
            self._vertices["block", id(block)] = (
                start,
                _Ref((("block", id(region)),)),
                self._block(block, resolve),
            )
        if isinstance(region, dace.SDFG):
            self._vertices["block", id(region)] = "sdfg"
        for edge in region.edges():
            condition = self._code(edge.data.condition.as_string, edge.data.condition.language, resolve)
            assigned = _Bag(
                (resolve(name), self._code(str(value), dace.dtypes.Language.Python, resolve))
                for name, value in edge.data.assignments.items()
            )
            ends = (_Ref((("block", id(edge.src)),)), _Ref((("block", id(edge.dst)),)))
            self._vertices["interstate", id(edge)] = (*ends, condition, assigned)

    def _block(self, block: ControlFlowBlock, resolve: Resolver) -> Signature:
        if isinstance(block, dace.SDFGState):
            self._state(block, resolve)
            return "state"
        if isinstance(block, ConditionalBlock):
            return ("if", *(self._branch(condition, body, resolve) for condition, body in block.branches))
        if isinstance(block, LoopRegion):
            self._region(block, resolve)
            parts = (block.loop_condition, block.init_statement, block.update_statement)
            code = (self._code(p.as_string, p.language, resolve) if p is not None else "" for p in parts)
            return ("loop", block.inverted, resolve(block.loop_variable), block.unroll, *code)
        if isinstance(block, ControlFlowRegion):
            self._region(block, resolve)
        return type(block).__name__

    def _branch(self, condition: Any, body: ControlFlowRegion, resolve: Resolver) -> Signature:
        self._region(body, resolve)
        self._vertices["block", id(body)] = "branch"
        code = self._code(condition.as_string, condition.language, resolve) if condition is not None else "else"
        return (code, _Ref((("block", id(body)),)))

    def _state(self, state: dace.SDFGState, resolve: Resolver) -> None:
        scopes = state.scope_dict()

        def within(entry: nodes.EntryNode | None) -> Resolver:
            if entry is None:
                return resolve
            outer = within(scopes[entry])
            parameters = set(entry.map.params) if isinstance(entry, nodes.MapEntry) else set()
            dynamic = set(entry.in_connectors) if isinstance(entry, nodes.MapEntry) else set()

            def inner(name: str) -> Any:
                if name in parameters:
                    return _Ref((("parameter", id(entry), name),))
                if name in dynamic and not name.startswith("IN_"):
                    return _Ref((("connector", id(entry), name),))
                return outer(name)

            return inner

        for node in state.nodes():
            entry = scopes[node]
            names = within(entry if not isinstance(node, nodes.ExitNode) else scopes[state.entry_node(node)])
            for connector in set(node.in_connectors) | set(node.out_connectors):
                self._vertices["connector", id(node), connector] = (
                    connector in node.in_connectors,
                    connector in node.out_connectors,
                    _Ref((("node", id(node)),)),
                )
            self._vertices["node", id(node)] = (
                _Ref((("block", id(state)),)),
                *self._node(state, node, names, within),
            )
        for edge in state.edges():
            inside = edge.src if isinstance(edge.src, nodes.EntryNode) else scopes[edge.src]
            if isinstance(edge.src, nodes.ExitNode):
                inside = scopes[state.entry_node(edge.src)]
            self._vertices["memlet", id(edge)] = self._memlet(edge, within(inside))

    def _node(self, state: dace.SDFGState, node: nodes.Node, names: Resolver, within: Any) -> Signature:
        if isinstance(node, nodes.AccessNode):
            return ("access", names(node.data.split(".")[0]))
        if isinstance(node, nodes.MapEntry):
            for position, parameter in enumerate(node.map.params):
                owner = _Ref((("node", id(node)),))
                self._vertices["parameter", id(node), parameter] = ("parameter", position, owner)
            return ("map", self._ranges(node.map.range, within(node)), self._properties(node.map, names))
        if isinstance(node, nodes.ExitNode):
            return ("exit", _Ref((("node", id(state.entry_node(node))),)))
        if isinstance(node, nodes.Tasklet):
            connectors = set(node.in_connectors) | set(node.out_connectors)

            def local(name: str) -> Any:
                return _Ref((("connector", id(node), name),)) if name in connectors else names(name)

            return ("tasklet", self._code(node.code.as_string, node.code.language, local))
        if isinstance(node, nodes.NestedSDFG):
            return self._nested(node, names)
        return (type(node).__name__, self._properties(node, names))

    def _nested(self, node: nodes.NestedSDFG, names: Resolver) -> Signature:
        mapped = {name: self._expression(value, names) for name, value in node.symbol_mapping.items()}
        numbers = {name: sympy.sympify(text) for name, text in mapped.items() if _is_number(text)}
        self._sdfg(node.sdfg, numbers, id(node))
        key = id(node.sdfg)
        for name in mapped.keys() - numbers.keys():
            self._vertices.setdefault(("symbol", key, name), ("symbol", False))
        pairs = ((_Ref((("symbol", key, n),)), mapped[n]) for n in mapped if n not in numbers)
        return ("nested", _Ref((("block", key),)), _Bag(pairs))

    def _memlet(self, edge: Any, names: Resolver) -> Signature:
        memlet = edge.data
        ends = (
            _Ref((("connector", id(edge.src), edge.src_conn),)) if edge.src_conn else _Ref((("node", id(edge.src)),)),
            _Ref((("connector", id(edge.dst), edge.dst_conn),)) if edge.dst_conn else _Ref((("node", id(edge.dst)),)),
        )
        if memlet is None or memlet.is_empty():
            return ("empty", *ends)
        wcr = ast.dump(ast.parse(memlet.wcr)) if memlet.wcr else ""
        subsets = (self._ranges(memlet.subset, names), self._ranges(memlet.other_subset, names))
        return ("memlet", *ends, names(memlet.data.split(".")[0]), *subsets, wcr, memlet.dynamic)


def _is_number(signature: Signature) -> bool:
    return isinstance(signature, str) and re.fullmatch(r"-?\d+", signature) is not None
