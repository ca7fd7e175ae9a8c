"""Tiles over iterations of a sequential loop and what it sweeps over, so that they find in a cache what they left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

from dace_transfer.transformations.normalization.affine import Affine, affine, constant, variable
from dace_transfer.transformations.normalization.terms import Range, Read, bounds_of, reads
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Loop,
    Names,
    Node,
    Opaque,
    nodes,
    statements,
    variables,
)


def tile_time(computation: Computation, steps: int, size: int) -> Computation:
    """Execute several iterations of a sequential loop on one block of what it sweeps over before the next block.

    Before:                                     After, on blocks that lean backwards:

        for t in range(0, T):                       for w:
            parallel for i: y[i] = f(x[i - 1],          parallel for b in blocks of time, in wave w:
                                     x[i + 1])              for t in b:
            parallel for i: x[i] = g(y[i - 1],                  parallel for i in block w - 2 * b, less 2 * t:
                                     y[i + 1])                      y[i] = f(x[i - 1], x[i + 1])
                                                                parallel for i in that block, less 2 * t + 1:
                                                                    x[i] = g(y[i - 1], y[i + 1])

    An iteration of a nest is executed at a *position*, its index plus a lag for the nest and for each step of time,
    such that nothing is needed from a later position. Blocks of one wave need only what former waves left.

    Skewing and wave fronts (Wolf and Lam, "A Data Locality Optimizing Algorithm", PLDI 1991), as Pluto does it
    (Bondhugula et al., PLDI 2008).

    Args:
        computation: Loops that are marked as parallel are.
        steps: Iterations of the sequential loop in one tile.
        size: Positions of a tile; more where `steps` need more.

    Returns:
        The computation itself where no sequential loop sweeps over nests at constant distances.
    """
    tiling = _Tiling(Names(computation), frozenset(computation.containers), steps, size)
    body = tiling.body(computation.body)
    return replace(computation, body=body) if body != computation.body else computation


@dataclass(frozen=True)
class _Nest:
    """A nest whose outermost loop sweeps over an axis of everything that changes.

    Attributes:
        loop: The outermost loop.
        offsets: By container that changes, what is added to the loop's variable in the index of its axis.
        written: Containers that the nest writes.
    """

    loop: Loop
    offsets: Mapping[str, frozenset[int]]
    written: frozenset[str]

    def distance(self, later: _Nest) -> int | None:
        """How much less than an iteration of this nest one of a later nest is at least, if it must wait for it.

        None if the two never touch the same, or only read it.
        """
        shared = [name for name in self.offsets.keys() & later.offsets.keys() if name in self.written | later.written]
        return max((b - a for n in shared for a, b in product(self.offsets[n], later.offsets[n])), default=None)


@dataclass(frozen=True)
class _Sweep:
    """What a sequential loop repeats.

    Attributes:
        loop: The sequential loop.
        nests: Its nests, in order.
    """

    loop: Loop
    nests: tuple[_Nest, ...]

    @cached_property
    def lags(self) -> tuple[int, ...]:
        """By nest, how far its positions are ahead of its indices."""
        lags: list[int] = []
        for nest in self.nests:
            waits = zip(lags, (former.distance(nest) for former in self.nests), strict=False)
            lags.append(max((lag + wait for lag, wait in waits if wait is not None), default=0))
            lags[-1] = max(lags[-1], 0)
        return tuple(lags)

    @cached_property
    def period(self) -> int:
        """How much positions grow from one iteration of the sequential loop to the next."""
        pairs = product(zip(self.nests, self.lags, strict=True), repeat=2)
        waits = ((one.distance(other), lag - later) for (one, lag), (other, later) in pairs)
        return max((max(wait + ahead, 0) for wait, ahead in waits if wait is not None), default=0)


@dataclass(frozen=True)
class _Tiling:
    names: Names
    containers: frozenset[str]
    steps: int
    size: int

    def body(self, body: Sequence[Node]) -> tuple[Node, ...]:
        return tuple(self._tiled(node) if isinstance(node, Loop) and not node.parallel else node for node in body)

    def _tiled(self, loop: Loop) -> Loop:
        sweep = _sweep(loop, self.names)
        if sweep is None or not sweep.period:
            return replace(loop, body=self.body(loop.body))
        return self._waves(sweep)

    def _waves(self, sweep: _Sweep) -> Loop:
        time, period, lags = sweep.loop.range, sweep.period, sweep.lags
        size = max(self.size, period * self.steps)
        wave, block = self.names.fresh("w"), self.names.fresh("b")
        ranges = [nest.loop.range for nest in sweep.nests]
        first = _extreme("Min", [one.begin + lag for one, lag in zip(ranges, lags, strict=True)])
        last = _extreme("Max", [one.end + lag for one, lag in zip(ranges, lags, strict=True)])
        times = _blocks(time.end - time.begin, self.steps)
        places = _blocks(last + period * (self.steps - 1) - first, size)
        begin = time.begin + variable(block) * self.steps
        place = first + (variable(wave) - variable(block) * 2) * size - (variable(time.variable) - begin) * period
        nests = tuple(_clipped(nest.loop, place - lag, size) for nest, lag in zip(sweep.nests, lags, strict=True))
        inner = Loop(Range(time.variable, begin, _extreme("Min", [time.end, begin + self.steps])), nests)
        ready = _extreme("Max", [constant(0), _blocks(variable(wave) - places + 1, 2)])
        begun = affine(f"int_floor({wave}, 2)") + 1
        if times.words.isdisjoint(self.containers):  # Maps have no scalars in their bounds.
            begun = _extreme("Min", [times, begun])
        changed = frozenset(name for nest in sweep.nests for name in nest.written)
        tiles = Loop(Range(block, ready, begun), (inner,), parallel=True, shares=changed)
        return Loop(Range(wave, constant(0), places + times * 2 - 2), (tiles,))


def _clipped(loop: Loop, begin: Affine, size: int) -> Loop:
    """The iterations of a loop that lie in a block."""
    old = loop.range
    begin, end = _extreme("Max", [old.begin, begin]), _extreme("Min", [old.end, begin + size])
    return replace(loop, range=replace(old, begin=begin, end=end))


def _extreme(function: str, values: Sequence[Affine]) -> Affine:
    """The least ("Min") or largest ("Max") of values, those left out that are known not to be."""
    sign = 1 if function == "Max" else -1
    kept: list[Affine] = []
    for value in values:
        apart = [(value - other) * sign for other in kept]
        if any(one.is_constant and one.constant <= 0 for one in apart):
            continue
        kept = [other for other, one in zip(kept, apart, strict=True) if not one.is_constant]
        kept.append(value)
    return kept[0] if len(kept) == 1 else affine(f"{function}({', '.join(map(str, kept))})")


def _blocks(length: Affine, size: int) -> Affine:
    """How many blocks cover a length."""
    return affine(f"int_floor({length + (size - 1)}, {size})")


def _sweep(loop: Loop, names: Names) -> _Sweep | None:
    """What a loop sweeps over, if all its nests do so along one axis of each container that changes."""
    if any(isinstance(node, Opaque) for node in nodes(loop.body)):
        return None
    changing = sorted({one.target.data for _, one in statements(loop.body)})
    axes = {name: _axis(name, loop.body) for name in changing}
    placed = [_placed(node, axes, names) for node in loop.body]
    found = tuple(nest for nest in placed if nest is not None)
    inner = {loop.range.variable} | variables(loop.body)
    bounds = [bound for nest in found for bound in bounds_of([nest.loop.range])]
    if len(found) < len(placed) or any(bound.words & inner for bound in bounds):
        return None
    return _Sweep(loop, found)


def _axis(name: str, body: Sequence[Node]) -> int | None:
    """The first axis of a container along which every nest sweeps or stays where it is."""
    dimensions = next(len(read.index) for node in body for read in _touched(node) if read.data == name)
    touching = [node for node in body if any(read.data == name for read in _touched(node))]
    fits = (axis for axis in range(dimensions) if all(_anchored(node, {name: axis}) for node in touching))
    return next(fits, None)


def _placed(node: Node, axes: Mapping[str, int | None], names: Names) -> _Nest | None:
    """A node as a nest that sweeps over the axes of containers, or that stays where it is on all of them."""
    found = _anchored(node, axes)
    if found is None:
        return None
    anchor, offsets = found
    written = frozenset(one.target.data for _, one in statements([node]))
    if isinstance(node, Loop) and anchor == variable(node.range.variable):
        return _Nest(node, offsets, written)
    return _Nest(Loop(Range(names.fresh("p"), anchor, anchor + 1), (node,), True), offsets, written)


def _anchored(node: Node, axes: Mapping[str, int | None]) -> tuple[Affine, dict[str, frozenset[int]]] | None:
    """What a node's indices along axes are at fixed distances from, and by container the distances."""
    along = [(read, axes[read.data]) for read in _touched(node) if read.data in axes]
    indices = [(read.data, read.index[axis]) for read, axis in along if axis is not None]
    if len(indices) < len(along):
        return None
    own = variables([node])
    anchors = [variable(node.range.variable)] if isinstance(node, Loop) else []
    anchors += [place for _, place in indices[:1] if not place.words & own]
    found = ((anchor, _offsets(indices, anchor)) for anchor in anchors)
    return next(((anchor, offsets) for anchor, offsets in found if offsets is not None), None)


def _offsets(indices: Sequence[tuple[str, Affine]], anchor: Affine) -> dict[str, frozenset[int]] | None:
    """By container, how far indices are from an anchor; None where that is no number."""
    if not all((index - anchor).is_constant for _, index in indices):
        return None
    names = {name for name, _ in indices}
    return {name: frozenset((i - anchor).constant for other, i in indices if other == name) for name in names}


def _touched(node: Node) -> Iterator[Read]:
    for _, one in statements([node]):
        yield one.target
        yield from reads(one.value)
