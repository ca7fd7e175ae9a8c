"""How exact results can be expected to be, and a copy of a program that is more exact."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping

import dace
import numpy as np
from dace.sdfg import nodes

from dace_transfer.measure.trial import Bounds
from dace_transfer.verify.work import largest_work, number

# Rounding errors of a few operations and of the mathematical functions of different libraries.
_OPERATIONS = 32.0

_WIDER = {
    dace.float16: dace.float64,
    dace.float32: dace.float64,
    dace.complex64: dace.complex128,
}


def bounds(sdfg: dace.SDFG, sizes: Mapping[str, int]) -> Bounds:
    """Tolerances for one program.

    The tolerance is a few rounding errors of the least precise type in it, times the square root of how many
    operations go into one result, in loops, maps or library nodes: rounding errors of independent signs add up like a
    random walk. The cap leaves two fifths of the digits: a run that loses more itself, as inputs that are a rounding
    error off show, differs by as much whatever is done to the program, and tells nothing about it.

    Args:
        sdfg: The program.
        sizes: Its real sizes.
    """
    epsilon = max((_epsilon(descriptor) for _, _, descriptor in _descriptors(sdfg)), default=0.0)
    cap = epsilon**0.4
    return Bounds(min(_OPERATIONS * epsilon * math.sqrt(_reduction_length(sdfg, sizes)), cap), cap)


def reference(sdfg: dace.SDFG) -> dace.SDFG | None:
    """A copy in which everything of single or half precision is of double precision; None if nothing is."""
    if not any(descriptor.dtype in _WIDER for _, _, descriptor in _descriptors(sdfg)):
        return None
    wide = copy.deepcopy(sdfg)
    for _, _, descriptor in _descriptors(wide):
        descriptor.dtype = _WIDER.get(descriptor.dtype, descriptor.dtype)
    for inner in wide.all_sdfgs_recursive():
        for name, kind in inner.symbols.items():
            inner.symbols[name] = _WIDER.get(kind, kind)
    for node, _ in wide.all_nodes_recursive():
        if isinstance(node, nodes.CodeNode):
            # Connectors without a type take that of what they are connected to.
            node.in_connectors = dict.fromkeys(node.in_connectors, dace.typeclass(None))
            node.out_connectors = dict.fromkeys(node.out_connectors, dace.typeclass(None))
    return wide


def _descriptors(sdfg: dace.SDFG) -> Iterator[tuple[dace.SDFG, str, dace.data.Data]]:
    for inner in sdfg.all_sdfgs_recursive():
        for name, descriptor in inner.arrays.items():
            yield inner, name, descriptor


def _epsilon(descriptor: dace.data.Data) -> float:
    kind = getattr(descriptor.dtype, "type", None)
    if kind is None or np.dtype(kind).kind not in "fc":
        return 0.0
    return float(np.finfo(kind).eps)


def _reduction_length(sdfg: dace.SDFG, sizes: Mapping[str, int]) -> float:
    """Executions of the tasklet that is executed most per element of the smallest result, at least 1."""
    _, written = sdfg.read_and_write_sets()
    results = [number(sdfg.arrays[name].total_size, sizes) for name in written if not sdfg.arrays[name].transient]
    return max(1.0, largest_work(sdfg, sizes) / min(results, default=1.0))
