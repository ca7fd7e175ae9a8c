"""Calls a binary through its C interface, without DaCe."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from dace_transfer.building.binary import Argument, Binary
from dace_transfer.building.library import open_library
from dace_transfer.errors import RunError


class _Complex64(ctypes.Structure):
    _fields_ = (("real", ctypes.c_float), ("imag", ctypes.c_float))


class _Complex128(ctypes.Structure):
    _fields_ = (("real", ctypes.c_double), ("imag", ctypes.c_double))


_STRUCTURES: dict[str, type[ctypes.Structure]] = {"complex64": _Complex64, "complex128": _Complex128}


class Program:
    """A binary loaded into this process, with its arguments bound."""

    def __init__(self, binary: Binary, addresses: Mapping[str, int], scalars: Mapping[str, Any]) -> None:
        """Load the library and initialise the program.

        Args:
            binary: What to load.
            addresses: Address of the first element per array argument.
            scalars: Value per scalar argument and per symbol of the initialisation.

        Raises:
            RunError: The library cannot be loaded, an argument has no value, or initialisation failed.
        """
        library = _library(binary.library)
        values = [_value(argument, addresses, scalars) for argument in binary.arguments]
        initialise = library[f"__dace_init_{binary.name}"]
        initialise.restype = ctypes.c_void_p
        kinds = {argument.name: argument for argument in binary.arguments}
        state = initialise(*(_value(kinds[name], addresses, scalars) for name in binary.init_symbols))
        if not state:
            raise RunError(f"The program '{binary.name}' refused to initialise.")
        self._arguments = (ctypes.c_void_p(state), *values)
        self._function = library[f"__program_{binary.name}"]
        self._function.restype = None
        self._exit = library[f"__dace_exit_{binary.name}"]

    def run(self) -> None:
        """Run once."""
        self._function(*self._arguments)

    def close(self) -> None:
        """Free what initialisation allocated."""
        self._exit(self._arguments[0])


@cache
def _library(path: Path) -> ctypes.CDLL:
    try:
        return open_library(path)
    except OSError as error:
        raise RunError(f"The library cannot be loaded: {error}.") from error


def _value(argument: Argument, addresses: Mapping[str, int], scalars: Mapping[str, Any]) -> Any:
    if argument.kind == "array":
        if argument.name not in addresses:
            raise RunError(f"The array argument '{argument.name}' has no value; known are {sorted(addresses)}.")
        return ctypes.c_void_p(addresses[argument.name])
    if argument.name not in scalars:
        raise RunError(f"The scalar argument '{argument.name}' has no value; known are {sorted(scalars)}.")
    value = scalars[argument.name]
    structure = _STRUCTURES.get(argument.dtype)
    if structure is not None:
        return structure(complex(value).real, complex(value).imag)
    return np.ctypeslib.as_ctypes_type(np.dtype(argument.dtype))(value)
