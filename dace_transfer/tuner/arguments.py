"""Values for the arguments of a program: what the user gave, completed at random."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dace
import numpy as np
from dace.frontend.python.parser import infer_symbols_from_datadescriptor
from numpy.typing import NDArray

from dace_transfer.embeddings.walk import evaluate
from dace_transfer.errors import WorkloadError


def infer_sizes(sdfg: dace.SDFG, arguments: Mapping[str, Any]) -> dict[str, int]:
    """Values of the free symbols of an SDFG, as given or as the shapes of arrays tell, and of given integer scalars.

    Raises:
        WorkloadError: A symbol has no value.
    """
    free = {str(symbol) for symbol in sdfg.free_symbols}
    scalars = {name: one.dtype for name, one in sdfg.arrays.items() if isinstance(one, dace.data.Scalar)}
    integers = {name for name, dtype in scalars.items() if dtype.as_numpy_dtype().kind in "iu"}
    sizes = {name: int(arguments[name]) for name in free | integers if name in arguments}
    arrays = {name: value for name, value in arguments.items() if name in sdfg.arrays}
    if arrays and free - sizes.keys():
        inferred = infer_symbols_from_datadescriptor(sdfg, arrays)
        sizes |= {str(name): int(value) for name, value in inferred.items() if str(name) in free - sizes.keys()}
    if missing := sorted(free - sizes.keys()):
        raise WorkloadError(
            f"The size of {', '.join(repr(name) for name in missing)} of '{sdfg.name}' is not known; pass an array "
            "whose shape tells it, or its value by name."
        )
    return sizes


def complete_arguments(
    sdfg: dace.SDFG, arguments: Mapping[str, Any], sizes: Mapping[str, int], seed: int = 0
) -> dict[str, Any]:
    """Return the arguments with a random value for every argument of the SDFG that is missing.

    Integer arrays may be indices: they get sorted values below the smallest extent of any array.
    """
    rng = np.random.default_rng(seed)
    values = {name: float(value) for name, value in sizes.items()}
    shapes = {
        name: tuple(int(evaluate(extent, values) or 1) for extent in descriptor.shape)
        for name, descriptor in sdfg.arglist().items()
        if isinstance(descriptor, dace.data.Array)
    }
    smallest = min((extent for shape in shapes.values() for extent in shape), default=1)
    complete: dict[str, Any] = {**sizes}
    for name, descriptor in sdfg.arglist().items():
        if name in arguments:
            complete[name] = arguments[name]
        elif name in shapes:
            complete[name] = _array(rng, shapes[name], descriptor.dtype.as_numpy_dtype(), smallest)
        elif name not in complete:
            complete[name] = _array(rng, (), descriptor.dtype.as_numpy_dtype(), smallest)[()]
    return complete


def _array(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any], limit: int) -> NDArray[Any]:
    if dtype.kind in "iu":
        return np.sort(rng.integers(0, max(limit, 1), shape).astype(dtype), axis=None).reshape(shape)
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    return np.asarray(rng.uniform(0.1, 1.1, shape)).astype(dtype)
