"""Temporaries that are copied, in another shape, to where their values go: written there at once.

t = transpose(A)                             v = View(B) of the shape of t
v = View(t) of the shape of B        ->      v = transpose(A)
B[:] = v
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dace
import sympy
from dace import nodes
from dace.sdfg.utils import get_view_edge


@dataclass(frozen=True)
class _Copy:
    """A temporary, the view of it that is copied, and what it is copied to."""

    temporary: nodes.AccessNode
    view: nodes.AccessNode
    target: nodes.AccessNode


def write_through(state: dace.SDFGState) -> int:
    """Make views of temporaries that are only copied as a whole, in another shape; return how many those were."""
    count = 0
    for node in state.data_nodes():
        found = _copied(state, node) if node in state.nodes() else None
        if found is not None:
            _write(state, found)
            count += 1
    return count


def _copied(state: dace.SDFGState, node: nodes.AccessNode) -> _Copy | None:
    arrays = state.sdfg.arrays
    if type(arrays[node.data]) is not dace.data.Array or not arrays[node.data].transient or state.out_degree(node) != 1:
        return None
    view = state.out_edges(node)[0].dst
    if not isinstance(view, nodes.AccessNode) or not isinstance(arrays[view.data], dace.data.ArrayView):
        return None
    if get_view_edge(state, view) is not state.out_edges(node)[0] or state.out_degree(view) != 1:
        return None
    target = state.out_edges(view)[0].dst
    if not isinstance(target, nodes.AccessNode) or type(arrays[target.data]) is not dace.data.Array:
        return None
    found = _Copy(node, view, target)
    return found if _is_whole(state, found) and _is_alone(state, found) else None


def _is_whole(state: dace.SDFGState, found: _Copy) -> bool:
    """Whether all elements are copied, in the order in which they lie in memory."""
    temporary, view, target = (state.sdfg.arrays[node.data] for node in (found.temporary, found.view, found.target))
    memlet = state.out_edges(found.view)[0].data
    moved = memlet.subset.num_elements()
    same = all(_equal(size, target.total_size) for size in (temporary.total_size, view.total_size, moved))
    packed = all(_is_packed(descriptor) for descriptor in (temporary, view, target))
    return same and packed and memlet.wcr is None and temporary.dtype == view.dtype == target.dtype


def _equal(one: Any, other: Any) -> bool:
    return bool(sympy.simplify(sympy.sympify(one - other)) == 0)


def _is_packed(descriptor: dace.data.Array) -> bool:
    """Whether elements follow one another in memory, the last dimension fastest."""
    step: Any = 1
    for size, stride in zip(reversed(descriptor.shape), reversed(descriptor.strides), strict=True):
        if size != 1 and not _equal(stride, step):
            return False
        step = step * size
    return True


def _is_alone(state: dace.SDFGState, found: _Copy) -> bool:
    """Whether nobody else sees the temporary, or uses the target while it is written early."""
    sdfg, name = state.sdfg, found.temporary.data
    if any(edge.data.wcr is not None for edge in state.in_edges(found.temporary)) or found.temporary.setzero:
        return False
    if any(name in edge.data.free_symbols for edge in sdfg.all_interstate_edges()):
        return False
    everywhere = [node.data for other in sdfg.states() for node in other.data_nodes()]
    here = [node for node in state.data_nodes() if node.data == found.target.data]
    once = everywhere.count(name) == 1 and everywhere.count(found.view.data) == 1
    return once and len(here) == 1 and state.in_degree(found.target) == 1


def _write(state: dace.SDFGState, found: _Copy) -> None:
    sdfg, name = state.sdfg, found.temporary.data
    old = sdfg.arrays[name]
    state.remove_node(found.view)
    sdfg.remove_data(found.view.data, validate=False)
    sdfg.arrays[name] = dace.data.ArrayView(old.dtype, old.shape, transient=True, strides=old.strides)
    found.temporary.add_out_connector("views")
    whole = dace.Memlet.from_array(found.target.data, sdfg.arrays[found.target.data])
    state.add_edge(found.temporary, "views", found.target, None, whole)
