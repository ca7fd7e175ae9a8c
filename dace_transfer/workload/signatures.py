"""Signatures that mention one another, and one numbering of what they describe.

A signature is a nested tuple of strings and numbers, of `Ref`s to what other signatures describe, and of `Bag`s of
signatures whose order means nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

Signature = Any
Vertex = Hashable


class Ref(tuple[Vertex]):
    """A mention of another vertex."""


class Bag(tuple[Signature, ...]):
    """Parts whose order means nothing."""


def numbered(vertices: Mapping[Vertex, Signature]) -> list[tuple[int, str]]:
    """Return all signatures as text, with numbers for what they mention, in the order of the numbers.

    Equal lists mean that the vertices are isomorphic: there is a map from one set to the other under which all
    signatures agree. Colour refinement (Weisfeiler and Leman, 1968), and individualisation where it leaves ties, find
    the numbers. In the rare case of ties that no automorphism exchanges, isomorphic sets may get different lists.
    """
    short = {vertex: _shortened(signature) for vertex, signature in vertices.items()}
    colours = _discrete(short)
    order = {v: f"{place}" for place, v in enumerate(sorted(colours, key=colours.__getitem__))}
    return sorted((int(order[vertex]), _text(signature, order)) for vertex, signature in short.items())


def _shortened(signature: Signature) -> Signature:
    """The same with every part that mentions nothing as one text."""
    if isinstance(signature, Ref):
        return signature
    if not isinstance(signature, tuple):
        return repr(signature)
    parts = [_shortened(part) for part in signature]
    if all(isinstance(part, str) for part in parts):
        return _joined(parts, isinstance(signature, Bag))
    return Bag(parts) if isinstance(signature, Bag) else tuple(parts)


def _text(signature: Signature, colours: Mapping[Vertex, str]) -> str:
    if isinstance(signature, str):
        return signature
    if isinstance(signature, Ref):
        return f"@{colours[signature[0]]}"
    return _joined([_text(part, colours) for part in signature], isinstance(signature, Bag))


def _joined(parts: list[str], anyhow: bool) -> str:
    return f"{{{','.join(sorted(parts))}}}" if anyhow else f"({','.join(parts)})"


def _mentions(
    signature: Signature, path: str = "", beside: tuple[Signature, ...] = ()
) -> Iterator[tuple[Vertex, str, tuple[Signature, ...]]]:
    """Yield every vertex a signature mentions, the place where, and the parts of bags that it is mentioned in.

    All places in a bag are one, so that it is what they hold that tells them apart: in `a*b + c*d`, `a` is with `b`.
    """
    if isinstance(signature, Ref):
        yield signature[0], path, beside
    elif isinstance(signature, Bag):
        for part in signature:
            yield from _mentions(part, f"{path}.", beside if isinstance(part, Ref) else (*beside, part))
    elif isinstance(signature, tuple):
        for index, part in enumerate(signature):
            yield from _mentions(part, f"{path}.{index}", beside)


class _Colouring:
    """Vertices by colour, refined until neither what they mention nor where they are mentioned tells more apart."""

    def __init__(self, vertices: Mapping[Vertex, Signature]):
        self._vertices = vertices
        self._mentioned: dict[Vertex, list[tuple[Vertex, str, tuple[Signature, ...]]]] = {v: [] for v in vertices}
        for vertex, signature in vertices.items():
            for other, path, beside in _mentions(signature):
                self._mentioned[other].append((vertex, path, beside))
        self.colours: dict[Vertex, str] = dict.fromkeys(vertices, "")
        self.tied: dict[str, list[Vertex]] = {"": list(vertices)}

    def refine(self) -> None:
        """Split classes until nothing changes; a vertex that is alone in its class keeps its colour."""
        while True:
            split = [part for colour, members in self.tied.items() for part in self._split(colour, members)]
            if len(split) == len(self.tied):
                return
            self.tied = {colour: members for colour, members in split if len(members) > 1}
            self.colours.update((vertex, colour) for colour, members in split for vertex in members)

    def _split(self, colour: str, members: list[Vertex]) -> list[tuple[str, list[Vertex]]]:
        parts: dict[str, list[Vertex]] = {}
        for vertex in members:
            parts.setdefault(self._surroundings(vertex), []).append(vertex)
        return (
            [(_hash(colour + around), part) for around, part in parts.items()]
            if len(parts) > 1
            else [(colour, members)]
        )

    def _surroundings(self, vertex: Vertex) -> str:
        users = sorted(
            "".join((self.colours[user], path, *(_text(part, self.colours) for part in beside)))
            for user, path, beside in self._mentioned[vertex]
        )
        return "\n".join([_text(self._vertices[vertex], self.colours), *users])

    def individualise(self) -> None:
        """Tell one member of a class apart from the others."""
        colour, members = min(self.tied.items())
        self.colours[members[0]] = _hash(f"{colour} first")
        del self.tied[colour]
        if len(members) > 2:
            self.tied[colour] = members[1:]


def _discrete(vertices: Mapping[Vertex, Signature]) -> dict[Vertex, str]:
    """A colour of its own for every vertex."""
    colouring = _Colouring(vertices)
    colouring.refine()
    while colouring.tied:
        colouring.individualise()
        colouring.refine()
    return colouring.colours


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
