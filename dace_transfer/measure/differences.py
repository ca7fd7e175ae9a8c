"""How far two results are apart."""

from __future__ import annotations

import numpy as np

from dace_transfer.measure.buffers import Array

_SAMPLES = 65_536


def difference(actual: Array, expected: Array, exact: Array | None = None) -> float:
    """Largest relative error of one array.

    An element's error is measured against its own size plus the typical size of the array's elements, because
    sums that cancel leave small elements with the rounding error of large ones. Integers and booleans must be
    equal; elements that are not finite must be the same in both.

    Args:
        actual: The result to judge.
        expected: The result of the program it is to equal; says which elements are finite.
        exact: A more precise result that finite elements are compared with, if there is one.

    Returns:
        The error; infinity where elements that must be equal are not.
    """
    if actual.dtype.kind not in "fc":
        return 0.0 if np.array_equal(actual, expected) else float("inf")
    finite = np.isfinite(expected)
    if not finite.all():
        if not np.array_equal(actual[~finite], expected[~finite], equal_nan=True):
            return float("inf")
        actual, expected = actual[finite], expected[finite]
        exact = None if exact is None else exact[finite]
    target = expected if exact is None else np.where(np.isfinite(exact), exact, expected)
    if not np.isfinite(actual).all():
        return float("inf")
    if not actual.size:
        return 0.0
    wide = np.complex128 if actual.dtype.kind == "c" else np.float64
    errors = np.abs(actual.astype(wide) - target)
    errors /= np.abs(target.astype(wide)) + typical_size(target)
    return float(errors.max())


def typical_size(array: Array) -> float:
    """Median size of the elements that are not zero; 1 if all are."""
    step = max(1, array.size // _SAMPLES)
    sizes = np.abs(array[::step].astype(np.complex128 if array.dtype.kind == "c" else np.float64))
    sizes = sizes[sizes > 0]
    return float(np.median(sizes)) if sizes.size else 1.0


def perturbed(array: Array, seed: int) -> Array:
    """The array with every element changed by at most a rounding error; integers stay as they are."""
    if array.dtype.kind not in "fc":
        return array.copy()
    signs = np.random.default_rng(seed).integers(-1, 2, min(array.size, _SAMPLES - 1))
    factors = 1 + np.resize(signs, array.size) * np.finfo(array.dtype).eps
    result: Array = (array * factors).astype(array.dtype)
    return result


def informative(after: Array, before: Array) -> bool:
    """Whether a run wrote this array, with results that are mostly numbers."""
    if after.dtype.kind not in "fc":
        return True
    changed = (after != before) & ~(np.isnan(after) & np.isnan(before))
    if not changed.any():
        return False
    return bool(np.isfinite(after[changed]).mean() >= 0.5)
