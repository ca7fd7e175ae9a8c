"""Rows divided into parts that run in parallel, and in them into groups that are looked at together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dace import data

from dace_transfer.transformations.normalization.affine import Affine, affine, constant, variable
from dace_transfer.transformations.normalization.dependence import accesses
from dace_transfer.transformations.normalization.lowering.flow import mentions
from dace_transfer.transformations.normalization.terms import Range, Read, Reduce
from dace_transfer.transformations.normalization.tree import Computation, Loop, Node
from dace_transfer.transformations.schedules.contract import is_free
from dace_transfer.transformations.schedules.rows import Across, Member, Rows, Scratch


@dataclass(frozen=True)
class Division:
    """How rows are divided.

    Attributes:
        rows: All rows.
        parts: What can run in parallel.
        count: Rows that are looked at together.
        slot: The variable that numbers these.
    """

    rows: Range
    parts: int
    count: int
    slot: str


def in_parts(members: Sequence[Member], division: Division, scratch: Scratch) -> Iterator[Node]:
    """Yield what members do with all rows, each of which is independent of the others but for what they add up."""
    rows, count = division.rows, division.count
    part = Range(scratch.names.fresh("p"), constant(0), constant(division.parts))
    parted = [_of_part(member, part, scratch) if isinstance(member, Across) else member for member in members]
    groups = affine(f"int_floor({rows.end - rows.begin}, {count})")
    left = replace(division, rows=replace(rows, begin=rows.begin + groups * count), count=1)
    loops = [
        _loop(parted, some, number, part, scratch)
        for some, number in ((division, groups), (left, rows.end - left.rows.begin))
        if number != constant(0)
    ]
    starts = (one.start(scratch) for one in parted if isinstance(one, Across))
    yield Loop(part, (*starts, *loops), True)
    for member, one in zip(members, parted, strict=True):
        if isinstance(member, Across) and isinstance(one, Across):
            yield scratch.own(member.for_all(Reduce(member.function, (part,), one.target)))


def _of_part(member: Across, part: Range, scratch: Scratch) -> Across:
    """The sums over the rows of a part."""
    shape = [part.end, *(loop.end - loop.begin for loop in member.columns)]
    name = scratch.array(Reduce(member.function, (part,), member.term), shape)
    index = (variable(part.variable), *(variable(loop.variable) - loop.begin for loop in member.columns))
    return replace(member, target=Read(name, index))


def _loop(members: Sequence[Member], division: Division, groups: Affine, part: Range, scratch: Scratch) -> Loop:
    """What is done with those of the groups that are in a part."""
    number = variable(part.variable)
    borders = [affine(f"int_floor(({groups})*({number + place}), {part.end})") for place in (0, 1)]
    group = Range(scratch.names.fresh("g"), *borders)
    first = division.rows.begin + variable(group.variable) * division.count
    rows = Rows(first, division.count, division.rows.variable, division.slot)
    return Loop(group, tuple(node for member in members for node in member.together(rows, scratch)))


def in_slots(members: Sequence[Member], computation: Computation, division: Division, scratch: Scratch) -> list[Member]:
    """Let transients that nothing else needs hold as many rows as are looked at together.

    Before: `t[i, j] = f(x[i, j])`, then `s[j] = sum(t[i, j] for i)`, with a row of `t` for each of `x`,
    after: `t[w, j] = f(x[i, j])`, then `s[j] = sum(t[w, j] for i)`, with `w` less than the number of such rows.
    """
    axes = {
        name: axis for name in _inside(members, computation) if (axis := _axis(members, division, name)) is not None
    }
    for name, axis in axes.items():
        scratch.containers[name] = _with_rows(scratch.containers[name], axis, division.count)

    def narrowed(read: Read) -> Read:
        if read.data not in axes:
            return read
        axis = axes[read.data]
        return Read(read.data, (*read.index[:axis], variable(division.slot), *read.index[axis + 1 :]))

    return [member.with_reads(narrowed) for member in members]


def _inside(members: Sequence[Member], computation: Computation) -> list[str]:
    """Transients of which all elements are of a row, and nothing but members mentions them."""
    here, everywhere = mentions(member.node for member in members), mentions(computation.body)
    sums = {member.target.data for member in members if isinstance(member, Across)}
    return [name for name in here if name not in sums and here[name] == everywhere[name] and is_free(computation, name)]


def _axis(members: Sequence[Member], division: Division, name: str) -> int | None:
    """The first dimension that rows are numbered in."""
    found = [one.index for member in members for one in accesses(member.node) if one.data == name]
    row = variable(division.rows.variable)
    axes = enumerate(zip(*(index or () for index in found), strict=True))
    return next((axis for axis, entries in axes if all(entry == row for entry in entries)), None)


def _with_rows(described: data.Array, axis: int, count: int) -> data.Array:
    shape = [*described.shape[:axis], count, *described.shape[axis + 1 :]]
    return data.Array(described.dtype, shape, transient=True, storage=described.storage, lifetime=described.lifetime)
