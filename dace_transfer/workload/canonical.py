"""A digest of an SDFG that does not depend on names, source lines or the order of its nodes.

Every element that can carry or mention a name (containers, symbols, map parameters, connectors, nodes, memlets,
control-flow blocks) becomes a vertex whose signature mentions other vertices; the digest hashes all signatures
written with canonical numbers.

Two SDFGs with one digest are isomorphic, up to the strength of SHA-256 and to these freedoms: operands of sums,
products, minima, maxima and logical operations in tasklets and conditions come in any order and grouping, signs of
factors move to the product, `a > b` is `b < a`. Equal digests hence mean equal results up to rounding. Properties
that change neither results nor generated code are left out (`_IGNORED`), as are symbols and containers' lifetimes
where nothing is allocated; unused arguments count. In the rare case of ties that no automorphism exchanges, isomorphic
SDFGs may get different digests, which costs a cache miss and never a wrong reuse.
"""

from __future__ import annotations

import enum
import hashlib
import json
import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import dace
import sympy
from dace import nodes, symbolic
from dace.sdfg.state import ConditionalBlock, ControlFlowBlock, ControlFlowRegion, LoopRegion

from dace_transfer.workload.signatures import Bag, Ref, Signature, Vertex, numbered
from dace_transfer.workload.syntax import Resolver, python_signature

_IGNORED = frozenset(
    (
        # Names, positions and what is shown.
        *("debuginfo", "guid", "label", "name", "params", "range", "is_collapsed", "location"),
        # Inferred from elsewhere, or only for measuring.
        *("in_connectors", "out_connectors", "environments", "instrument"),
        # Whether warnings about conflicting writes are printed.
        "allow_conflicts",
        # Whether an array may be None, which only matters to comparisons with None.
        "optional",
    )
)
_KERNEL_CODE = ("code_global", "code_init", "code_exit")
_WORD = re.compile(r"[A-Za-z_]\w*")


def digest(sdfg: dace.SDFG, sizes: Mapping[str, int]) -> str:
    """Return 64 hexadecimal digits that name the computation of `sdfg` at `sizes`."""
    lines = numbered(_Encoder(sizes).encode(sdfg))
    return hashlib.sha256(json.dumps(lines).encode()).hexdigest()


@lru_cache(maxsize=20000)
def _names(expression: sympy.Basic) -> tuple[tuple[sympy.Basic, str], ...]:
    return tuple((symbol, str(symbol)) for symbol in expression.free_symbols)


@lru_cache(maxsize=20000)
def _substituted(expression: sympy.Basic, values: tuple[tuple[sympy.Basic, sympy.Basic], ...]) -> sympy.Basic:
    return expression.subs(dict(values))


