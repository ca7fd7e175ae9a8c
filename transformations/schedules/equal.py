"""One container instead of several that are always written the same."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace

from dace_transfer.transformations.normalization.dependence import accesses
from dace_transfer.transformations.normalization.distribute import perfect_nest
from dace_transfer.transformations.normalization.looks import look_of_node
from dace_transfer.transformations.normalization.lowering.opaque import adopted
from dace_transfer.transformations.normalization.terms import Read, Term, rebuild
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Node,
    Opaque,
    Statement,
    nodes,
    rebuild_body,
    subscripts,
)


def merge_equal(computation: Computation) -> Computation:
    """Let transients be one that the same values are written to, in several statements each, in the same order.

    Before: `s[0] = f(x)`, `t[0] = f(x)`, `for i: s[i] = s[0] + g(i)`, `for i: t[i] = t[0] + g(i)`, `y = h(s, t)`
    After: `s[0] = f(x)`, `for i: s[i] = s[0] + g(i)`, `y = h(s, s)`, also where `h` is in a block that is left as it is

    Other than `share`, which has value numbers for what one statement writes, this assumes that two transients are
    equal after as many writes of each, with all those that must be equal for that, and looks whether every write
    keeps it so. The computation itself is returned where there is nothing to change.
    """
    found = _Histories(computation)
    for first, second in itertools.combinations(found.candidates, 2):
        equal = found.equal(first, second)
        if equal:
            return merge_equal(_merged(computation, equal, found))
    return computation


class _Histories:
    """Where in a body containers are written and read."""

    def __init__(self, computation: Computation):
        self.body, self._containers = computation.body, computation.containers
        found = [list(accesses(node)) for node in self.body]
        self._reads = [[access.data for access in one if not access.writes] for one in found]
        self.writes = {
            name: [place for place, one in enumerate(found) if any(a.writes and a.data == name for a in one)]
            for name in self._containers
        }
        written = {name: places for name, places in self.writes.items() if self._containers[name].transient and places}
        plain = [perfect_nest(node)[1] is not None for node in self.body]
        whole = [name for name, places in written.items() if all(plain[place] for place in places)]
        self.candidates = sorted(whole, key=lambda name: self.writes[name])

    def equal(self, first: str, second: str) -> dict[str, str]:
        """Return what each container is equal to if the second is to be equal to the first; nothing if it is not."""
        pairs, pending = {second: first}, [(first, second)]
        while pending:
            one, other = pending.pop()
            if not self._may_be_equal(one, other):
                return {}
            for early, late in zip(self.writes[one], self.writes[other], strict=True):
                if early >= late or len(self._reads[early]) != len(self._reads[late]):
                    return {}
                for known, new in zip(self._reads[early], self._reads[late], strict=True):
                    if known != new and new not in pairs:
                        pairs[new] = known
                        pending.append((known, new))
        return pairs if pairs.keys().isdisjoint(pairs.values()) and self._hold(pairs) else {}

    def _may_be_equal(self, one: str, other: str) -> bool:
        if not {one, other} <= set(self.candidates) or len(self.writes[one]) != len(self.writes[other]):
            return False
        described = (self._containers[name] for name in (one, other))
        kinds = [(desc.dtype, [str(size) for size in desc.shape]) for desc in described]
        return kinds[0] == kinds[1]

    def _hold(self, pairs: Mapping[str, str]) -> bool:
        """Tell whether equal writes happen while what they read is equal, and so do the reads that are left."""
        matched = {
            late: early
            for other, one in pairs.items()
            for early, late in zip(self.writes[one], self.writes[other], strict=True)
        }
        for late, early in matched.items():
            if self._look(early, pairs) != self._look(late, pairs):
                return False
        return all(
            self._version(name, place) == self._version(pairs.get(name, name), matched.get(place, place))
            for place, names in enumerate(self._reads)
            for name in names
        )

    def _version(self, name: str, place: int) -> int:
        return sum(written < place for written in self.writes[name])

    def _look(self, place: int, pairs: Mapping[str, str]) -> str:
        node = self.body[place]
        words = {word for inner in nodes([node]) for value in subscripts(inner) for word in value.words}
        marks = {word: word for word in words} | {name: pairs.get(name, name) for name in self._containers}
        return look_of_node(node, marks)


def _merged(computation: Computation, equal: Mapping[str, str], found: _Histories) -> Computation:
    dropped = {place for name in equal for place in found.writes[name]}
    left = [node for place, node in enumerate(computation.body) if place not in dropped]
    containers = {name: desc for name, desc in computation.containers.items() if name not in equal}
    return replace(computation, containers=containers, body=rebuild_body(left, lambda node: [_renamed(node, equal)]))


def _renamed(node: Node, names: Mapping[str, str]) -> Node:
    """Return a node that reads other containers; it writes none of them."""

    def change(term: Term) -> Term:
        return replace(term, data=names.get(term.data, term.data)) if isinstance(term, Read) else term

    if isinstance(node, Statement):
        return replace(node, value=rebuild(node.value, change))
    if not isinstance(node, Opaque) or node.reads.isdisjoint(names):
        return node
    block = adopted(replace(node, values={}), node.block.sdfg)
    block.replace_dict({name: names[name] for name in node.reads & names.keys()})
    return replace(node, block=block, reads=frozenset(names.get(name, name) for name in node.reads))
