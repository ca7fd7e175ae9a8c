"""The grammar of roles: how a recipe says which nodes a step is for, without naming or numbering any node.

A role is a base, then selectors from left to right:

    maps             map scopes inside no other map, of all states, loops, branches and nested SDFGs
    inner_maps       map scopes that hold no other map scope
    all_maps         all map scopes
    reductions       Reduce library nodes
    libraries        all other library nodes
    accesses         access nodes of transient containers
    nested           nested SDFGs
    loops            loop regions
    sdfg             no node: the step is for the whole SDFG
    it               what the previous step yielded
    NAME             what the step that ends in `as NAME` yielded
    producers(ROLE)  maps, library nodes, ... that write what the nodes of ROLE read
    consumers(ROLE)  maps, library nodes, ... that read what the nodes of ROLE write

    @2               only nodes inside exactly two map scopes; `maps@2` reads as `all_maps@2`
    [0]  [-1]        only the first, the last, ...; nodes are ordered as they would execute
    [Gemm]           only library nodes of that class
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from dace_transfer.errors import RecipeError

BASES = (
    "maps",
    "inner_maps",
    "all_maps",
    "reductions",
    "libraries",
    "accesses",
    "nested",
    "loops",
    "sdfg",
)
WALKS = ("producers", "consumers")
RESERVED = frozenset((*BASES, *WALKS, "it", "as"))
"""Words that no step can bind."""

_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_SELECTOR = re.compile(r"@(?P<depth>\d+)|\[(?P<index>-?\d+)\]|\[(?P<kind>[A-Za-z_]\w*)\]", re.ASCII)


@dataclass(frozen=True)
class Selector:
    """Keeps some nodes of a role; exactly one field is set."""

    depth: int | None = None
    index: int | None = None
    kind: str | None = None

    def __str__(self) -> str:
        return f"@{self.depth}" if self.depth is not None else f"[{self.kind or self.index}]"


@dataclass(frozen=True)
class Role:
    """A parsed role.

    Attributes:
        base: One of `BASES`, `it`, a name a step bound, or one of `WALKS`.
        inner: What `producers` and `consumers` start from; None for other bases.
        selectors: Applied from left to right.
    """

    base: str
    inner: Role | None = None
    selectors: tuple[Selector, ...] = ()

    def __str__(self) -> str:
        inner = f"({self.inner})" if self.inner is not None else ""
        return self.base + inner + "".join(map(str, self.selectors))

    @property
    def handle(self) -> str:
        """The name of earlier yields the role starts from (`it` or a bound name), or an empty string."""
        if self.inner is not None:
            return self.inner.handle
        return "" if self.base in BASES else self.base

    @property
    def is_whole_handle(self) -> bool:
        """Whether the role means all nodes of a handle."""
        return bool(self.handle) and self.inner is None and not self.selectors


def parse_role(text: str) -> Role:
    """Return the role that `text` writes.

    Raises:
        RecipeError: The text is no role; whether a name is bound is for `check` to tell.
    """
    word = _WORD.match(text)
    if word is None:
        raise RecipeError(f"Expected a role, but got {text!r}; {choices(())}.")
    base, rest = word.group(), text[word.end() :]
    inner = None
    if base in WALKS:
        closing = _closing(rest)
        if closing < 0:
            raise RecipeError(f"Expected a role in parentheses after {base!r}, but got {text!r}.")
        inner, rest = parse_role(rest[1:closing]), rest[closing + 1 :]
        if inner.base == "sdfg":
            raise RecipeError(f"Role {text!r} asks for {base} of the whole SDFG, which has none.")
    role = Role(base, inner, _selectors(text, rest))
    _refuse_senseless(role)
    return role


def _closing(text: str) -> int:
    """Return where the parenthesis that opens `text` closes, or -1."""
    depth = 0
    for position, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return position if letter == ")" else -1
    return -1


def _selectors(text: str, rest: str) -> tuple[Selector, ...]:
    found = []
    while rest:
        match = _SELECTOR.match(rest)
        if match is None:
            raise RecipeError(f"Expected '[index]', '[Class]' or '@depth' at {rest!r} in role {text!r}.")
        depth, index, kind = match.group("depth", "index", "kind")
        found.append(Selector(None if depth is None else int(depth), None if index is None else int(index), kind))
        rest = rest[match.end() :]
    return tuple(found)


def _refuse_senseless(role: Role) -> None:
    if role.base == "sdfg" and role.selectors:
        raise RecipeError(f"Role '{role}' selects from the whole SDFG; write 'sdfg' alone.")
    if role.base not in ("libraries", *WALKS) and any(s.kind is not None for s in role.selectors):
        raise RecipeError(f"Role '{role}' selects by class, which only 'libraries' can; drop the class.")
    if role.handle and any(s.depth is not None for s in role.selectors):
        raise RecipeError(f"Role '{role}' selects by depth, which no handle can; drop the depth.")


def renamed(role: Role, names: Mapping[str, str]) -> Role:
    """Return `role` with the handle it starts from renamed."""
    if role.inner is not None:
        return replace(role, inner=renamed(role.inner, names))
    return replace(role, base=names.get(role.base, role.base))


def choices(bound: tuple[str, ...]) -> str:
    """Return half a sentence that lists the roles, `bound` names included."""
    known = [*BASES, "it", *(f"{walk}(ROLE)" for walk in WALKS), *bound]
    return f"roles are {', '.join(known)}, with '[index]', '[Class]' or '@depth' behind"


def closest(word: str, words: tuple[str, ...]) -> str:
    """Return ` (did you mean 'x'?)` for the word of `words` closest to `word`, or an empty string."""
    near = difflib.get_close_matches(word, words, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
