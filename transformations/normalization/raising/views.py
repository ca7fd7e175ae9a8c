"""Resolve views to what they view."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import dace
from dace import nodes
from dace.sdfg.utils import get_view_edge

from dace_transfer.transformations.normalization.affine import Affine
from dace_transfer.transformations.normalization.raising.boxes import Edge, box_of
from dace_transfer.transformations.normalization.raising.frame import Frame, axes
from dace_transfer.transformations.normalization.terms import Read


def is_view(state: dace.SDFGState, node: Any) -> bool:
    """Whether a node is the access node of a view."""
    return isinstance(node, nodes.AccessNode) and isinstance(state.sdfg.arrays[node.data], dace.data.View)


def defines_view(state: dace.SDFGState, edge: Edge) -> bool:
    """Whether an edge says what a view views, and moves nothing."""
    return any(is_view(state, node) and get_view_edge(state, node) is edge for node in (edge.src, edge.dst))


def with_views(state: dace.SDFGState, scope: Iterable[nodes.Node], frame: Frame) -> Frame:
    """Return a frame in which the views in one scope have places; what cannot be resolved has the place None."""
    places: dict[str, Read | None] = {}
    waiting = [node for node in scope if is_view(state, node)]
    while waiting:
        names = {node.data for node in waiting}
        ready = [node for node in waiting if _viewed(state, node) not in names - {node.data}]
        for node in ready or waiting:
            place = _place(state, node, frame) if ready else None
            known = {**frame.places, **places}.get(node.data, place)
            places[node.data] = place if place == known else None
        frame = replace(frame, places={**frame.places, **places})
        waiting = [node for node in waiting if node not in ready] if ready else []
    return frame


def _viewed(state: dace.SDFGState, view: nodes.AccessNode) -> str | None:
    """The container directly behind a view."""
    edge = get_view_edge(state, view)
    if edge is None:
        return None
    path = state.memlet_path(edge)
    end = path[0].src if edge.dst is view else path[-1].dst
    return end.data if isinstance(end, nodes.AccessNode) else None


def _place(state: dace.SDFGState, view: nodes.AccessNode, frame: Frame) -> Read | None:
    edge, viewed = get_view_edge(state, view), _viewed(state, view)
    if edge is None or viewed is None or viewed == view.data:
        return None
    memlet = edge.data
    inner, outer = memlet.other_subset, memlet.subset
    if memlet.data == view.data:
        inner, outer = outer, inner
    try:
        if inner is not None and not all(begin == 0 for begin in inner.min_element()):
            return None
        return _matched(frame, view.data, viewed, outer)
    except ValueError:
        return None


def _matched(frame: Frame, view: str, viewed: str, subset: Any) -> Read | None:
    """Match dimensions by length and stride: a view is a pointer with strides of its own."""
    descriptor, behind = frame.sdfg.arrays[view], frame.sdfg.arrays[viewed]
    if descriptor.dtype != behind.dtype or any(offset != 0 for offset in descriptor.offset):
        return None
    box = box_of(frame, viewed, subset)
    left = {place: (box.sizes[place], frame.affine(behind.strides[place]) * box.steps[place]) for place in box.long}
    index: list[Affine] = list(box.begins)
    for number, (size, stride) in enumerate(zip(descriptor.shape, descriptor.strides, strict=True)):
        length = frame.affine(size)
        if length.is_constant and length.constant == 1:
            continue
        match = [place for place, known in left.items() if known == (length, frame.affine(stride))]
        if not match:
            return None
        index[match[0]] += axes(number + 1)[number] * box.steps[match[0]]
        del left[match[0]]
    return None if left else frame.at(viewed, tuple(index))
