"""Name loop variables and transients by where they appear first."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import replace

import dace
from dace.sdfg.state import ControlFlowBlock

from dace_transfer.transformations.normalization.affine import variable
from dace_transfer.transformations.normalization.symbols import assigned_inside
from dace_transfer.transformations.normalization.terms import (
    Read,
    Reduce,
    Term,
    reads,
    rebuild,
    rename,
    substitute_range,
    walk,
)
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Loop,
    Node,
    Opaque,
    Statement,
    nodes,
    subscripts,
    substitute_node,
)


def with_canonical_names(computation: Computation) -> Computation:
    """Return the computation with loop variables `i0`, `i1`, ... and transients `t0`, `t1`, ...

    Containers that opaque blocks or subscripts name keep their names, and nobody gets a name that something else has.
    """
    loops, found = _appearing(computation.body)
    kept = computation.pinned | _words(computation.body)
    moved = [name for name in found if computation.containers[name].transient and name not in kept]
    taken = (set(computation.containers) - set(moved)) | _foreign(computation, set(loops))
    containers = _numbered("t", moved, taken)
    variables = _numbered("i", loops, taken | set(containers.values()))
    body = tuple(_renamed(node, variables, containers) for node in computation.body)
    return replace(computation, containers=_containers(computation.containers, containers), body=body)


def _appearing(body: Iterable[Node]) -> tuple[list[str], list[str]]:
    """Loop variables and containers in order of appearance."""
    loops: dict[str, None] = {}
    containers: dict[str, None] = {}
    for node in nodes(body):
        if isinstance(node, Loop):
            loops[node.range.variable] = None
        elif isinstance(node, Statement):
            folds = [part for part in walk(node.value) if isinstance(part, Reduce)]
            loops |= {loop.variable: None for fold in folds for loop in fold.ranges}
            containers |= {read.data: None for read in (node.target, *reads(node.value))}
    return list(loops), list(containers)


def _words(body: Iterable[Node]) -> set[str]:
    """Every name in a subscript or bound."""
    return {word for node in nodes(body) for value in subscripts(node) for word in value.words}


def _foreign(computation: Computation, loops: set[str]) -> set[str]:
    """Names that are no loop's and no container's: sizes, constants, and what opaque blocks use inside."""
    shapes = {symbol for desc in computation.containers.values() for symbol in desc.free_symbols}
    names = {*computation.sizes, *map(str, shapes), *computation.origin.constants_prop}
    blocks = [node for node in nodes(computation.body) if isinstance(node, Opaque)]
    mentioned = names.union(_words(computation.body), *(node.names for node in blocks))
    return (mentioned - loops).union(*(_internal(node.block) for node in blocks))


def _internal(block: ControlFlowBlock) -> set[str]:
    """Names that a block gives to things of its own."""
    found = assigned_inside(block)
    for node, _ in block.all_nodes_recursive():
        if isinstance(node, dace.nodes.MapEntry):
            found |= set(node.map.params)
    return found


def _numbered(stem: str, names: Iterable[str], taken: set[str]) -> dict[str, str]:
    free = (name for number in itertools.count() if (name := f"{stem}{number}") not in taken)
    return dict(zip(names, free, strict=False))


def _containers(containers: Mapping[str, dace.data.Data], names: Mapping[str, str]) -> dict[str, dace.data.Data]:
    kept = {name: desc for name, desc in containers.items() if name not in names}
    return {**kept, **{new: containers[old] for old, new in names.items()}}


def _renamed(node: Node, variables: Mapping[str, str], containers: Mapping[str, str]) -> Node:
    if isinstance(node, Statement):
        target = _term(node.target, variables, containers)
        assert isinstance(target, Read)
        return Statement(target, _term(node.value, variables, containers))
    values = {old: variable(new) for old, new in variables.items()}
    if not isinstance(node, Loop):
        return substitute_node(node, values)
    loop = replace(substitute_range(node.range, values), variable=variables[node.range.variable])
    return replace(node, range=loop, body=tuple(_renamed(inner, variables, containers) for inner in node.body))


def _term(term: Term, variables: Mapping[str, str], containers: Mapping[str, str]) -> Term:
    def change(inner: Term) -> Term:
        return replace(inner, data=containers.get(inner.data, inner.data)) if isinstance(inner, Read) else inner

    return rebuild(rename(term, variables), change)
