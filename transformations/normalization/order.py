"""The last pass: one way of counting loops, one order of loops and statements, one set of names."""

from __future__ import annotations

from dataclasses import replace

from dace_transfer.transformations.normalization.canonical_names import with_canonical_names
from dace_transfer.transformations.normalization.dependence import Dependences
from dace_transfer.transformations.normalization.nests import Nests, shifted
from dace_transfer.transformations.normalization.statement_order import sequence
from dace_transfer.transformations.normalization.tree import Computation, variables


def order(computation: Computation) -> Computation:
    """Return the computation with its loops, statements and names in one order.

    Before: `parallel for c in range(0, N - 2): parallel for r in range(0, M): A[r, c + 1] = B[r, c]`,
    after: `parallel for i0 in range(0, M): parallel for i1 in range(1, N - 1): A[i0, i1] = B[i0, i1 - 1]`.

    Loops are counted so that the target's subscripts are loop variables; parallel ones are nested in the order of the
    target's strides. Ranges of reductions follow the element with most dimensions that they read. Statements are as
    early as dependences allow. Loops are called `i0`, `i1`, ..., transients `t0`, `t1`, ...
    """
    dependences = Dependences(computation)
    nests = Nests(computation.containers, frozenset(variables(computation.body)), dependences.facts)
    settled = replace(computation, body=tuple(nests.settled(node) for node in computation.body))
    body = tuple(shifted(node) for node in sequence(settled, dependences))
    return with_canonical_names(replace(computation, body=body))
