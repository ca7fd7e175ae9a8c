"""Which containers every iteration of a parallel loop has for its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import permutations

from dace import data

from dace_transfer.transformations.normalization.affine import Affine, constant
from dace_transfer.transformations.normalization.lowering.flow import Context, mentions
from dace_transfer.transformations.normalization.terms import Range, Read, reads
from dace_transfer.transformations.normalization.tree import Node, Opaque, nodes, statements, variables


def privates(context: Context, ranges: tuple[Range, ...], body: tuple[Node, ...], shared: frozenset[str]) -> set[str]:
    """Return the containers that each iteration of parallel loops gets one of.

    They are the transients that nothing else names, less those that are `shared` (see `Loop`) and those of which each
    iteration has its own elements anyway: these may hold values for later. Iterations that all write one element of a
    transient are independent only if each has a transient of its own, so these are private even if others use a
    container of that name too.
    """
    containers = context.computation.containers
    named = mentions(body)
    transients = {name for name in named if containers[name].transient}
    views = {name for name in named if isinstance(containers[name], (data.View, data.Reference))}
    alone = {name for name in transients - shared if context.mentions[name] == named[name]}
    apart = {name for name in alone if not _is_divided(name, ranges, body)}
    return views | apart | (transients & set(_overwritten(ranges, body)))


def _is_divided(name: str, ranges: tuple[Range, ...], body: tuple[Node, ...]) -> bool:
    """Whether a dimension for every loop tells by its index which iteration an element belongs to."""
    if any(isinstance(node, Opaque) and name in node.reads | node.writes for node in nodes(body)):
        return False
    found = [one.index for one in _accesses(name, body)]
    inner = variables(body)
    axes = [axis for axis, parts in enumerate(zip(*found, strict=True)) if _is_steady(parts, inner)]
    loops = [loop.variable for loop in ranges]
    return any(
        all(_tells(found[0][axis], loop, loops) for axis, loop in zip(chosen, loops, strict=True))
        for chosen in permutations(axes, len(loops))
    )


def _accesses(name: str, body: Iterable[Node]) -> list[Read]:
    parts = (read for _, one in statements(body) for read in (one.target, *reads(one.value)))
    return [read for read in parts if read.data == name]


def _is_steady(parts: tuple[Affine, ...], inner: set[str]) -> bool:
    return len(set(parts)) == 1 and parts[0].words.isdisjoint(inner)


def _tells(index: Affine, loop: str, loops: list[str]) -> bool:
    """Whether an index differs for any two values of one loop, whatever the others are."""
    return index.is_affine_in([loop]) and index.words & set(loops) == {loop}


def _overwritten(ranges: tuple[Range, ...], body: tuple[Node, ...]) -> Iterator[str]:
    """Containers of which all iterations of one of the loops write the same elements."""
    loops = {loop.variable for loop in ranges if loop.end - loop.begin != constant(1)}
    for around, one in statements(body):
        bounds = [bound for loop in around for bound in (loop.range.begin, loop.range.end)]
        if not loops <= {word for value in (*one.target.index, *bounds) for word in value.words}:
            yield one.target.data
