"""Read SDFGs in the form that normalisation works in."""

from __future__ import annotations

import copy
import logging

import dace

from dace_transfer.errors import NotApplicableError
from dace_transfer.transformations.normalization.raising.control import read_region
from dace_transfer.transformations.normalization.raising.frame import whole_program
from dace_transfer.transformations.normalization.terms import Read, walk
from dace_transfer.transformations.normalization.tree import Computation, Node, Opaque, Statement, nodes

_LOG = logging.getLogger(__name__)


def raise_sdfg(sdfg: dace.SDFG, with_tables: bool = True) -> Computation | None:
    """Return what a simplified SDFG computes, or None where it is nothing that could be left as it is in parts.

    Before: maps, tasklets, memlets, library nodes, views and nested SDFGs; after: `for i: for j: C[i, j] = sum(...)`.
    What cannot be read exactly becomes an `Opaque` that holds the smallest suitable block. The SDFG is not changed.

    None is returned for programs whose blocks are no chain at the top level, that return early, or that keep
    containers between calls.

    Args:
        sdfg: The program.
        with_tables: Whether to read indices and bounds that are elements of arrays, which are never written.
    """
    if any(_is_kept(descriptor) for descriptor in sdfg.arrays.values()) or _starts_at_zero(sdfg):
        return None
    frame = whole_program(sdfg, with_tables)
    try:
        body = read_region(sdfg, frame)
    except (ValueError, NotApplicableError) as error:
        _LOG.debug("'%s' is not read: %s", sdfg.name, error)
        return None
    named = _named(body)
    containers = {name: desc for name, desc in sdfg.arrays.items() if not desc.transient}
    containers |= {name: desc for name, desc in frame.builder.containers.items() if name in named}
    return Computation(sdfg, copy.deepcopy(containers), body)


def _is_kept(descriptor: dace.data.Data) -> bool:
    """Whether a container of the program's own holds its values from one call to the next."""
    kinds = (dace.AllocationLifetime.Persistent, dace.AllocationLifetime.External)
    return descriptor.transient and descriptor.lifetime in kinds


def _starts_at_zero(sdfg: dace.SDFG) -> bool:
    """Whether a container is set to zero where it is allocated, which is nowhere in the program's order."""
    states = (state for inner in sdfg.all_sdfgs_recursive() for state in inner.states())
    return any(node.setzero for state in states for node in state.data_nodes())


def _named(body: tuple[Node, ...]) -> set[str]:
    names: set[str] = set()
    for node in nodes(body):
        if isinstance(node, Opaque):
            names |= node.reads | node.writes
        elif isinstance(node, Statement):
            terms = (node.target, *walk(node.value))
            names |= {term.data for term in terms if isinstance(term, Read)}
    return names
