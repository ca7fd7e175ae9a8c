"""Values computed anew wherever they are read, instead of stored."""

from __future__ import annotations

from dace_transfer.transformations.normalization.inline import inline
from dace_transfer.transformations.normalization.tree import Computation


def recompute(computation: Computation, times: int) -> Computation:
    """Compute the elements of transients where they are read, up to `times` times each, and store them no more.

    Before: `parallel for i: t[i] = f(x[i])`, `parallel for i: y[i] = t[i - 1] + t[i + 1]`,
    after: `parallel for i: y[i] = f(x[i - 1]) + f(x[i + 1])`.

    In Halide: `compute_inline`; in DaCe: `OTFMapFusion`.

    Returns:
        The computation itself where there is no such transient.
    """
    return inline(computation, times)
