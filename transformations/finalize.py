"""What every program gets after its last recipe, tuned or not, before it is compiled."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import dace
import numpy as np
from dace import nodes, symbolic
from dace.dtypes import DeviceType
from dace.libraries.linalg import Transpose
from dace.transformation.auto.auto_optimize import (
    make_transients_persistent,
    move_small_arrays_to_stack,
    set_fast_implementations,
)

from dace_transfer.transformations.nested_names import settle_nested_names
from dace_transfer.transformations.powers import settle_powers


def finalize(sdfg: dace.SDFG, sizes: Mapping[str, int] | None = None) -> dace.SDFG:
    """Return a copy ready for code generation, specialised to `sizes` where they are given.

    Before: `double *t = new double[N]; ...` in every call, library nodes abstract.
    After: `t` is allocated once for the life of the program (or lies on the stack when it is small), library
    nodes are set to the fastest implementation installed, sizes are constants.

    These are the last steps of DaCe's `auto_optimize`, so that it and a recipe differ only in what a recipe does.
    """
    result = copy.deepcopy(sdfg)
    if sizes:
        specialize(result, sizes)
    _choose_implementations(result)
    settle_powers(result)  # Expansions of library nodes write sizes as Python does.
    result.expand_library_nodes()
    settle_nested_names(result)
    _give_symbols_their_types(result)
    for nested in result.all_sdfgs_recursive():
        nested.openmp_sections = False
    move_small_arrays_to_stack(result)
    make_transients_persistent(result, DeviceType.CPU)
    result.reset_cfg_list()
    return result


def _give_symbols_their_types(sdfg: dace.SDFG) -> None:
    """Let symbols that are passed on have the type they have outside.

    Expansions of library nodes take the types of symbols from shapes, where they are often not said, and a container
    of shape `N` is none of shape `N` to DaCe where one `N` has 32 bits and the other 64.
    """
    for state in sdfg.states():
        for node in state.nodes():
            if isinstance(node, nodes.NestedSDFG):
                known = {name: sdfg.symbols.get(str(value)) for name, value in node.symbol_mapping.items()}
                node.sdfg.symbols.update({name: kind for name, kind in known.items() if kind is not None})
                _give_symbols_their_types(node.sdfg)


def with_fast_libraries(sdfg: dace.SDFG) -> dace.SDFG:
    """Return a copy that is as it was but for its library nodes, which get the fastest implementation installed."""
    result = copy.deepcopy(sdfg)
    _choose_implementations(result)
    return result


def _choose_implementations(sdfg: dace.SDFG) -> None:
    """Give every library node the fastest implementation installed, except where a recipe chose one."""
    chosen = {n: n.implementation for n, _ in sdfg.all_nodes_recursive() if isinstance(n, nodes.LibraryNode)}
    set_fast_implementations(sdfg, DeviceType.CPU)
    for node, state in sdfg.all_nodes_recursive():
        if isinstance(node, Transpose) and not _is_floating(node, state):
            node.implementation = "pure"  # BLAS copies floating-point numbers only, and DaCe does not look.
    for node, implementation in chosen.items():
        if implementation is not None:
            node.implementation = implementation


def _is_floating(node: Transpose, state: dace.SDFGState) -> bool:
    """Whether a transposition is of floating-point numbers, real or complex."""
    kinds = {np.dtype(state.sdfg.arrays[edge.data.data].dtype.type).kind for edge in state.in_edges(node)}
    return kinds <= {"f", "c"}


def specialize(sdfg: dace.SDFG, sizes: Mapping[str, int]) -> None:
    """Replace free symbols by numbers, in nested SDFGs as well. Changes `sdfg`."""
    known = {name: int(value) for name, value in sizes.items() if name in map(str, sdfg.free_symbols)}
    _fix(sdfg, known)


def _fix(sdfg: dace.SDFG, known: Mapping[str, int]) -> None:
    sdfg.replace_dict({name: str(value) for name, value in known.items()})
    for name in known:
        sdfg.symbols.pop(name, None)
    for state in sdfg.states():
        for node in state.nodes():
            if isinstance(node, nodes.NestedSDFG):
                _fix_nested(node)


def _fix_nested(node: nodes.NestedSDFG) -> None:
    values = {name: symbolic.pystr_to_symbolic(str(value)) for name, value in node.symbol_mapping.items()}
    known = {n: int(v) for n, v in values.items() if v.is_Integer and not _assigned(node.sdfg, n)}
    for name in known:
        del node.symbol_mapping[name]
    _fix(node.sdfg, known)


def _assigned(sdfg: dace.SDFG, name: str) -> bool:
    return any(name in edge.data.assignments for edge in sdfg.all_interstate_edges())
