"""The form that normalisation works in: loops around single assignments to elements of containers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import dace
from dace.sdfg.state import ControlFlowBlock

from dace_transfer.transformations.normalization.affine import Affine, variable
from dace_transfer.transformations.normalization.terms import (
    Index,
    Range,
    Read,
    Reduce,
    Term,
    bounds_of,
    rename,
    substitute,
    substitute_range,
    walk,
)


@dataclass(frozen=True)
class Statement:
    """One assignment `target = value`, executed once for every iteration of the loops around it.

    `y[i] += v` is `y[i] = y[i] + v`. Everything the value reads is read before the target is written.
    """

    target: Read
    value: Term

    def __str__(self) -> str:
        return f"{self.target} = {self.value}"


@dataclass(frozen=True)
class Loop:
    """A loop with step 1 around nodes that are executed in order.

    Attributes:
        range: Its variable and bounds.
        body: What one iteration executes.
        parallel: Whether iterations are known to be independent, because the author wrote a map or because
            dependences were analysed.
        shares: Transients that iterations of a parallel loop hand on to what runs after it, although nothing outside
            of the loop names them.
    """

    range: Range
    body: tuple[Node, ...]
    parallel: bool = False
    shares: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Opaque:
    """A control-flow block that normalisation leaves as it is.

    Attributes:
        block: The block; never changed.
        reads: Containers it may read.
        writes: Containers it may write.
        names: Symbols it mentions.
        values: What names are to be replaced by in it.
    """

    block: ControlFlowBlock
    reads: frozenset[str]
    writes: frozenset[str]
    names: frozenset[str]
    values: Mapping[str, Affine] = field(default_factory=dict)

    def __str__(self) -> str:
        values = "".join(f", {name} = {value}" for name, value in self.values.items())
        return f"opaque(reads {sorted(self.reads)}, writes {sorted(self.writes)}{values})"


Node = Statement | Loop | Opaque


@dataclass(frozen=True)
class Computation:
    """A program in the form that normalisation works in.

    Every loop and every range of a reduction has a variable of its own, different from all others and from all
    sizes. Containers that an `Opaque` names keep their names and shapes.

    Attributes:
        origin: The SDFG it was read from: its name, arguments, symbols and constants. Never changed.
        containers: Descriptor by name; transient where it does not outlive the program.
        body: What is executed, in order.
    """

    origin: dace.SDFG
    containers: Mapping[str, dace.data.Data]
    body: tuple[Node, ...]

    def __str__(self) -> str:
        return "\n".join(_lines(self.body, ""))

    @property
    def sizes(self) -> frozenset[str]:
        """Symbols that have a value before the program runs."""
        return _free_symbols(self.origin)

    @property
    def pinned(self) -> frozenset[str]:
        """Containers that opaque blocks name."""
        return frozenset(
            name for node in nodes(self.body) if isinstance(node, Opaque) for name in node.reads | node.writes
        )


@lru_cache(maxsize=4)
def _free_symbols(sdfg: dace.SDFG) -> frozenset[str]:
    """Asked for by every pass, and slow."""
    return frozenset(map(str, sdfg.free_symbols))


def _lines(body: Iterable[Node], indent: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, Loop):
            yield f"{indent}{'parallel ' if node.parallel else ''}for {node.range}:"
            yield from _lines(node.body, indent + "    ")
        else:
            yield f"{indent}{node}"


def nodes(body: Iterable[Node]) -> Iterator[Node]:
    """Yield every node of a body, loops before what is in them."""
    for node in body:
        yield node
        if isinstance(node, Loop):
            yield from nodes(node.body)


def statements(body: Iterable[Node], around: tuple[Loop, ...] = ()) -> Iterator[tuple[tuple[Loop, ...], Statement]]:
    """Yield every statement with the loops around it, outermost first."""
    for node in body:
        if isinstance(node, Statement):
            yield around, node
        elif isinstance(node, Loop):
            yield from statements(node.body, (*around, node))


def nest(loops: Sequence[Range], body: tuple[Node, ...], parallel: bool) -> tuple[Node, ...]:
    """Return the body inside of loops, the first outermost."""
    for loop in reversed(loops):
        body = (Loop(loop, body, parallel),) if body else ()
    return body


def subscripts(node: Node) -> Iterator[Affine]:
    """Yield all subscripts and bounds of a node, for a loop only its own bounds."""
    if isinstance(node, Loop):
        yield from bounds_of([node.range])
    elif isinstance(node, Opaque):
        yield from node.values.values()
    else:
        for term in (node.target, *walk(node.value)):
            yield from _subscripts_of(term)


def _subscripts_of(term: Term) -> Iterator[Affine]:
    if isinstance(term, Read):
        yield from term.index
    elif isinstance(term, Index):
        yield term.value
    elif isinstance(term, Reduce):
        yield from bounds_of(term.ranges)


def variables(body: Iterable[Node]) -> set[str]:
    """Return the variables of all loops and reductions."""
    found: set[str] = set()
    for node in nodes(body):
        if isinstance(node, Loop):
            found.add(node.range.variable)
        elif isinstance(node, Statement):
            found |= {r.variable for t in walk(node.value) if isinstance(t, Reduce) for r in t.ranges}
    return found


def substitute_node(node: Node, values: Mapping[str, Affine]) -> Node:
    """Replace loop variables and sizes everywhere in a node."""
    if isinstance(node, Statement):
        target = substitute(node.target, values)
        assert isinstance(target, Read)
        return Statement(target, substitute(node.value, values))
    if isinstance(node, Loop):
        body = tuple(substitute_node(inner, values) for inner in node.body)
        return replace(node, range=substitute_range(node.range, values), body=body)
    mentioned = {name: value for name, value in values.items() if name in node.names}
    older = {name: value.substitute(values) for name, value in node.values.items()}
    return replace(node, values={**mentioned, **older})


class Names:
    """Makes names that nothing has yet."""

    def __init__(self, computation: Computation):
        taken = variables(computation.body) | set(computation.containers) | set(map(str, computation.origin.symbols))
        self._taken = taken | computation.sizes

    def fresh(self, stem: str) -> str:
        """Return a new name that starts with `stem`."""
        stem = stem.rstrip("0123456789").rstrip("_") or "v"
        name = next(
            n for n in itertools.chain([stem], (f"{stem}_{i}" for i in itertools.count())) if n not in self._taken
        )
        self._taken.add(name)
        return name


def with_own_variables(node: Node, names: Names) -> Node:
    """Return a copy of a node whose loops and reductions have new variables: for use beside the original."""
    new = {old: names.fresh(old) for old in sorted(variables([node]))}
    return _renamed(node, new)


def _renamed(node: Node, names: Mapping[str, str]) -> Node:
    if isinstance(node, Statement):
        target = rename(node.target, names)
        assert isinstance(target, Read)
        return Statement(target, rename(node.value, names))
    if isinstance(node, Loop):
        loop = substitute_range(node.range, {old: variable(new) for old, new in names.items()})
        loop = replace(loop, variable=names.get(loop.variable, loop.variable))
        return replace(node, range=loop, body=tuple(_renamed(inner, names) for inner in node.body))
    return substitute_node(node, {old: variable(new) for old, new in names.items()})


def rebuild_values(body: Iterable[Node], change: Callable[[Statement], Term]) -> tuple[Node, ...]:
    """Return a body with the value that `change` gives for every statement."""

    def changed(node: Node) -> list[Node]:
        return [Statement(node.target, change(node)) if isinstance(node, Statement) else node]

    return rebuild_body(body, changed)


def rebuild_body(body: Iterable[Node], change: Callable[[Node], Iterable[Node]]) -> tuple[Node, ...]:
    """Return a body with every node replaced by the nodes `change` makes of it, innermost first."""
    result: list[Node] = []
    for node in body:
        if isinstance(node, Loop):
            node = replace(node, body=rebuild_body(node.body, change))
            if not node.body:
                continue
        result += change(node)
    return tuple(result)
