"""Make programs of computations."""

from __future__ import annotations

import copy

import dace

from dace_transfer.transformations.normalization.affine import affine
from dace_transfer.transformations.normalization.elements import elements, is_nested
from dace_transfer.transformations.normalization.lowering.control import add_body
from dace_transfer.transformations.normalization.lowering.flow import Context, Flow, mentions
from dace_transfer.transformations.normalization.terms import Reduce, bounds_of, reads, walk
from dace_transfer.transformations.normalization.tree import Computation, statements

__all__ = ["can_lower", "lower"]


def can_lower(computation: Computation) -> bool:
    """Tell whether a program can be made of a computation.

    Containers whose shapes are read from others must be gone, and no reduction may have a bound such as `A[B[i]]`.
    """
    named = {read.data for _, one in statements(computation.body) for read in (one.target, *reads(one.value))}
    sizes = [affine(size) for name in named for size in computation.containers[name].shape]
    folds = [term for _, one in statements(computation.body) for term in walk(one.value) if isinstance(term, Reduce)]
    bounds = [bound for fold in folds for bound in bounds_of(fold.ranges)]
    return not any(map(elements, sizes)) and not any(map(is_nested, bounds))


def lower(computation: Computation) -> dace.SDFG:
    """Return a new program that computes what a computation says.

    Before: `parallel for i: y[i] = 2 * x[i]`, after: `state { x -> map i { __out = 2 * __in0 } -> y }`.

    It has the name, arguments, symbols and constants of the program that the computation was read from, and as few
    states as dataflow can order.
    """
    result = _signature(computation)
    flow = Flow(result, result, Context(computation, mentions(computation.body)))
    add_body(flow, computation.body)
    flow.finish()
    result.reset_cfg_list()
    result.validate()
    return result


def _signature(computation: Computation) -> dace.SDFG:
    """An SDFG without code."""
    origin = computation.origin
    result = dace.SDFG(origin.name)
    result.constants_prop = copy.deepcopy(origin.constants_prop)
    result.arg_names = list(origin.arg_names)
    for kind in ("global_code", "init_code", "exit_code"):
        setattr(result, kind, copy.deepcopy(getattr(origin, kind)))
    for name, dtype in origin.symbols.items():
        if name in computation.sizes:
            result.add_symbol(name, dtype)
    for name, descriptor in origin.arrays.items():
        if not descriptor.transient:
            result.add_datadesc(name, copy.deepcopy(descriptor))
    return result
