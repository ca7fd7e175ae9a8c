"""The way from an SDFG as its author wrote it to its normal form."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import dace
from dace.transformation.dataflow import TrivialMapElimination
from dace.transformation.interstate import LoopToMap

from dace_transfer.transformations.normalization.algebra import simplify_terms
from dace_transfer.transformations.normalization.coalesce import coalesce
from dace_transfer.transformations.normalization.dead import remove_dead
from dace_transfer.transformations.normalization.distribute import distribute
from dace_transfer.transformations.normalization.inline import inline
from dace_transfer.transformations.normalization.lifetimes import split_lifetimes
from dace_transfer.transformations.normalization.lowering import can_lower, lower
from dace_transfer.transformations.normalization.order import order
from dace_transfer.transformations.normalization.privatize import privatize
from dace_transfer.transformations.normalization.raising import raise_sdfg
from dace_transfer.transformations.normalization.reductions import reduce_loops
from dace_transfer.transformations.normalization.scaling import move_scales
from dace_transfer.transformations.normalization.share import share
from dace_transfer.transformations.normalization.split import split_reductions
from dace_transfer.transformations.normalization.symmetric import symmetric
from dace_transfer.transformations.normalization.tree import Computation, Opaque, nodes
from dace_transfer.written import from_json, to_json

_MOST_ROUNDS = 20


def normalize(sdfg: dace.SDFG) -> dace.SDFG:
    """Return the normal form of an SDFG: the same for all ways of writing one computation, as far as we can.

    Before: `for i: { C[i, :] *= beta; for k: for j: C[i, j] += alpha * A[i, k] * B[k, j] }`.
    After: `t = A @ B; parallel for i, j: C[i, j] = beta * C[i, j] + alpha * t[i, j]`.

    Loops and maps are read as statements over their loops (`raising`), rewritten (`rewrite`), and written as an SDFG
    again (`lowering`). What cannot be read stays as DaCe's `LoopToMap` leaves it.
    """
    plain = _plain(sdfg)
    plain.apply_transformations_repeated(TrivialMapElimination, validate=False)
    result, computation = _rewritten(plain)
    if computation is not None and not can_lower(computation):
        result, computation = _rewritten(plain, with_tables=False)
    if computation is not None:
        result = lower(computation)
    result.validate()
    return result


def _rewritten(sdfg: dace.SDFG, with_tables: bool = True) -> tuple[dace.SDFG, Computation | None]:
    """The normal form, and the SDFG that it was read from, or that is left where nothing can be read."""
    computation = raise_sdfg(sdfg, with_tables)
    if computation is None or _is_partly_opaque(computation):
        sdfg = _with_maps(sdfg)
        computation = raise_sdfg(sdfg, with_tables)
    return sdfg, None if computation is None else rewrite(computation)


def rewrite(computation: Computation) -> Computation:
    """Bring a computation into its normal form; what is in that form already does not change."""
    return _repeated(
        computation, (_settled, split_lifetimes, privatize, distribute, _settled, order, symmetric, _split)
    )


def _settled(computation: Computation) -> Computation:
    """Simplify until nothing changes any more."""
    return _repeated(computation, (simplify_terms, reduce_loops, move_scales, inline, coalesce, remove_dead))


def _split(computation: Computation) -> Computation:
    """Give every reduction a statement of its own, once."""
    return order(share(split_reductions(computation)))


def _repeated(computation: Computation, passes: Sequence[Callable[[Computation], Computation]]) -> Computation:
    """Apply passes one after another until together they change nothing any more."""
    for _ in range(_MOST_ROUNDS):
        before = str(computation)
        for one in passes:
            computation = one(computation)
        if str(computation) == before:
            break
    return computation


def _is_partly_opaque(computation: Computation) -> bool:
    return any(isinstance(node, Opaque) for node in nodes(computation.body))


def _with_maps(sdfg: dace.SDFG) -> dace.SDFG:
    """Turn loops into maps wherever DaCe finds them parallel."""
    while sdfg.apply_transformations_repeated(LoopToMap, validate=False):
        sdfg = _plain(sdfg)
        sdfg.simplify(validate=False)
    return _plain(sdfg)


def _plain(sdfg: dace.SDFG) -> dace.SDFG:
    """A copy whose symbols carry no assumptions, which DaCe's matching and validation trip over."""
    return from_json(to_json(sdfg))
