"""Bring programs into the form in which they are cut, compared and tuned."""

from __future__ import annotations

import dace
from dace.transformation.dataflow import TrivialMapElimination
from dace.transformation.interstate import LoopToMap


def normalize(sdfg: dace.SDFG) -> dace.SDFG:
    """Return a simplified copy whose loops are maps wherever DaCe's `LoopToMap` finds them parallel.

    Before: `for i: B[i] = f(A[i])`, after: `map i: B[i] = f(A[i])`.

    These are the passes DaCe's `auto_optimize` starts with, so that a program and its auto-optimised form are
    compared from the same start. Library nodes stay whole.
    """
    result = _plain(sdfg)
    result.apply_transformations_repeated(TrivialMapElimination, validate=False)
    result.simplify(validate=False)
    while result.apply_transformations_repeated(LoopToMap, validate=False):
        result = _plain(result)
        result.simplify(validate=False)
    result = _plain(result)
    result.validate()
    return result


def _plain(sdfg: dace.SDFG) -> dace.SDFG:
    """A copy whose symbols carry no assumptions, which DaCe's matching and validation trip over."""
    return dace.SDFG.from_json(sdfg.to_json())
