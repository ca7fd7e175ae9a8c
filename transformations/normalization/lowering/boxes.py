"""Memlets of elements and boxes, made without parsing text and without DaCe's propagation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import dace
import sympy
from dace import symbolic

from dace_transfer.transformations.normalization.affine import Affine, affine, constant
from dace_transfer.transformations.normalization.elements import elements
from dace_transfer.transformations.normalization.terms import Range, Read

Box = tuple[tuple[Affine, Affine], ...]
"""The first and last index of every dimension."""

Dimensions = tuple[tuple[Any, Any, int], ...]
"""What `dace.subsets.Range` is made of: first, last and step of every dimension."""


@lru_cache(maxsize=20000)
def symbolic_of(value: Affine) -> Any:
    """Return an affine expression as DaCe holds it."""
    terms = [factor * symbolic.pystr_to_symbolic(name) for name, factor in value.terms]
    return sympy.Add(*terms, sympy.Integer(value.constant))


def dimensions(ranges: Iterable[Range]) -> Dimensions:
    """Return loops as DaCe holds the ranges of maps."""
    return tuple((symbolic_of(loop.begin), symbolic_of(loop.end - 1), 1) for loop in ranges)


def element(read: Read) -> Box:
    """Return the box of one element."""
    return tuple((index, index) for index in read.index)


def everything(shape: Sequence[Any]) -> Box:
    """Return the box of all of a container."""
    return tuple((constant(0), affine(size) - 1) for size in shape)


def swept(box: Box, ranges: Sequence[Range], shape: Sequence[Any]) -> Box:
    """Return what a box covers in all iterations of loops, given outermost first."""
    for loop in reversed(ranges):
        box = tuple(_swept(part, loop, size) for part, size in zip(box, shape, strict=True))
    return box


def _swept(part: tuple[Affine, Affine], loop: Range, size: Any) -> tuple[Affine, Affine]:
    low, high = part
    if loop.variable not in low.words | high.words:
        return part
    is_affine = low.is_affine_in([loop.variable]) and high.is_affine_in([loop.variable])
    if not is_affine or elements(loop.begin) or elements(loop.end):
        return constant(0), affine(size) - 1
    first, last = {loop.variable: loop.begin}, {loop.variable: loop.end - 1}
    return (
        low.substitute(first if low.coefficient(loop.variable) > 0 else last),
        high.substitute(last if high.coefficient(loop.variable) > 0 else first),
    )


def joined(one: Box, other: Box, shape: Sequence[Any]) -> Box:
    """Return a box that covers two, and all of a dimension where it is not known which begins or ends first."""
    return tuple((_first(a, c), _last(b, d, size)) for (a, b), (c, d), size in zip(one, other, shape, strict=True))


def _first(one: Affine, other: Affine) -> Affine:
    difference = other - one
    if not difference.is_constant:
        return constant(0)
    return one if difference.constant >= 0 else other


def _last(one: Affine, other: Affine, size: Any) -> Affine:
    difference = other - one
    if not difference.is_constant:
        return affine(size) - 1
    return other if difference.constant >= 0 else one


def memlet(data: str, box: Box, wcr: str | None = None, volume: Any = None) -> dace.Memlet:
    """Return the memlet of a box; that of a scalar has none."""
    parts = [(symbolic_of(low), symbolic_of(high), 1) for low, high in box] or [(0, 0, 1)]
    return dace.Memlet(data=data, subset=dace.subsets.Range(parts), wcr=wcr, volume=volume)


def whole(data: str, sdfg: dace.SDFG) -> dace.Memlet:
    """Return the memlet of all of a container."""
    return dace.Memlet.from_array(data, sdfg.arrays[data])
