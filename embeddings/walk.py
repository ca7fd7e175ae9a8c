"""One pass over a workload that yields every innermost piece of work with its loops and memory accesses."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import dace
import sympy
from dace import nodes, symbolic
from dace.sdfg.state import ConditionalBlock, ControlFlowBlock, ControlFlowRegion, LoopRegion
from dace.transformation.passes.analysis import loop_analysis

UNKNOWN_TRIPS = 16.0  # Stands for a trip count only known while the program runs.


@dataclass(frozen=True)
class Loop:
    """One loop around a piece of work: a map dimension or a sequential loop.

    Attributes:
        variable: Its name where it is defined.
        trips: Iterations at the workload's sizes; the mean where they depend on outer loops.
        parallel: Whether it is a map dimension.
    """

    variable: str
    trips: float
    parallel: bool


@dataclass(frozen=True)
class Access:
    """A memlet of a piece of work.

    Attributes:
        stride: Elements between accesses of consecutive iterations of the innermost loop that moves it;
            None where the address is known only while the program runs.
        innermost_stride: The same for the innermost loop, 0 where it does not move the access.
        elements: Elements moved in one execution.
        bytes: Size of an element.
        write, conflict: Whether it writes; whether it resolves write conflicts.
        transient: Whether the container lives only inside the workload.
        array: Whether it is an array and no scalar, which lives in a register.
    """

    stride: int | None
    innermost_stride: int | None
    elements: float
    bytes: int
    write: bool
    conflict: bool
    transient: bool
    array: bool


@dataclass(frozen=True)
class Work:
    """A tasklet, library node or copy, the loops around it (outermost first), and its accesses."""

    kind: str
    loops: tuple[Loop, ...]
    operations: Mapping[str, int]
    accesses: tuple[Access, ...]
    floating: bool

    @property
    def executions(self) -> float:
        """How often the piece runs in one run of the workload."""
        product = 1.0
        for loop in self.loops:
            product *= loop.trips
        return product


def walk(sdfg: dace.SDFG, sizes: Mapping[str, int]) -> Iterator[Work]:
    """Yield every tasklet, library node and copy of an SDFG at the given sizes."""
    yield from _region(sdfg, {name: float(value) for name, value in sizes.items()}, ())


Values = dict[str, float]


def evaluate(expression: object, values: Mapping[str, float]) -> float | None:
    """The number an expression has, or None where it mentions something that is not known."""
    expr = expression if isinstance(expression, sympy.Basic) else symbolic.pystr_to_symbolic(str(expression))
    if isinstance(expr, symbolic.SymExpr):
        expr = expr.expr
    try:
        return float(expr.subs({s: values[str(s)] for s in expr.free_symbols}))
    except (KeyError, TypeError, ValueError):
        return None


def _region(region: ControlFlowRegion, values: Values, loops: tuple[Loop, ...]) -> Iterator[Work]:
    for block in region.nodes():
        yield from _block(block, values, loops)


def _block(block: ControlFlowBlock, values: Values, loops: tuple[Loop, ...]) -> Iterator[Work]:
    if isinstance(block, dace.SDFGState):
        yield from _scope(block, None, values, loops)
    elif isinstance(block, ConditionalBlock):
        for _, body in block.branches:
            yield from _region(body, values, loops)
    elif isinstance(block, LoopRegion):
        loop, middle = _loop(block, values)
        yield from _region(block, {**values, **middle}, (*loops, loop))
    elif isinstance(block, ControlFlowRegion):
        yield from _region(block, values, loops)


def _loop(region: LoopRegion, values: Values) -> tuple[Loop, Values]:
    bounds = (
        loop_analysis.get_init_assignment(region),
        loop_analysis.get_loop_end(region),
        loop_analysis.get_loop_stride(region),
    )
    first, last, step = (evaluate(bound, values) if bound is not None else None for bound in bounds)
    if first is None or last is None or not step:
        return Loop(region.loop_variable, UNKNOWN_TRIPS, False), {}
    trips = max(0.0, (last - first) // step + 1)
    return Loop(region.loop_variable, trips, False), {region.loop_variable: (first + last) // 2}


def _scope(
    state: dace.SDFGState, entry: nodes.EntryNode | None, values: Values, loops: tuple[Loop, ...]
) -> Iterator[Work]:
    for node in state.scope_children()[entry]:
        if isinstance(node, nodes.MapEntry):
            inner, middle = _map(node, values)
            yield from _scope(state, node, {**values, **middle}, loops + inner)
        elif isinstance(node, nodes.NestedSDFG):
            mapped = {name: evaluate(value, values) for name, value in node.symbol_mapping.items()}
            known = {name: value for name, value in mapped.items() if value is not None}
            yield from _region(node.sdfg, known, loops)
        elif isinstance(node, (nodes.Tasklet, nodes.LibraryNode)):
            yield _work(state, node, values, loops)
        elif isinstance(node, nodes.AccessNode):
            yield from _copies(state, node, values, loops)


def _map(entry: nodes.MapEntry, values: Values) -> tuple[tuple[Loop, ...], Values]:
    loops: list[Loop] = []
    middle: Values = {}
    for variable, (begin, end, step) in zip(entry.map.params, entry.map.range.ndrange(), strict=True):
        first, last, stride = (evaluate(part, {**values, **middle}) for part in (begin, end, step))
        if first is None or last is None or not stride:
            loops.append(Loop(variable, UNKNOWN_TRIPS, True))
            continue
        loops.append(Loop(variable, max(0.0, (last - first) // stride + 1), True))
        middle[variable] = (first + last) // 2
    return tuple(loops), middle


def _work(state: dace.SDFGState, node: nodes.CodeNode, values: Values, loops: tuple[Loop, ...]) -> Work:
    edges = [(e.data, False) for e in state.in_edges(node)] + [(e.data, True) for e in state.out_edges(node)]
    accesses = [_access(state.sdfg, m, write, values, loops) for m, write in edges if m is not None and m.data]
    types = {state.sdfg.arrays[m.data.split(".")[0]].dtype for m, _ in edges if m is not None and m.data}
    floating = any(t.base_type in (dace.float16, dace.float32, dace.float64, dace.complex128) for t in types)
    kind = "tasklet" if isinstance(node, nodes.Tasklet) else type(node).__name__
    return Work(kind, loops, _operations(node), tuple(accesses), floating)


def _copies(state: dace.SDFGState, node: nodes.AccessNode, values: Values, loops: tuple[Loop, ...]) -> Iterator[Work]:
    """Moves between containers without code: into a container from elsewhere, and out of a scope."""
    moves = [(e.data, False) for e in state.in_edges(node) if isinstance(e.src, (nodes.EntryNode, nodes.AccessNode))]
    moves += [(e.data, True) for e in state.out_edges(node) if isinstance(e.dst, nodes.ExitNode)]
    for memlet, write in moves:
        if memlet is not None and memlet.data:
            yield Work("copy", loops, {}, (_access(state.sdfg, memlet, write, values, loops),), False)


def _access(sdfg: dace.SDFG, memlet: dace.Memlet, write: bool, values: Values, loops: tuple[Loop, ...]) -> Access:
    descriptor = sdfg.arrays[memlet.data.split(".")[0]]
    elements = evaluate(memlet.volume, values) or evaluate(memlet.subset.num_elements(), values) or 1.0
    strides = [None] if memlet.dynamic and memlet.volume == 0 else _strides(memlet, descriptor, values, loops)
    known = [s for s in strides if s is not None]
    return Access(
        stride=None if len(known) < len(strides) else next((s for s in reversed(known) if s), 0),
        innermost_stride=strides[-1] if strides else 0,
        elements=elements,
        bytes=descriptor.dtype.bytes,
        write=write,
        conflict=memlet.wcr is not None,
        transient=descriptor.transient,
        array=isinstance(descriptor, dace.data.Array) and descriptor.shape != (1,),
    )


def _strides(
    memlet: dace.Memlet, descriptor: dace.data.Data, values: Values, loops: tuple[Loop, ...]
) -> list[int | None]:
    """Elements one step of each loop moves the access, outermost loop first."""
    if not isinstance(descriptor, dace.data.Array):
        return [0] * len(loops)
    address: dict[str, float] = {}
    unknown = False
    for (begin, _, _), stride in zip(memlet.subset.ndrange(), descriptor.strides, strict=True):
        expr = symbolic.pystr_to_symbolic(str(begin))
        step = evaluate(stride, values)
        for symbol in expr.free_symbols:
            slope = evaluate(sympy.diff(expr, symbol), values)
            if slope is None or step is None:
                unknown = True
            else:
                address[str(symbol)] = address.get(str(symbol), 0.0) + slope * step
        unknown |= any(str(s) not in values and str(s) not in {lo.variable for lo in loops} for s in expr.free_symbols)
    if unknown:
        return [None] * max(1, len(loops))
    return [int(address.get(loop.variable, 0.0)) for loop in loops]


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
