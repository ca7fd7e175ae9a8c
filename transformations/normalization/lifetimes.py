"""Temporaries that are used for several things in turn become several temporaries."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import replace

import dace

from dace_transfer.transformations.normalization.affine import Affine
from dace_transfer.transformations.normalization.covering import is_written_first
from dace_transfer.transformations.normalization.dependence import Dependences, accesses
from dace_transfer.transformations.normalization.terms import Read, Term, bounds, rebuild
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Loop,
    Names,
    Node,
    Statement,
    rebuild_body,
)


def split_lifetimes(computation: Computation) -> Computation:
    """Give a temporary another name wherever it begins anew.

    Before: `for i: { s = a[i]; b[i] = s * s }`, `for j: { s = c[j]; d[j] = s * s }`,
    after: the second loop has a temporary of its own.

    Live range splitting, for nodes of one body that all write a container before they read it.
    """
    splitter = _Splitter(computation)
    body = splitter.split(computation.body, Dependences(computation).facts, splitter.candidates)
    return replace(computation, body=body, containers=splitter.containers)


class _Splitter:
    def __init__(self, computation: Computation):
        self.containers: dict[str, dace.data.Data] = dict(computation.containers)
        self._names = Names(computation)
        self.candidates = {n for n, desc in self.containers.items() if desc.transient} - computation.pinned

    def split(self, body: Sequence[Node], known: tuple[Affine, ...], candidates: set[str]) -> tuple[Node, ...]:
        """Return a body in which all accesses to the candidates are, with names of their own for its nodes."""
        result = list(body)
        users: dict[str, list[int]] = {}
        for position, node in enumerate(body):
            for name in {access.data for access in accesses(node)} & candidates:
                users.setdefault(name, []).append(position)
        inside: list[set[str]] = [set() for _ in body]
        for name in sorted(users):
            positions = users[name]
            if len(positions) == 1:
                inside[positions[0]].add(name)
            elif all(is_written_first(name, [body[position]], known) for position in positions):
                inside[positions[0]].add(name)
                for position in positions[1:]:
                    own = self._another(name)
                    result[position] = _renamed(result[position], name, own)
                    inside[position].add(own)
        return tuple(self._within(node, known, names) for node, names in zip(result, inside, strict=True))

    def _within(self, node: Node, known: tuple[Affine, ...], candidates: set[str]) -> Node:
        if not isinstance(node, Loop) or not candidates:
            return node
        return replace(node, body=self.split(node.body, (*known, *bounds([node.range])), candidates))

    def _another(self, name: str) -> str:
        own = self._names.fresh(name)
        self.containers[own] = copy.deepcopy(self.containers[name])
        return own


def _renamed(node: Node, old: str, new: str) -> Node:
    def term(inner: Term) -> Term:
        return replace(inner, data=new) if isinstance(inner, Read) and inner.data == old else inner

    def change(inner: Node) -> Iterable[Node]:
        if not isinstance(inner, Statement):
            return [inner]
        target = term(inner.target)
        assert isinstance(target, Read)
        return [Statement(target, rebuild(inner.value, term))]

    return rebuild_body([node], change)[0]
