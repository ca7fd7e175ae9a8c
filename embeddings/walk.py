"""One pass over a workload that yields every innermost piece of work with its loops and memory accesses."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

import dace
import sympy
from dace import nodes, symbolic
from dace.frontend.operations import detect_reduction_type
from dace.libraries.standard.nodes import Reduce
from dace.sdfg.state import ConditionalBlock, ControlFlowBlock, ControlFlowRegion, LoopRegion
from dace.transformation.passes.analysis import loop_analysis

UNKNOWN_TRIPS = 16.0  # Stands for a trip count only known while the program runs.
_ANYWHERE = 8.0  # Stands for the value of a loop's variable where its bounds are not known.


@dataclass(frozen=True, eq=False)
class Loop:
    """One loop around a piece of work: a map dimension or a sequential loop. Equal only to itself.

    Attributes:
        variable: Its name where it is defined.
        trips: Iterations at the workload's sizes; the mean where they depend on outer loops.
        parallel: Whether it is a map dimension.
        known: Whether the iterations are known before the program runs.
    """

    variable: str
    trips: float
    parallel: bool
    known: bool = True


@dataclass(frozen=True, eq=False)
class Container:
    """Where data lives, under whatever names nested programs have for it. Equal only to itself.

    Attributes:
        elements: How many it holds.
        bytes: Size of an element.
        kind: "float", "complex", "integer" or "bool".
        dims: Dimensions.
        transient: Whether it lives only inside the workload.
        array: Whether it is an array and no scalar, which lives in a register.
    """

    elements: float
    bytes: int
    kind: str
    dims: int
    transient: bool
    array: bool


@dataclass(frozen=True)
class Access:
    """A memlet of a piece of work.

    Attributes:
        container: What is accessed.
        strides: Elements between accesses of consecutive iterations of each loop around the work, outermost first;
            None where the address is known only while the program runs.
        elements: Elements moved in one execution.
        write: Whether it writes.
        resolution: How it resolves write conflicts: "" (it does not), "Sum", "Product", "Min", "Max", "Custom", ...
    """

    container: Container
    strides: tuple[int | None, ...]
    elements: float
    write: bool
    resolution: str = ""

    @property
    def innermost_stride(self) -> int | None:
        """Its stride in the innermost loop, 0 where there is no loop."""
        return self.strides[-1] if self.strides else 0

    @property
    def conflict(self) -> bool:
        """Whether it resolves write conflicts."""
        return bool(self.resolution)


@dataclass(frozen=True)
class Work:
    """A tasklet, library node or copy.

    Attributes:
        kind: "tasklet", "copy", or the class of the library node.
        loops: Those around it, outermost first.
        operations: How often its code has each kind of operation.
        accesses: Its memlets.
        floating: Whether it touches floating-point data.
        conditions: Branches it is in.
    """

    kind: str
    loops: tuple[Loop, ...]
    operations: Mapping[str, int]
    accesses: tuple[Access, ...]
    floating: bool
    conditions: int = 0

    @cached_property
    def executions(self) -> float:
        """How often the piece runs in one run of the workload."""
        product = 1.0
        for loop in self.loops:
            product *= loop.trips
        return product

    @cached_property
    def moved(self) -> float:
        """Elements moved in one execution."""
        return sum(access.elements for access in self.accesses)

    @cached_property
    def scalar_operations(self) -> float:
        """Scalar operations of all executions; a library node counts the elements it moves."""
        return self.executions * (sum(self.operations.values()) or self.moved)

    def traffic(self, access: Access) -> float:
        """Bytes that one of its accesses moves in all executions."""
        return self.executions * access.elements * access.container.bytes


def walk(sdfg: dace.SDFG, sizes: Mapping[str, int]) -> Iterator[Work]:
    """Yield every tasklet, library node and copy of an SDFG at the given sizes."""
    yield from _region(sdfg, _Scope({name: float(value) for name, value in sizes.items()}).entering(sdfg))


def argument_bytes(sdfg: dace.SDFG, sizes: Mapping[str, int]) -> float:
    """Bytes of all arguments of an SDFG at the given sizes."""
    values = {name: float(value) for name, value in sizes.items()}
    arrays = [descriptor for descriptor in sdfg.arrays.values() if not descriptor.transient]
    return sum((evaluate(array.total_size, values) or 1.0) * float(array.dtype.bytes) for array in arrays)


def evaluate(expression: object, values: Mapping[str, float]) -> float | None:
    """The number an expression has, or None where it mentions something that is not known."""
    expr = _parsed(expression)
    try:
        return float(_number(expr, values))
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return None


def _number(expr: sympy.Expr, values: Mapping[str, float]) -> float:
    """The value of an expression; sums, products and powers by hand, since SymPy takes a hundred times as long."""
    if expr.is_Symbol:
        return values[expr.name]
    if expr.is_Number:
        return float(expr)
    if expr.is_Add:
        return sum(_number(part, values) for part in expr.args)
    if expr.is_Mul:
        return math.prod(_number(part, values) for part in expr.args)
    if expr.is_Pow:
        base, exponent = (_number(part, values) for part in expr.args)
        power: float = base**exponent
        return power
    return float(expr.subs({symbol: values[str(symbol)] for symbol in expr.free_symbols}))


def _parsed(expression: object) -> sympy.Expr:
    expr = expression if isinstance(expression, sympy.Basic) else _parsed_text(str(expression))
    return expr.expr if isinstance(expr, symbolic.SymExpr) else expr


@lru_cache(maxsize=4096)
def _parsed_text(text: str) -> sympy.Expr:
    return symbolic.pystr_to_symbolic(text)


Slopes = Mapping[Loop, float]
"""How far one iteration of each loop moves something; loops that are not named do not."""


@dataclass(frozen=True)
class _Scope:
    """What is known at a place of the program.

    Attributes:
        values: Of symbols; of a loop's variable, its middle.
        loops: Around this place.
        slopes: Of the symbols that loops move.
        containers: By their names here. A nested program's arguments begin where the whole container does.
        conditions: Branches around this place.
    """

    values: Mapping[str, float]
    loops: tuple[Loop, ...] = ()
    slopes: Mapping[str, Slopes] = field(default_factory=dict)
    containers: Mapping[str, Container] = field(default_factory=dict)
    conditions: int = 0

    def entering(self, sdfg: dace.SDFG, arguments: Mapping[str, Container] | None = None) -> _Scope:
        """The scope inside of an SDFG whose arguments are these."""
        given = arguments or {}
        own = {name: _container(array, self.values) for name, array in sdfg.arrays.items() if name not in given}
        return replace(self, containers={**own, **given})

    def within(self, loop: Loop, middle: float | None, step: float) -> _Scope:
        """The scope inside of a loop."""
        known = {} if middle is None else {loop.variable: middle}
        values = {name: value for name, value in self.values.items() if name != loop.variable} | known
        slopes = {**self.slopes, loop.variable: {loop: step}}
        return replace(self, values=values, loops=(*self.loops, loop), slopes=slopes)

    def moved(self, expression: object) -> Slopes | None:
        """How loops move the value of an expression; None where that is not known."""
        names, total = {str(symbol) for symbol in _parsed(expression).free_symbols}, dict[Loop, float]()
        here = dict.fromkeys(names & set(self.slopes), _ANYWHERE) | dict(self.values)
        before = evaluate(expression, here)
        for name in names & set(self.slopes):
            after = evaluate(expression, {**here, name: here[name] + 1})
            if before is None or after is None:
                return None
            for loop, step in self.slopes[name].items():
                total[loop] = total.get(loop, 0.0) + (after - before) * step
        return total if before is not None else None

    def begin(self, sdfg: dace.SDFG, memlet: dace.Memlet) -> Slopes | None:
        """How loops move where a memlet begins, in elements."""
        descriptor, total = sdfg.arrays[_root(memlet)], dict[Loop, float]()
        if not isinstance(descriptor, dace.data.Array):
            return total
        for (begin, _, _), stride in zip(memlet.subset.ndrange(), descriptor.strides, strict=True):
            moved, elements = self.moved(begin), evaluate(stride, self.values)
            if moved is None or elements is None:
                return None
            for loop, step in moved.items():
                total[loop] = total.get(loop, 0.0) + step * elements
        return total


def _container(descriptor: dace.data.Data, values: Mapping[str, float]) -> Container:
    sized = isinstance(descriptor, dace.data.Array)
    base = descriptor.dtype.base_type
    return Container(
        elements=(evaluate(descriptor.total_size, values) or 1.0) if sized else 1.0,
        bytes=int(descriptor.dtype.bytes),
        kind=_KINDS.get(base, "float" if base in _FLOATS else "integer"),
        dims=len(descriptor.shape),
        transient=bool(descriptor.transient),
        array=sized and tuple(descriptor.shape) != (1,),
    )


_FLOATS = (dace.float16, dace.float32, dace.float64)
_KINDS = {dace.complex64: "complex", dace.complex128: "complex", dace.bool_: "bool"}


def _region(region: ControlFlowRegion, scope: _Scope) -> Iterator[Work]:
    for block in region.nodes():
        yield from _block(block, scope)


def _block(block: ControlFlowBlock, scope: _Scope) -> Iterator[Work]:
    if isinstance(block, dace.SDFGState):
        yield from _state(block, None, scope)
    elif isinstance(block, ConditionalBlock):
        for _, body in block.branches:
            yield from _region(body, replace(scope, conditions=scope.conditions + 1))
    elif isinstance(block, LoopRegion):
        yield from _region(block, _inside_loop(block, scope))
    elif isinstance(block, ControlFlowRegion):
        yield from _region(block, scope)


def _inside_loop(region: LoopRegion, scope: _Scope) -> _Scope:
    bounds = (
        loop_analysis.get_init_assignment(region),
        loop_analysis.get_loop_end(region),
        loop_analysis.get_loop_stride(region),
    )
    return _inside(region.loop_variable, bounds, scope, parallel=False)


def _inside(variable: str, bounds: tuple[object, object, object], scope: _Scope, *, parallel: bool) -> _Scope:
    first, last, step = (evaluate(bound, scope.values) if bound is not None else None for bound in bounds)
    if first is None or last is None or not step:
        return scope.within(Loop(variable, UNKNOWN_TRIPS, parallel, known=False), None, step or 1.0)
    trips = max(0.0, (last - first) // step + 1)
    return scope.within(Loop(variable, trips, parallel), (first + last) // 2, step)


def _state(state: dace.SDFGState, entry: nodes.EntryNode | None, scope: _Scope) -> Iterator[Work]:
    for node in state.scope_children()[entry]:
        if isinstance(node, nodes.MapEntry):
            inner = scope
            for variable, bounds in zip(node.map.params, node.map.range.ndrange(), strict=True):
                inner = _inside(variable, bounds, inner, parallel=True)
            yield from _state(state, node, inner)
        elif isinstance(node, nodes.NestedSDFG):
            yield from _region(node.sdfg, _inside_program(state, node, scope))
        elif isinstance(node, Reduce):
            yield _reduction(state, node, scope)
        elif isinstance(node, (nodes.Tasklet, nodes.LibraryNode)):
            yield _work(state, node, scope)
        elif isinstance(node, nodes.AccessNode):
            yield from _copies(state, node, scope)


def _inside_program(state: dace.SDFGState, node: nodes.NestedSDFG, scope: _Scope) -> _Scope:
    """The scope inside of a nested SDFG, with its own names for symbols and containers."""
    evaluated = {name: evaluate(value, scope.values) for name, value in node.symbol_mapping.items()}
    moved = {name: scope.moved(value) for name, value in node.symbol_mapping.items()}
    values = {name: value for name, value in evaluated.items() if value is not None and moved[name] is not None}
    slopes = {name: slope for name, slope in moved.items() if slope}
    edges = [(e.dst_conn, e.data) for e in state.in_edges(node)] + [(e.src_conn, e.data) for e in state.out_edges(node)]
    arguments = {name: scope.containers[_root(memlet)] for name, memlet in edges if name and memlet.data}
    return replace(scope, values=values, slopes=slopes).entering(node.sdfg, arguments)


def _work(state: dace.SDFGState, node: nodes.CodeNode, scope: _Scope) -> Work:
    edges = [(e.data, False) for e in state.in_edges(node)] + [(e.data, True) for e in state.out_edges(node)]
    accesses = [_access(state.sdfg, m, write, scope) for m, write in edges if m is not None and m.data]
    kind = "tasklet" if isinstance(node, nodes.Tasklet) else type(node).__name__
    floating = any(access.container.kind in ("float", "complex") for access in accesses)
    return Work(kind, scope.loops, _operations(node), tuple(accesses), floating, scope.conditions)


def _reduction(state: dace.SDFGState, node: Reduce, scope: _Scope) -> Work:
    """A reduction as the loops it is: parallel ones over what stays, then sequential ones over what is reduced."""
    (read,), (written,) = state.in_edges(node), state.out_edges(node)
    ranges = read.data.subset.ndrange()
    axes = range(len(ranges)) if node.axes is None else [axis % len(ranges) for axis in node.axes]
    kept = [axis for axis in range(len(ranges)) if axis not in axes]
    inner, at = scope, {}
    for axis in (*kept, *axes):
        begin, end, step = ranges[axis]
        bounds = (0, (end - begin) // step, 1)
        inner = _inside(f"{node.label}:{axis}", bounds, inner, parallel=axis in kept)
        at[axis] = inner.loops[-1]
    accesses = (
        _moving(_access(state.sdfg, read.data, False, scope), inner, _steps(state.sdfg, read.data, scope), at, ""),
        _moving(
            _access(state.sdfg, written.data, True, scope),
            inner,
            _steps(state.sdfg, written.data, scope),
            {place: at[axis] for place, axis in enumerate(kept)},
            detect_reduction_type(node.wcr).name,
        ),
    )
    floating = any(access.container.kind in ("float", "complex") for access in accesses)
    return Work("Reduce", inner.loops, {}, accesses, floating, scope.conditions)


def _steps(sdfg: dace.SDFG, memlet: dace.Memlet, scope: _Scope) -> list[int | None]:
    """Elements from one index of a memlet to the next, along each of its dimensions."""
    descriptor = sdfg.arrays[_root(memlet)]
    if not isinstance(descriptor, dace.data.Array):
        return []
    steps = (
        evaluate(stride * step, scope.values)
        for (_, _, step), stride in zip(memlet.subset.ndrange(), descriptor.strides, strict=True)
    )
    return [None if step is None else int(step) for step in steps]


def _moving(access: Access, inner: _Scope, steps: list[int | None], at: Mapping[int, Loop], resolution: str) -> Access:
    """An access to a whole block as one to an element, which further loops move along dimensions of the block."""
    moved = {loop: steps[axis] for axis, loop in at.items() if axis < len(steps)}
    own = tuple(moved.get(loop, 0) for loop in inner.loops[len(access.strides) :])
    return replace(access, strides=access.strides + own, elements=1.0, resolution=resolution)


def _copies(state: dace.SDFGState, node: nodes.AccessNode, scope: _Scope) -> Iterator[Work]:
    """Moves between containers without code: into a container from elsewhere, and out of a scope."""
    moves = [(e.data, False) for e in state.in_edges(node) if isinstance(e.src, (nodes.EntryNode, nodes.AccessNode))]
    moves += [(e.data, True) for e in state.out_edges(node) if isinstance(e.dst, nodes.ExitNode)]
    for memlet, write in moves:
        if memlet is not None and memlet.data:
            access = _access(state.sdfg, memlet, write, scope)
            yield Work("copy", scope.loops, {}, (access,), False, scope.conditions)


def _root(memlet: dace.Memlet) -> str:
    """The container of a memlet, of a member of a structure the structure."""
    return str(memlet.data).split(".")[0]


def _access(sdfg: dace.SDFG, memlet: dace.Memlet, write: bool, scope: _Scope) -> Access:
    begin = None if memlet.dynamic and memlet.volume == 0 else scope.begin(sdfg, memlet)
    count = evaluate(memlet.volume, scope.values) or evaluate(memlet.subset.num_elements(), scope.values)
    return Access(
        container=scope.containers[_root(memlet)],
        strides=tuple(None if begin is None else int(begin.get(loop, 0.0)) for loop in scope.loops),
        elements=count or 1.0,
        write=write,
        resolution=detect_reduction_type(memlet.wcr).name if memlet.wcr is not None else "",
    )


def _operations(node: nodes.CodeNode) -> dict[str, int]:
    """Counts of `add`, `multiply`, `divide`, `special` (calls) and `compare` in a tasklet's Python code."""
    counts: dict[str, int] = {}
    if not isinstance(node, nodes.Tasklet) or node.code.language != dace.dtypes.Language.Python:
        return counts
    for statement in node.code.code:
        for part in ast.walk(statement):
            if (kind := _operation(part)) is not None:
                counts[kind] = counts.get(kind, 0) + 1
    return counts


def _operation(part: ast.AST) -> str | None:
    if isinstance(part, ast.BinOp):
        names = {ast.Add: "add", ast.Sub: "add", ast.Mult: "multiply", ast.Div: "divide", ast.Pow: "special"}
        return names.get(type(part.op), "add")
    if isinstance(part, ast.Call):
        return "special"
    return "compare" if isinstance(part, (ast.Compare, ast.IfExp)) else None
