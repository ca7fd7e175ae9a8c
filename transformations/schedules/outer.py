"""One parallel loop around many nests, so that what they hand on stays small and in caches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dace_transfer.transformations.normalization.affine import Affine, variable
from dace_transfer.transformations.normalization.dependence import Dependences
from dace_transfer.transformations.normalization.terms import Range
from dace_transfer.transformations.normalization.tree import Computation, Loop, Names, Node, nodes, substitute_node
from dace_transfer.transformations.schedules.contract import contract
from dace_transfer.transformations.schedules.jam import jam

Bounds = tuple[Affine, Affine]


def fuse_outer(computation: Computation, depth: int = 1, lanes: int = 0) -> Computation:
    """Put parallel loops that neighbouring nests have in common around all of them, past sequential loops as well.

    Before:                                                 After:

        parallel for i: parallel for j: t[i, j] = f(x[i, j])    parallel for i:
        for k: parallel for i: parallel for j:                      parallel for j: t[j] = f(x[i, j])
            y[i, j, k] = g(y[i, j, k - 1], t[i, j])                 for k: parallel for j:
                                                                        y[i, j, k] = g(y[i, j, k - 1], t[j])

    A loop is moved only if its iterations do not depend on one another in all of the nests together. Transients that
    every iteration has elements of its own of lose that dimension.

    Loop fusion with interchange ("Optimizing Compilers for Modern Architectures", Kennedy and Allen, chapters 6 and
    8), and array contraction. In Halide: `compute_at` the outermost loop of the consumer.

    Args:
        computation: Loops that are marked as parallel are.
        depth: How many loops are put around one another at most.
        lanes: Iterations of these loops that are executed side by side where there are sequential loops in them, see
            `jam`; 0 or 1 for one after the other.

    Returns:
        The computation itself where no loop can be moved, or no iterations can be executed side by side.
    """
    fusion = _Fusion(computation)
    body = fusion.body(computation.body, (), depth)
    if not fusion.loops:
        return computation
    fused = contract(replace(computation, body=body), fusion.loops)
    if lanes < 2:
        return fused
    jammed = jam(fused, fusion.loops, lanes)
    return computation if jammed is fused else jammed


@dataclass(frozen=True)
class _Group:
    """Nests under one loop, without that loop in them."""

    loop: Range
    body: tuple[Node, ...]
    size: int


class _Fusion:
    def __init__(self, computation: Computation):
        self.loops: set[str] = set()
        self._dependences = Dependences(computation)
        self._names = Names(computation)

    def body(self, body: Sequence[Node], around: tuple[Range, ...], depth: int) -> tuple[Node, ...]:
        """Return a body with as many of its nodes as possible in common loops."""
        result: list[Node] = []
        rest = list(body)
        while rest:
            group = self._largest_group(rest, around) if depth else None
            if group is None:
                result.append(self._inside(rest.pop(0), around, depth))
                continue
            self.loops.add(group.loop.variable)
            inner = self.body(group.body, (*around, group.loop), depth - 1)
            result.append(Loop(group.loop, inner, True))
            del rest[: group.size]
        return tuple(result)

    def _inside(self, node: Node, around: tuple[Range, ...], depth: int) -> Node:
        """Loops that cannot be moved out of a sequential loop may be common to what is in it."""
        if not isinstance(node, Loop) or node.parallel:
            return node
        return replace(node, body=self.body(node.body, (*around, node.range), depth))

    def _largest_group(self, rest: Sequence[Node], around: tuple[Range, ...]) -> _Group | None:
        groups = [self._group(rest, bounds, around) for bounds in dict.fromkeys(_moved_bounds(rest[0]))]
        useful = [group for group in groups if group is not None and (group.size > 1 or not _is_parallel(rest[0]))]
        return max(useful, key=lambda group: group.size, default=None)

    def _group(self, rest: Sequence[Node], bounds: Bounds, around: tuple[Range, ...]) -> _Group | None:
        """As many of the first nodes as fit under one loop."""
        loop = Range(self._names.fresh("o"), *bounds)
        taken: tuple[Node, ...] = ()
        for size, node in enumerate(rest):
            ways = (tuple(way) for way in _ways(node, loop))
            fitting = next((way for way in ways if self._is_free(taken, way, loop, around)), None)
            if fitting is None:
                return _Group(loop, taken, size) if taken else None
            taken += fitting
        return _Group(loop, taken, len(rest))

    def _is_free(self, taken: Sequence[Node], new: Sequence[Node], loop: Range, around: tuple[Range, ...]) -> bool:
        """Whether iterations of a loop stay independent when new nodes join those already taken."""
        pairs = [(a, b) for a in taken for b in new] + [(b, a) for a in taken for b in new]
        pairs += [(a, b) for a in new for b in new]
        return not any(self._dependences.carried(a, b, loop, around) for a, b in pairs)


def _is_parallel(node: Node) -> bool:
    return isinstance(node, Loop) and node.parallel


def _moved_bounds(node: Node) -> Iterator[Bounds]:
    """The bounds of the parallel loops of a node that do not depend on its other loops, outermost first."""
    inner = {loop.range.variable for loop in nodes([node]) if isinstance(loop, Loop)}
    for loop in nodes([node]):
        if isinstance(loop, Loop) and loop.parallel and not inner & (loop.range.begin.words | loop.range.end.words):
            yield loop.range.begin, loop.range.end


def _ways(node: Node, loop: Range) -> Iterator[list[Node]]:
    """Ways to take the loop with these bounds out of a node: the outermost of each nest in it, or the next, ..."""
    for skipped in range(_depth(node)):
        taken = _without(node, loop, skipped)
        if taken is not None:
            yield taken


def _depth(node: Node) -> int:
    return 1 + max(map(_depth, node.body), default=0) if isinstance(node, Loop) else 0


def _without(node: Node, loop: Range, skipped: int) -> list[Node] | None:
    """What is left of a node without its loop of given bounds, whose variable is renamed; None if it has none."""
    if not isinstance(node, Loop):
        return None
    if node.parallel and (node.range.begin, node.range.end) == (loop.begin, loop.end):
        if not skipped:
            renamed = {node.range.variable: variable(loop.variable)}
            return [substitute_node(inner, renamed) for inner in node.body]
        skipped -= 1
    parts = [_without(inner, loop, skipped) for inner in node.body]
    if any(part is None for part in parts):
        return None
    return [replace(node, body=tuple(inner for part in parts for inner in part or ()))]
