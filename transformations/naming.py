"""Names for map parameters that clash with nothing."""

from __future__ import annotations

from collections.abc import Iterator

import dace


def fresh_names(sdfg: dace.SDFG, prefix: str = "_r") -> Iterator[str]:
    """Yield names that no symbol, container or map parameter in or around `sdfg` has, without end."""
    taken = _taken(sdfg)
    number = 0
    while True:
        name = f"{prefix}{number}"
        number += 1
        if name not in taken:
            yield name


def _taken(sdfg: dace.SDFG) -> set[str]:
    taken = set(map(str, sdfg.free_symbols)) | set(sdfg.symbols) | set(sdfg.arrays)
    for edge in sdfg.all_interstate_edges():
        taken |= set(edge.data.assignments)
    for region in sdfg.all_control_flow_regions():
        taken.add(str(getattr(region, "loop_variable", "")))
    for state in sdfg.states():
        for node in state.nodes():
            taken |= set(node.map.params) if isinstance(node, dace.nodes.MapEntry) else set()
    return taken