class _Encoder:
    """Collects the vertices of an SDFG and their signatures."""

    def __init__(self, sizes: Mapping[str, int]):
        self._sizes = {name: sympy.Integer(value) for name, value in sizes.items()}
        self._vertices: dict[Vertex, Signature] = {}

    def encode(self, sdfg: dace.SDFG) -> dict[Vertex, Signature]:
        self._sdfg(sdfg, self._sizes, None, ())
        return self._vertices

    # Expressions ------------------------------------------------------------------------------------------

    def _expression(self, value: Any, resolve: Resolver) -> Signature:
        if isinstance(value, int):
            return str(value)
        if isinstance(value, symbolic.SymExpr):
            value = value.expr
        expr = symbolic.pystr_to_symbolic(value) if isinstance(value, str) else sympy.sympify(value)
        known = tuple((s, v) for s, name in _names(expr) if isinstance(v := resolve(name), sympy.Basic))
        return self._sympy(_substituted(expr, known) if known else expr, resolve)

    def _sympy(self, expr: sympy.Basic, resolve: Resolver) -> Signature:
        if isinstance(expr, sympy.Symbol):
            return resolve(expr.name)
        if isinstance(expr, sympy.Integer):
            return str(expr.p)
        if not expr.args:
            return str(expr)
        parts = tuple(self._sympy(arg, resolve) for arg in expr.args)
        kind = expr.func.__name__
        if isinstance(expr, sympy.Function):
            mentioned = resolve(kind)
            return (mentioned if isinstance(mentioned, Ref) else kind, *parts)
        return (kind, Bag(parts) if kind in ("Add", "Mul", "Min", "Max", "And", "Or") else parts)

    def _code(self, text: str, language: Any, resolve: Resolver) -> Signature:
        """Python is compared as a syntax tree, other languages word by word."""
        if language != dace.dtypes.Language.Python:
            return tuple(resolve(word) if _WORD.fullmatch(word) else word for word in re.findall(r"\w+|\S", text))
        return python_signature(text, resolve)

    def _ranges(self, subset: Any, resolve: Resolver) -> Signature:
        if subset is None:
            return ""
        dimensions = subset.ndrange() if isinstance(subset, dace.subsets.Subset) else subset
        return tuple(tuple(self._expression(part, resolve) for part in dimension) for dimension in dimensions)

    def _properties(self, element: Any, resolve: Resolver, ignored: Collection[str] = ()) -> Signature:
        """All properties of a container, map or library node that mean something, but for `ignored` ones."""
        kept = ((p, value) for p, value in element.properties() if p.attr_name not in _IGNORED)
        return Bag((p.attr_name, self._value(p, value, resolve)) for p, value in kept if p.attr_name not in ignored)

    def _value(self, prop: Any, value: Any, resolve: Resolver) -> Signature:
        if value is None or isinstance(value, (bool, enum.Enum, dace.typeclass)):
            return str(value)
        if prop.attr_name == "wcr":
            return python_signature(value.as_string if hasattr(value, "as_string") else str(value), resolve)
        if isinstance(value, (int, sympy.Basic, symbolic.SymExpr)):
            return self._expression(value, resolve)
        if isinstance(value, (list, tuple)) and all(isinstance(part, (int, sympy.Basic)) for part in value):
            return tuple(self._expression(part, resolve) for part in value)
        return self._json(prop.to_json(value), resolve)

    def _json(self, value: Any, resolve: Resolver) -> Signature:
        if isinstance(value, dict):
            value = {k: v for k, v in value.items() if k not in _IGNORED}
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

    def _sdfg(
        self, sdfg: dace.SDFG, known: Mapping[str, sympy.Basic], parent: Vertex | None, mapped: Collection[str]
    ) -> None:
        """Collect an SDFG in which `known` symbols are numbers and `mapped` ones come from outside."""
        key = id(sdfg)

        def resolve(name: str) -> Any:
            if name in known:
                return known[name]
            if name in sdfg.arrays:
                return Ref((("container", key, name),))
            if name in sdfg.constants_prop:
                return ("constant", repr(sdfg.constants_prop[name][1]))
            if name in sdfg.symbols or name in mapped or name in assigned:
                self._vertices.setdefault(("symbol", key, name), ("symbol", parent is None))
                return Ref((("symbol", key, name),))
            return name

        assigned = {name for edge in sdfg.all_interstate_edges() for name in edge.data.assignments}
        assigned |= {r.loop_variable for r in sdfg.all_control_flow_regions() if isinstance(r, LoopRegion)}
        for name, descriptor in sdfg.arrays.items():
            outside = Ref((("connector", parent, name),)) if parent is not None and not descriptor.transient else ""
            ignored = () if descriptor.transient else ("lifetime",)
            signature = (type(descriptor).__name__, self._properties(descriptor, resolve, ignored), outside)
            self._vertices["container", key, name] = signature
        self._region(sdfg, resolve)

    def _region(self, region: ControlFlowRegion, resolve: Resolver) -> None:
        for block in region.nodes():
            start = block is region.start_block
            self._vertices["block", id(block)] = (
                start,
                Ref((("block", id(region)),)),
                self._block(block, resolve),
            )
        if isinstance(region, dace.SDFG):
            code = (region.init_code, region.exit_code, region.global_code)
            texts = Bag((place, key, c.as_string) for place, part in enumerate(code) for key, c in part.items())
            self._vertices["block", id(region)] = ("sdfg", texts)
        for edge in region.edges():
            condition = self._code(edge.data.condition.as_string, edge.data.condition.language, resolve)
            assigned = Bag(
                (resolve(name), self._code(str(value), dace.dtypes.Language.Python, resolve))
                for name, value in edge.data.assignments.items()
            )
            ends = (Ref((("block", id(edge.src)),)), Ref((("block", id(edge.dst)),)))
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
            form = (block.inverted, block.update_before_condition, block.unroll, block.unroll_factor)
            return ("loop", form, resolve(block.loop_variable), *code)
        if isinstance(block, ControlFlowRegion):
            self._region(block, resolve)
        return type(block).__name__

    def _branch(self, condition: Any, body: ControlFlowRegion, resolve: Resolver) -> Signature:
        self._region(body, resolve)
        self._vertices["block", id(body)] = "branch"
        code = self._code(condition.as_string, condition.language, resolve) if condition is not None else "else"
        return (code, Ref((("block", id(body)),)))

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
                    return Ref((("parameter", id(entry), name),))
                if name in dynamic and not name.startswith("IN_"):
                    return Ref((("connector", id(entry), name),))
                return outer(name)

            return inner

        for node in state.nodes():
            entry = scopes[node]
            names = within(entry if not isinstance(node, nodes.ExitNode) else scopes[state.entry_node(node)])
            for connector in set(node.in_connectors) | set(node.out_connectors):
                self._vertices["connector", id(node), connector] = (
                    connector in node.in_connectors,
                    connector in node.out_connectors,
                    Ref((("node", id(node)),)),
                )
            self._vertices["node", id(node)] = (
                Ref((("block", id(state)),)),
                *self._node(state, node, names, within),
            )
        for edge in state.edges():
            inside = edge.src if isinstance(edge.src, nodes.EntryNode) else scopes[edge.src]
            if isinstance(edge.src, nodes.ExitNode):
                inside = scopes[state.entry_node(edge.src)]
            self._vertices["memlet", id(edge)] = self._memlet(edge, within(inside))

    def _node(self, state: dace.SDFGState, node: nodes.Node, names: Resolver, within: Any) -> Signature:
        if isinstance(node, nodes.AccessNode):
            return ("access", names(node.data.split(".")[0]), node.setzero)
        if isinstance(node, nodes.MapEntry):
            for position, parameter in enumerate(node.map.params):
                owner = Ref((("node", id(node)),))
                self._vertices["parameter", id(node), parameter] = ("parameter", position, owner)
            return ("map", self._ranges(node.map.range, within(node)), self._properties(node.map, names))
        if isinstance(node, nodes.ExitNode):
            return ("exit", Ref((("node", id(state.entry_node(node))),)))
        if isinstance(node, nodes.Tasklet):
            connectors = set(node.in_connectors) | set(node.out_connectors)

            def local(name: str) -> Any:
                return Ref((("connector", id(node), name),)) if name in connectors else names(name)

            around = (getattr(node, part).as_string for part in _KERNEL_CODE)
            effects = (*around, str(node.state_fields), str(node.side_effects))
            return ("tasklet", self._code(node.code.as_string, node.code.language, local), effects)
        if isinstance(node, nodes.NestedSDFG):
            return self._nested(node, names)
        return (type(node).__name__, self._properties(node, names))

    def _nested(self, node: nodes.NestedSDFG, names: Resolver) -> Signature:
        mapped = {name: self._expression(value, names) for name, value in node.symbol_mapping.items()}
        numbers = {name: sympy.sympify(text) for name, text in mapped.items() if _is_number(text)}
        self._sdfg(node.sdfg, numbers, id(node), mapped)
        key = id(node.sdfg)
        for name in mapped.keys() - numbers.keys():
            self._vertices.setdefault(("symbol", key, name), ("symbol", False))
        pairs = ((Ref((("symbol", key, n),)), mapped[n]) for n in mapped if n not in numbers)
        return ("nested", Ref((("block", key),)), Bag(pairs))

    def _memlet(self, edge: Any, names: Resolver) -> Signature:
        memlet = edge.data
        ends = (
            Ref((("connector", id(edge.src), edge.src_conn),)) if edge.src_conn else Ref((("node", id(edge.src)),)),
            Ref((("connector", id(edge.dst), edge.dst_conn),)) if edge.dst_conn else Ref((("node", id(edge.dst)),)),
        )
        if memlet is None or memlet.is_empty():
            return ("empty", *ends)
        wcr = python_signature(memlet.wcr, names) if memlet.wcr else ""
        subsets = (self._ranges(memlet.subset, names), self._ranges(memlet.other_subset, names))
        return ("memlet", *ends, names(memlet.data.split(".")[0]), *subsets, wcr, memlet.dynamic)


def _is_number(signature: Signature) -> bool:
    return isinstance(signature, str) and re.fullmatch(r"-?\d+", signature) is not None
