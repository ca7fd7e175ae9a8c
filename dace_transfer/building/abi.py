"""Reads off the calling convention of generated code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import dace
import numpy as np
from dace import data
from dace.codegen.codeobject import CodeObject

from dace_transfer.errors import BuildError

_LAST_WORD = re.compile(r"(\w+)\s*$")


def return_scalars(sdfg: dace.SDFG) -> None:
    """Make scalar arguments that the program writes arrays of one element, in place.

    DaCe passes scalars by value, so that a cutout which computes one would keep it to itself.
    """
    _, written = sdfg.read_and_write_sets()
    conditions = {str(name) for edge in sdfg.all_interstate_edges() for name in edge.data.free_symbols}
    for name in written - conditions:
        descriptor = sdfg.arrays[name]
        if isinstance(descriptor, data.Scalar) and not descriptor.transient:
            sdfg.arrays[name] = data.Array(descriptor.dtype, (1,), storage=descriptor.storage)


def describe(sdfg: dace.SDFG, objects: Sequence[CodeObject]) -> dict[str, Any]:
    """Describe how to call generated code.

    The order of arguments is taken from the generated header, the types from the SDFG: code generation works on
    a copy of the SDFG, so that what the SDFG itself says about the order need not be what was generated.

    Args:
        sdfg: The SDFG the code was generated from.
        objects: What DaCe generated.

    Returns:
        The JSON form of a `Binary`, without its library.

    Raises:
        BuildError: An argument is of a kind that cannot be passed, such as a callback or a structure.
    """
    header = next(item.clean_code for item in objects if item.title == "CallHeader")
    read, written, accumulates = _accesses(sdfg)
    arguments = []
    for name in _parameters(header, f"__program_{sdfg.name}")[1:]:
        argument = _argument(sdfg, name)
        if argument["kind"] == "array":
            argument["reads"] = name in read or accumulates or name not in written
            argument["writes"] = name in written
        arguments.append(argument)
    initial = _parameters(header, f"__dace_init_{sdfg.name}")
    unknown = sorted(set(initial) - {argument["name"] for argument in arguments})
    if unknown:
        raise BuildError(f"Initialisation takes {', '.join(unknown)}, which the program itself does not.")
    return {"name": sdfg.name, "arguments": arguments, "init_symbols": initial}


def _parameters(header: str, function: str) -> list[str]:
    match = re.search(rf"{re.escape(function)}\(([^;]*)\);", header)
    if match is None:
        raise BuildError(f"The generated header does not declare '{function}'; this DaCe is not supported.")
    names = [_LAST_WORD.search(part) for part in match[1].split(",") if part.strip()]
    if not all(names):
        raise BuildError(f"The arguments of '{function}' cannot be passed from outside: {match[1]}.")
    return [name[1] for name in names if name is not None]


def _argument(sdfg: dace.SDFG, name: str) -> dict[str, Any]:
    descriptor = sdfg.arrays.get(name)
    if descriptor is None and name in sdfg.symbols:
        descriptor = data.Scalar(sdfg.symbols[name])
    if isinstance(descriptor, data.Scalar):
        return {"name": name, "kind": "scalar", "dtype": _dtype(name, descriptor), "shape": [], "strides": []}
    if type(descriptor) is data.Array:
        return {
            "name": name,
            "kind": "array",
            "dtype": _dtype(name, descriptor),
            "shape": [str(extent) for extent in descriptor.shape],
            "strides": [str(stride) for stride in descriptor.strides],
            "total_size": str(descriptor.total_size),
        }
    raise BuildError(f"The argument '{name}' is {type(descriptor).__name__}; expected an array, scalar or symbol.")


def _dtype(name: str, descriptor: data.Data) -> str:
    kind = descriptor.dtype
    if type(kind) is not dace.typeclass or kind.type is None:
        raise BuildError(f"The argument '{name}' has elements of type '{kind}'; expected a plain number.")
    return str(np.dtype(kind.type).name)


def _accesses(sdfg: dace.SDFG) -> tuple[set[str], set[str], bool]:
    """Names read, names written, and whether anything anywhere is accumulated into."""
    read, written = sdfg.read_and_write_sets()
    accumulates = any(
        edge.data.wcr is not None
        for inner in sdfg.all_sdfgs_recursive()
        for state in inner.states()
        for edge in state.edges()
    )
    return set(read), set(written), accumulates
