"""Whether what is to be read at a place may be gone by then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dace_transfer.transformations.normalization.affine import variable
from dace_transfer.transformations.normalization.siblings import Place, Siblings, nest_of
from dace_transfer.transformations.normalization.terms import Range, Read, substitute, substitute_range


def is_overwritten(siblings: Siblings, position: int, read: Place) -> bool:
    """Tell whether what a place reads may be written between the sibling at a position and the place."""
    return any(may_overwrite(siblings, write, read) for write in siblings.writes(read.data, position, read.position))


def may_overwrite(siblings: Siblings, write: Place, read: Place) -> bool:
    """Tell whether a write may come before a read of the same element, or nobody knows which comes first.

    A statement reads before it writes. So `for j: for i in range(0, j + 1): C[j, i] = C[i, j]`, all by itself in its
    loops, overwrites nothing that it reads: the only elements that it reads and writes are those of `i == j`.
    """
    if not siblings.meet(read, write):
        return False
    is_own = write.statement is not None and write.statement is read.statement
    if not is_own or nest_of(siblings.nodes[write.position]) is None:
        return True
    return any(siblings.meet(read, other) for other in _in_other_iterations(write))


def _in_other_iterations(write: Place) -> Iterator[Place]:
    """A write in all iterations in which one loop is further or less far than the variables of its loops say."""
    new = {loop.variable: variable(f"__another_{loop.variable}") for loop in write.loops}
    loops = [replace(substitute_range(r, new), variable=f"__another_{r.variable}") for r in write.loops]
    element = write.element and substitute(write.element, new)
    assert isinstance(element, Read)
    for name, another in new.items():
        for first, last in ((another, variable(name)), (variable(name), another)):
            # This range is empty unless the first is less than the last.
            yield replace(write, element=element, loops=(*loops, Range("__between", first, last)))
