"""Take reductions out of a value, into statements of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import dace
from dace.symbolic import pystr_to_symbolic

from dace_transfer.transformations.normalization.affine import Affine, affine, variable
from dace_transfer.transformations.normalization.dependence import Dependences
from dace_transfer.transformations.normalization.hull import always, hull, in_bounds
from dace_transfer.transformations.normalization.reduction_forms import (
    is_contraction,
    is_element,
    is_plain_fold,
    is_rectangular,
    mentioned,
)
from dace_transfer.transformations.normalization.terms import (
    Call,
    Range,
    Read,
    Reduce,
    Term,
    children,
    reads,
    substitute,
    substitute_range,
)
from dace_transfer.transformations.normalization.tree import Computation, Loop, Names, Node, Statement, nest
from dace_transfer.transformations.normalization.types import type_of


def outermost(term: Term) -> Iterator[Reduce]:
    """Yield the reductions of a term that are in no other."""
    if isinstance(term, Reduce):
        yield term
        return
    for child in children(term):
        yield from outermost(child)


class Context:
    """What is known of a computation, and its containers with those that were added."""

    def __init__(self, computation: Computation):
        self.containers = dict(computation.containers)
        self.names = Names(computation)
        self.dependences = Dependences(computation)


@dataclass(frozen=True)
class Extraction:
    """Takes the reductions out of one value.

    Attributes:
        context: What is known of the computation.
        outside: The loops in whose body the new statements will be.
        chain: The loops below, around the value.
        target: What the value is written to.
        movable: The reductions that can be computed before.
        nodes: The new nests, filled as reductions are taken out.
    """

    context: Context
    outside: tuple[Loop, ...]
    chain: tuple[Range, ...]
    target: Read
    movable: set[Reduce]
    nodes: list[Node] = field(default_factory=list)

    def value(self, value: Term) -> Term:
        if isinstance(value, Reduce):
            return self.whole(value) if value in self.movable else value
        return self.without(value, self.chain, False)

    def without(self, term: Term, loops: tuple[Range, ...], is_guarded: bool) -> Term:
        """A term whose reductions are read from transients.

        Args:
            term: The term.
            loops: The loops around it, those of reductions around it as well.
            is_guarded: Whether it may not be computed everywhere, because a condition selects where.
        """
        if isinstance(term, Call):
            is_guarded |= term.function in ("select", "and", "or")
            return Call(term.function, tuple(self.without(part, loops, is_guarded) for part in term.arguments))
        if not isinstance(term, Reduce) or (loops == self.chain and term not in self.movable):
            return term
        term = replace(term, body=self.without(term.body, (*loops, *term.ranges), is_guarded))
        return self.stored(term, loops, is_guarded) or term

    def whole(self, term: Reduce) -> Term:
        """A reduction that is a whole value in a form that lowering has names for, or a read of one."""
        term = replace(term, body=self.without(term.body, (*self.chain, *term.ranges), False))
        used = mentioned(term, self.chain)
        if self.is_contraction(term, self.chain):
            names = [loop.variable for loop in self.chain]
            is_kept = len(used) == len(self.chain) and is_rectangular(self.chain, names)
            if is_kept and is_element(self.target, names):
                return term
            return self.over_rectangle(term, self.chain, False) or term
        if len(used) < len(self.chain):
            return self.over_used(term, self.chain, False) or term
        return self.folded(term, self.chain)

    def is_contraction(self, term: Reduce, loops: Sequence[Range]) -> bool:
        return is_contraction(term, [loop.variable for loop in loops], self.context.containers)

    def stored(self, term: Reduce, loops: tuple[Range, ...], is_guarded: bool) -> Read | None:
        """A read of a transient to which a new statement has written a reduction."""
        stored = self.over_rectangle(term, loops, is_guarded) if self.is_contraction(term, loops) else None
        return stored or self.over_used(term, loops, is_guarded) or self.over(term, loops, loops, is_guarded)

    def over_rectangle(self, term: Reduce, loops: tuple[Range, ...], is_guarded: bool) -> Read | None:
        used = mentioned(term, loops)
        hulls = [hull(loop, loops) for loop in used]
        kept = tuple(loop for loop in hulls if loop is not None)
        if len(kept) < len(used):
            return None
        square = squared(term, kept)
        return (square and self.over(term, loops, square, is_guarded)) or self.over(term, loops, kept, is_guarded)

    def over_used(self, term: Reduce, loops: tuple[Range, ...], is_guarded: bool) -> Read | None:
        used = mentioned(term, loops)
        dropped = [loop for loop in loops if loop not in used]
        hulls = [hull(loop, dropped) for loop in used]
        kept = tuple(loop for loop in hulls if loop is not None)
        if len(kept) < len(used):
            return None
        return self.over(term, loops, kept, is_guarded)

    def over(self, term: Reduce, loops: tuple[Range, ...], kept: tuple[Range, ...], is_guarded: bool) -> Read | None:
        """Compute a reduction over the loops `kept`, which include what it needs of `loops`."""
        around = (*self.outer, *kept)
        if (is_guarded or kept != loops) and not in_bounds(
            term, around, self.context.containers, self.context.dependences.facts
        ):
            return None
        read = self.transient("t", kept, around, [self.target, *reads(term)], self.type_of(term))
        if read is not None:
            self.add(read, self.folded(term, kept), kept)
        return read

    def folded(self, term: Reduce, loops: tuple[Range, ...]) -> Reduce:
        """A reduction whose body is stored before, if one read has a dimension for each of its loops.

        What is stored is then no larger than what is read; windows that overlap, `A[i + k]`, would be written out.
        """
        ranges = (*loops, *term.ranges)
        names = {loop.variable for loop in ranges}
        if self.is_contraction(term, loops) or is_plain_fold(term, names):
            return term
        spanning = next((read for read in reads(term.body) if is_element(read, names)), None)
        if spanning is None or not is_rectangular(ranges, names) or any(outermost(term.body)):
            return term
        ordered = sorted(ranges, key=lambda loop: _dimension(spanning, loop.variable))
        dtype = self.type_of(term.body)
        dtype = self.type_of(term) if dtype == dace.bool_ else dtype
        read = self.transient("p", ordered, (*self.outer, *ranges), [spanning], dtype)
        if read is None:
            return term
        self.add(read, term.body, ranges)
        return replace(term, body=read)

    @property
    def outer(self) -> tuple[Range, ...]:
        return tuple(loop.range for loop in self.outside)

    def type_of(self, term: Term) -> dace.typeclass:
        return type_of(term, self.context.containers)

    def transient(
        self,
        stem: str,
        loops: Iterable[Range],
        around: tuple[Range, ...],
        references: Sequence[Read],
        dtype: dace.typeclass,
    ) -> Read | None:
        """The element that each iteration of loops has to itself in a new container.

        Iterations of parallel loops further outside have their own ones too.

        Args:
            stem: What its name starts with.
            loops: The loops.
            around: They and all loops outside of them.
            references: Elements whose containers may lend their sizes.
            dtype: The type of the container.
        """
        shared = [loop.range for loop in self.outside if loop.parallel]
        found = [self.extent(loop, around, references) for loop in (*shared, *loops)]
        extents = [extent for extent in found if extent is not None]
        if len(extents) < len(found):
            return None
        name = self.context.names.fresh(stem)
        shape = [pystr_to_symbolic(str(size)) for size, _ in extents]
        scalar_or_array = dace.data.Array(dtype, shape, transient=True) if shape else dace.data.Scalar(dtype, True)
        self.context.containers[name] = scalar_or_array
        return Read(name, tuple(entry for _, entry in extents))

    def extent(
        self, loop: Range, around: tuple[Range, ...], references: Iterable[Read]
    ) -> tuple[Affine, Affine] | None:
        """The size of a dimension, certainly 1 or more, for a loop, and where an iteration is in it."""
        whole, facts, own = hull(loop, around), self.context.dependences.facts, variable(loop.variable)
        if whole is None:
            return None
        if always(whole.end - whole.begin - 1, (), facts):
            return whole.end - whole.begin, own - whole.begin
        for read in references:
            for entry, size in zip(read.index, self.context.containers[read.data].shape, strict=False):
                shift, size = entry - own, affine(size)
                if not shift.words.isdisjoint(r.variable for r in around):
                    continue
                if always(whole.begin + shift, (), facts) and always(size - whole.end - shift, (), facts):
                    return size, entry
        return None

    def add(self, target: Read, value: Term, loops: Sequence[Range]) -> None:
        """Add a nest of parallel loops around a new statement."""
        new = {loop.variable: variable(self.context.names.fresh(loop.variable)) for loop in loops}
        written = substitute(target, new)
        assert isinstance(written, Read)
        renamed = [replace(substitute_range(loop, new), variable=str(new[loop.variable])) for loop in loops]
        self.nodes.extend(nest(renamed, (Statement(written, substitute(value, new)),), True))


def squared(term: Reduce, loops: Sequence[Range]) -> tuple[Range, ...] | None:
    """The loops of a matrix times its own transpose, with bounds that make the product symmetric.

    Before: `sum(A[k, i] * A[k, j] for k)` for `i` in `0..M - 2` and `j` in `1..M - 1`, after: for both in `0..M - 1`.
    None where it is no such product, is square already, or it is not known which loop begins first or ends last.
    """
    found = reads(term)
    if len(loops) != 2 or len(found) != 2:
        return None
    one, other = loops
    if (
        substitute(found[0], {one.variable: variable(other.variable), other.variable: variable(one.variable)})
        != found[1]
    ):
        return None
    earlier, later = other.begin - one.begin, other.end - one.end
    if not (earlier.is_constant and later.is_constant) or (earlier.constant, later.constant) == (0, 0):
        return None
    begin = one.begin if earlier.constant > 0 else other.begin
    end = one.end if later.constant < 0 else other.end
    return Range(one.variable, begin, end), Range(other.variable, begin, end)


def _dimension(read: Read, name: str) -> int:
    return next(place for place, entry in enumerate(read.index) if name in entry.words)
