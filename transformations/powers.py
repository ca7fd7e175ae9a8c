"""Powers such as `R**i` in sizes and indices, where a loop over `i` makes them numbers of no kind a compiler knows.

    for i in range(K):                                for i in range(K):
        map j, k: B[j * R**i + k] = A[k, j]    ->         p = R**i
                                                          map j, k: B[j * p + k] = A[k, j]

DaCe writes a power as a loop of products, which compilers do not move out of other loops: every element pays for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import dace
import sympy
from dace import nodes, subsets, symbolic
from dace.sdfg.state import LoopRegion

from dace_transfer.transformations.naming import fresh_names

Change = Callable[[Any], Any]


def settle_powers(sdfg: dace.SDFG) -> None:
    """Compute powers where the loop variable in their exponents changes, and nowhere else. Changes `sdfg`."""
    for state in sdfg.states():
        for node in state.nodes():
            if isinstance(node, nodes.NestedSDFG):
                settle_powers(node.sdfg)
                _hand_in(node)
    loops = [region for region in sdfg.all_control_flow_regions() if isinstance(region, LoopRegion)]
    for loop in reversed(loops):
        _settle_loop(sdfg, loop)


def _hand_in(node: nodes.NestedSDFG) -> None:
    """Compute powers of what is passed to a nested SDFG outside of it."""
    inner = node.sdfg
    fixed = set(node.symbol_mapping) - {name for edge in inner.all_interstate_edges() for name in edge.data.assignments}
    fixed -= {loop.loop_variable for loop in inner.all_control_flow_regions() if isinstance(loop, LoopRegion)}
    found = [power for power in _powers(inner, inner.states()) if {str(s) for s in power.free_symbols} <= fixed]
    names = _named(inner, found)
    outside = {name: symbolic.pystr_to_symbolic(str(value)) for name, value in node.symbol_mapping.items()}
    for power, name in names.items():
        node.symbol_mapping[name.name] = power.subs({s: outside[str(s)] for s in power.free_symbols}, simultaneous=True)
    _replace(inner, list(inner.states()), names)


def _settle_loop(sdfg: dace.SDFG, loop: LoopRegion) -> None:
    states = [block for block in loop.all_control_flow_blocks() if isinstance(block, dace.SDFGState)]
    found = [p for p in _powers(sdfg, states) if loop.loop_variable in map(str, p.free_symbols)]
    changing = _changing_inside(loop)
    names = _named(sdfg, [power for power in found if changing.isdisjoint(map(str, power.free_symbols))])
    if not names:
        return
    _replace(sdfg, states, names)
    first, start = loop.start_block, loop.add_state("powers", is_start_block=True)
    values = {name.name: symbolic.symstr(power) for power, name in names.items()}
    loop.add_edge(start, first, dace.InterstateEdge(assignments=values))


def _changing_inside(loop: LoopRegion) -> set[str]:
    names = {name for edge in loop.all_interstate_edges() for name in edge.data.assignments}
    inner = (region for region in loop.all_control_flow_regions() if region is not loop)
    return names | {region.loop_variable for region in inner if isinstance(region, LoopRegion)}


def _named(sdfg: dace.SDFG, powers: Iterable[sympy.Pow]) -> dict[sympy.Pow, symbolic.symbol]:
    """A new symbol for each power, the same one where only what DaCe assumes about the symbols in it differs."""
    fresh, found = fresh_names(sdfg, "_power"), set(powers)
    names = {text: symbolic.symbol(next(fresh), dace.int64) for text in sorted(set(map(str, found)))}
    for name in names.values():
        sdfg.add_symbol(name.name, dace.int64)
    return {power: names[str(power)] for power in found}


def _powers(sdfg: dace.SDFG, states: Iterable[dace.SDFGState]) -> Iterator[sympy.Pow]:
    """The powers with a symbol in the exponent of what states read and write, those of parameters of maps left out."""
    states = list(states)
    entries = [node for state in states for node in state.nodes() if isinstance(node, nodes.MapEntry)]
    params = {name for entry in entries for name in entry.map.params}
    found: list[sympy.Pow] = []

    def note(expression: Any) -> Any:
        if isinstance(expression, sympy.Basic):
            found.extend(power for power in expression.atoms(sympy.Pow) if _is_whole(power))
        return expression

    _visit(sdfg, states, note)
    return (power for power in found if params.isdisjoint(map(str, power.free_symbols)))


def _is_whole(power: sympy.Pow) -> bool:
    """Whether a power has a symbol in its exponent and is no quotient such as `2 ** -i`."""
    terms = sympy.Add.make_args(power.exp)
    return bool(power.exp.free_symbols) and any(term.as_coeff_Mul()[0] > 0 for term in terms)


def _replace(sdfg: dace.SDFG, states: list[dace.SDFGState], names: Mapping[sympy.Pow, symbolic.symbol]) -> None:
    if names:
        _visit(sdfg, states, lambda expression: getattr(expression, "xreplace", lambda _: expression)(dict(names)))


def _visit(sdfg: dace.SDFG, states: Iterable[dace.SDFGState], change: Change) -> None:
    """Change all expressions of states, and of containers that are only used there."""
    states = list(states)
    own = {node.data for state in states for node in state.data_nodes()}
    own -= {node.data for state in sdfg.states() if state not in states for node in state.data_nodes()}
    for name in own:
        _visit_descriptor(sdfg.arrays[name], change)
    for state in states:
        for memlet in {id(edge.data): edge.data for edge in state.edges() if not edge.data.is_empty()}.values():
            memlet.subset = _changed(memlet.subset, change)
            memlet.other_subset = _changed(memlet.other_subset, change)
        for node in state.nodes():
            if isinstance(node, nodes.MapEntry):
                node.map.range = _changed(node.map.range, change)
            elif isinstance(node, nodes.NestedSDFG):
                node.symbol_mapping.update({name: change(value) for name, value in node.symbol_mapping.items()})


def _visit_descriptor(descriptor: dace.data.Data, change: Change) -> None:
    if not isinstance(descriptor, dace.data.Array):
        return
    shape, strides = ([change(size) for size in sizes] for sizes in (descriptor.shape, descriptor.strides))
    descriptor.set_shape(shape, strides, change(descriptor.total_size), descriptor.offset)


def _changed(subset: Any, change: Change) -> Any:
    if not isinstance(subset, subsets.Range):
        return subset
    return subsets.Range([tuple(map(change, bounds)) for bounds in subset.ranges])
