"""Give every reduction a statement of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from dace_transfer.transformations.normalization.distribute import perfect_nest
from dace_transfer.transformations.normalization.extraction import Context, Extraction, outermost
from dace_transfer.transformations.normalization.terms import Number, Read, Reduce, reads
from dace_transfer.transformations.normalization.tree import Computation, Loop, Node, Statement


def split_reductions(computation: Computation) -> Computation:
    """Give every reduction that is a part of a value a transient of its own, in the form that lowering has names for.

    Before: `for i, j: C[i, j] = b * C[i, j] + a * sum(A[i, k] * B[k, j] for k)`.
    After: `for i, j: t[i, j] = sum(A[i, k] * B[k, j] for k)`, `for i, j: C[i, j] = b * C[i, j] + a * t[i, j]`.

    Contractions are computed over full rectangles, also where only a triangle is needed. The body of any other
    reduction becomes a statement of its own where one read has a dimension for each of its loops:
    before: `s = sum(exp(x[k]) for k)`, after: `for k: p[k] = exp(x[k])`, `s = sum(p[k] for k)`.

    A reduction that reads what earlier iterations of its loops have written stays where it is.
    """
    splitter = _Splitter(computation)
    body = tuple(splitter.body(computation.body, ()))
    if not splitter.has_split:
        return computation
    return replace(computation, containers=splitter.context.containers, body=body)


def _nest(loops: Iterable[Loop], body: tuple[Node, ...]) -> tuple[Node, ...]:
    for loop in reversed(tuple(loops)):
        body = (replace(loop, body=body),)
    return body


class _Splitter:
    def __init__(self, computation: Computation):
        self.context = Context(computation)
        self.has_split = False

    def body(self, nodes: Iterable[Node], around: tuple[Loop, ...]) -> Iterator[Node]:
        for node in nodes:
            loops, statement = perfect_nest(node)
            if statement is not None and any(outermost(statement.value)):
                yield from self._nest(loops, statement, around)
            elif statement is None and isinstance(node, Loop):
                yield replace(node, body=tuple(self.body(node.body, (*around, node))))
            else:
                yield node

    def _nest(self, loops: tuple[Loop, ...], statement: Statement, around: tuple[Loop, ...]) -> Iterator[Node]:
        depths = {term: self._depth(term, loops, statement, around) for term in outermost(statement.value)}
        movable = {term: depth for term, depth in depths.items() if depth < len(loops) or not loops}
        start = max(movable.values(), default=0)
        outside, chain = (*around, *loops[:start]), loops[start:]
        ranges = tuple(loop.range for loop in chain)
        extraction = Extraction(self.context, outside, ranges, statement.target, set(movable))
        value = extraction.value(statement.value)
        if not extraction.nodes:
            yield from _nest(loops, (statement,))
            return
        self.has_split = True
        rest = self._relaxed(chain, replace(statement, value=value), outside)
        yield from _nest(loops[:start], (*extraction.nodes, rest))

    def _depth(self, term: Reduce, loops: Sequence[Loop], statement: Statement, around: Sequence[Loop]) -> int:
        """How many loops must stay around a reduction, because it reads what their earlier iterations wrote."""
        if all(read.data != statement.target.data for read in reads(term)):
            return 0
        outer = [loop.range for loop in (*around, *loops)]
        writes, folds = Statement(statement.target, Number(0)), Statement(Read("", ()), term)
        for depth in reversed(range(len(loops))):
            (source,), (sink,) = _nest(loops[depth + 1 :], (writes,)), _nest(loops[depth + 1 :], (folds,))
            before = outer[: len(around) + depth]
            if not loops[depth].parallel and self.context.dependences.carried(source, sink, loops[depth].range, before):
                return depth + 1
        return 0

    def _relaxed(self, loops: Sequence[Loop], statement: Statement, around: Sequence[Loop]) -> Node:
        """A nest whose loops are parallel where only the reduction that is gone has kept them from it."""
        node: Node = statement
        for depth in reversed(range(len(loops))):
            before = [loop.range for loop in (*around, *loops[:depth])]
            loop = loops[depth]
            is_parallel = loop.parallel or not self.context.dependences.carried(node, node, loop.range, before)
            node = Loop(loop.range, (node,), is_parallel)
        return node
