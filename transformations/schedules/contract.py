"""Transients without the dimensions that every iteration of a loop has one element of its own in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from dace import data

from dace_transfer.transformations.normalization.affine import variable
from dace_transfer.transformations.normalization.terms import Read, Term, reads, rebuild
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Loop,
    Node,
    Statement,
    nodes,
    rebuild_body,
    statements,
)


def contract(computation: Computation, loops: Collection[str]) -> Computation:
    """Take away the dimensions of transients that only tell iterations of a parallel loop apart.

    Before: `parallel for i: { for j: t[i, j] = x[i, j]; for j: y[i, j] = t[i, j - 1] }`,
    after: `parallel for i: { for j: t[j] = x[i, j]; for j: y[i, j] = t[j - 1] }`, with a `t` in every iteration.

    Array contraction (Kennedy and Allen, chapter 8).

    Args:
        computation: What is changed.
        loops: Variables of the parallel loops that are looked at.
    """
    outside = Counter(read.data for read in mentioned(computation.body))
    dropped: dict[str, set[int]] = {}
    for node in nodes(computation.body):
        if isinstance(node, Loop) and node.range.variable in loops:
            inside = Counter(read.data for read in mentioned(node.body))
            for name in sorted(inside):
                if inside[name] == outside[name] and is_free(computation, name):
                    dropped.setdefault(name, set()).update(_told_apart_by(node, name))
    dropped = {name: axes for name, axes in dropped.items() if axes}
    return _without(computation, dropped) if dropped else computation


def mentioned(body: Iterable[Node]) -> Iterator[Read]:
    """Yield all that statements read and write."""
    return (read for _, one in statements(body) for read in (one.target, *reads(one.value)))


def is_free(computation: Computation, name: str) -> bool:
    """Tell whether a container may get another shape: a transient array that no opaque block names."""
    described = computation.containers[name]
    return described.transient and type(described) is data.Array and name not in computation.pinned


def _told_apart_by(loop: Loop, name: str) -> set[int]:
    """The dimensions in which the index of every access is the variable of a loop."""
    found = [read for read in mentioned(loop.body) if read.data == name]
    own = variable(loop.range.variable)
    return {axis for axis in range(len(found[0].index)) if all(read.index[axis] == own for read in found)}


def _without(computation: Computation, dropped: dict[str, set[int]]) -> Computation:
    def narrowed(read: Read) -> Read:
        axes = dropped.get(read.data, set())
        return Read(read.data, tuple(index for axis, index in enumerate(read.index) if axis not in axes))

    def changed(term: Term) -> Term:
        return narrowed(term) if isinstance(term, Read) else term

    def rewritten(node: Node) -> list[Node]:
        if isinstance(node, Statement):
            return [Statement(narrowed(node.target), rebuild(node.value, changed))]
        return [node]

    containers = dict(computation.containers)
    for name, axes in dropped.items():
        containers[name] = _narrower(containers[name], axes)
    return replace(computation, containers=containers, body=rebuild_body(computation.body, rewritten))


def _narrower(described: data.Array, axes: Collection[int]) -> data.Data:
    shape = [size for axis, size in enumerate(described.shape) if axis not in axes]
    kept = {"transient": True, "storage": described.storage, "lifetime": described.lifetime}
    return data.Array(described.dtype, shape, **kept) if shape else data.Scalar(described.dtype, **kept)
