"""What every program gets after its last recipe, tuned or not, before it is compiled."""

from __future__ import annotations

import copy
from collections.abc import Mapping

import dace
from dace import nodes, symbolic
from dace.dtypes import DeviceType
from dace.transformation.auto.auto_optimize import (
    make_transients_persistent,
    move_small_arrays_to_stack,
    set_fast_implementations,
)


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
    set_fast_implementations(result, DeviceType.CPU)
    result.expand_library_nodes()
    for nested in result.all_sdfgs_recursive():
        nested.openmp_sections = False
    move_small_arrays_to_stack(result)
    make_transients_persistent(result, DeviceType.CPU)
    result.reset_cfg_list()
    return result


def specialize(sdfg: dace.SDFG, sizes: Mapping[str, int]) -> None:
    """Replace free symbols by numbers, in nested SDFGs as well. Changes `sdfg`."""
    known = {name: int(value) for name, value in sizes.items() if name in map(str, sdfg.free_symbols)}
    sdfg.specialize(known)
    _push_down(sdfg, known)


def _push_down(sdfg: dace.SDFG, known: Mapping[str, int]) -> None:
    for state in sdfg.states():
        for node in state.nodes():
            if isinstance(node, nodes.NestedSDFG):
                _push_into(node, known)


def _push_into(node: nodes.NestedSDFG, known: Mapping[str, int]) -> None:
    constants: dict[str, int] = {}
    for name, value in node.symbol_mapping.items():
        expr = symbolic.pystr_to_symbolic(str(value)).subs({symbol: known[symbol] for symbol in known})
        if expr.is_Integer and not _assigned(node.sdfg, name):
            constants[name] = int(expr)
    node.sdfg.replace_dict(constants)
    for name in constants:
        del node.symbol_mapping[name]
        node.sdfg.symbols.pop(name, None)
    _push_down(node.sdfg, constants)


def _assigned(sdfg: dace.SDFG, name: str) -> bool:
    return any(name in edge.data.assignments for edge in sdfg.all_interstate_edges())
