"""Whether all that is read of a container was written just before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dace_transfer.transformations.normalization.affine import Affine, variable
from dace_transfer.transformations.normalization.dependence import Access, accesses
from dace_transfer.transformations.normalization.feasible import feasible
from dace_transfer.transformations.normalization.terms import Range, bounds, substitute_range
from dace_transfer.transformations.normalization.tree import Loop, Node

_MOST = 4  # Writes that may have to cover a read together.


def is_written_first(data: str, body: Iterable[Node], known: Iterable[Affine]) -> bool:
    """Tell whether every read of a container in a body provably sees what the same execution of the body wrote.

    `for j: t[j] = x[j]`, then `for j: y[j] = t[j] + t[0]` reads what it wrote, if the loop is never empty.

    Args:
        data: The container; no opaque block in the body names it.
        body: Nodes that are executed in order.
        known: What is at least 0 around them: sizes, and the bounds of loops.
    """
    return _written(data, body, (), tuple(known)) is not None


def _written(
    data: str, body: Iterable[Node], before: Sequence[Access], known: tuple[Affine, ...]
) -> tuple[Access, ...] | None:
    """What a body writes, or None if it may read more than that and what was written before."""
    done: tuple[Access, ...] = ()
    for node in body:
        if isinstance(node, Loop):
            earlier = [_earlier(write, node.range) for write in _writes(data, node)]
            inner = _written(data, node.body, (*before, *done, *earlier), (*known, *bounds([node.range])))
            if inner is None:
                return None
            done += tuple(replace(write, ranges=(node.range, *write.ranges)) for write in inner)
            continue
        found = [access for access in accesses(node) if access.data == data]
        if not all(access.writes or _is_covered(access, (*before, *done), known) for access in found):
            return None
        done += tuple(access for access in found if access.writes)
    return done


def _writes(data: str, loop: Loop) -> Iterable[Access]:
    for node in loop.body:
        yield from (access for access in accesses(node) if access.writes and access.data == data)


def _earlier(write: Access, loop: Range) -> Access:
    """What all earlier iterations of a loop wrote, by variables of its own."""
    ranges = (Range(loop.variable, loop.begin, variable(loop.variable)), *write.ranges)
    new = {own.variable: variable(f"__earlier_{own.variable}") for own in ranges}
    moved = [ranges[0], *(substitute_range(own, new) for own in ranges[1:])]
    index = tuple(entry.substitute(new) for entry in write.index or ())
    return replace(
        write, index=index, ranges=tuple(replace(own, variable=f"__earlier_{own.variable}") for own in moved)
    )


def _is_covered(read: Access, writes: Sequence[Access], known: tuple[Affine, ...]) -> bool:
    inside = [*known, *bounds(read.ranges)]
    gaps = [_gaps(read.index or (), write) for write in reversed(writes)]
    usable = [gap for gap in gaps if gap is not None]
    if any(not _may_be_missed(inside, [gap]) for gap in usable):
        return True
    return len(usable) > 1 and not _may_be_missed(inside, usable[:_MOST])


def _may_be_missed(known: list[Affine], gaps: Sequence[Sequence[Affine]]) -> bool:
    """Whether some iteration falls into a gap of every write."""
    if not feasible([], known):
        return False
    return not gaps or any(_may_be_missed([*known, gap], gaps[1:]) for gap in gaps[0])


def _gaps(index: Sequence[Affine], write: Access) -> list[Affine] | None:
    """Expressions of which one is at least 0 where a write leaves an element out; None if they are not known."""
    own = {loop.variable for loop in write.ranges}
    values: dict[str, Affine] = {}
    gaps: list[Affine] = []
    for wanted, written in zip(index, write.index or (), strict=True):
        names = written.words & own
        if not names:
            gaps += [wanted - written - 1, written - wanted - 1]
            continue
        name = min(names)
        factor = written.coefficient(name)
        if len(names) > 1 or abs(factor) != 1 or name in values or not written.is_affine_in(own):
            return None
        values[name] = (wanted - written) * factor + variable(name)
    for loop in (substitute_range(loop, values) for loop in write.ranges):
        if not own.isdisjoint(loop.begin.words | loop.end.words):
            return None
        value = values.get(loop.variable)
        gaps += [loop.begin - loop.end] if value is None else [loop.begin - value - 1, value - loop.end]
    return gaps
