"""Make programs of computations."""

from __future__ import annotations

import copy

import dace

from dace_transfer.transformations.normalization.lowering.control import add_body
from dace_transfer.transformations.normalization.lowering.flow import Context, Flow, mentions
from dace_transfer.transformations.normalization.tree import Computation

__all__ = ["lower"]


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
