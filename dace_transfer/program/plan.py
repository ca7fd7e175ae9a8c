"""A tuned program ready to be called: everything that could be worked out before the call has been."""

from __future__ import annotations

import ctypes
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dace_transfer.building.binary import Argument, Binary
from dace_transfer.building.library import open_library
from dace_transfer.errors import RunError
from dace_transfer.program.results import Result

Read = Callable[[], Any]
Convert = Callable[[Any], Any]


class _Complex64(ctypes.Structure):
    _fields_ = (("real", ctypes.c_float), ("imag", ctypes.c_float))


class _Complex128(ctypes.Structure):
    _fields_ = (("real", ctypes.c_double), ("imag", ctypes.c_double))


_STRUCTURES: dict[str, type[ctypes.Structure]] = {"complex64": _Complex64, "complex128": _Complex128}


class Library:
    """A program's library, loaded and initialised."""

    def __init__(self, binary: Binary, symbols: Mapping[str, int]) -> None:
        """Load and initialise.

        Args:
            binary: What to load.
            symbols: Value of each size symbol.

        Raises:
            RunError: The library cannot be loaded, refuses to initialise, or needs a symbol that is not given.
        """
        self.binary = binary
        self.symbols = dict(symbols)
        try:
            functions = open_library(binary.library)
            initialise = functions[f"__dace_init_{binary.name}"]
            self.function = functions[f"__program_{binary.name}"]
            leave = functions[f"__dace_exit_{binary.name}"]
        except (OSError, AttributeError) as error:
            raise RunError(f"The library of '{binary.name}' cannot be loaded: {error}.") from error
        kinds = {argument.name: argument for argument in binary.arguments}
        if unknown := [name for name in binary.init_symbols if name not in kinds or name not in symbols]:
            raise RunError(f"The program '{binary.name}' needs the sizes {unknown}, which its arguments do not tell.")
        initialise.restype = ctypes.c_void_p
        initialise.argtypes = [_c_type(kinds[name]) for name in binary.init_symbols]
        self.state: int | None = initialise(*(symbols[name] for name in binary.init_symbols))
        if not self.state:
            raise RunError(f"The program '{binary.name}' refused to initialise.")
        self.function.restype = None
        self.function.argtypes = [ctypes.c_void_p, *(_c_type(argument) for argument in binary.arguments)]
        # What the program keeps from call to call, such as its large temporaries, is not made for two at a time.
        self.lock = threading.Lock()
        # At the end of the process the system frees all of it, in an order in which nothing can go wrong.
        weakref.finalize(self, leave, ctypes.c_void_p(self.state)).atexit = False


class Plan:
    """Calls a library with the values of one form of call."""

    def __init__(
        self,
        library: Library,
        form: Mapping[str, int | str],
        fixed: Mapping[str, Any],
        outer: Mapping[str, Read],
        example: Mapping[str, Any],
    ) -> None:
        """Work out where every argument of the library comes from.

        Args:
            library: What to call.
            form: Index or keyword of each argument that is given in the call.
            fixed: Values of arguments that are never given, such as defaults.
            outer: How to read the outer arrays that the program uses.
            example: Values of one call, for their types.

        Raises:
            RunError: An argument of the library is none of these, or of a kind that cannot be passed.
        """
        self.library = library
        self._template: list[Any] = [library.state]
        self._given: list[tuple[int, int, Convert]] = []
        self._named: list[tuple[int, str, Convert]] = []
        self._outer: list[tuple[int, Read, Convert]] = []
        self._outputs: list[tuple[int, Result]] = []
        self._single = False
        for position, argument in enumerate(library.binary.arguments, 1):
            self._template.append(None)
            self._place(position, argument, form, fixed, outer, example)
        self._outputs.sort(key=lambda output: _output_number(library.binary.arguments[output[0] - 1].name))

    def _place(
        self,
        position: int,
        argument: Argument,
        form: Mapping[str, int | str],
        fixed: Mapping[str, Any],
        outer: Mapping[str, Read],
        example: Mapping[str, Any],
    ) -> None:
        name, symbols = argument.name, self.library.symbols
        if name in symbols and name not in form:
            self._template[position] = int(symbols[name])
        elif name == "__return" or name.startswith("__return_"):
            self._single = name == "__return"
            self._outputs.append((position, _result(argument, symbols)))
        elif name in form:
            where, convert = form[name], _converter(argument, example[name])
            if isinstance(where, int):
                self._given.append((position, where, convert))
            else:
                self._named.append((position, where, convert))
        elif name in outer:
            self._outer.append((position, outer[name], _converter(argument, outer[name]())))
        elif name in fixed:
            value = fixed[name]
            self._outer.append((position, lambda: value, _converter(argument, value)))
        else:
            raise RunError(f"The tuned program takes '{name}', which is neither an argument nor an outer array.")

    def __call__(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Run once; results are arrays that nobody else holds."""
        values = self._template.copy()
        for position, index, convert in self._given:
            values[position] = convert(args[index])
        for position, name, convert in self._named:
            values[position] = convert(kwargs[name])
        # Read once and kept: another thread may rebind them during the run.
        held = [read() for _, read, _ in self._outer]
        for (position, _, convert), value in zip(self._outer, held, strict=True):
            values[position] = convert(value)
        with self.library.lock:
            results = [result.make() for _, result in self._outputs]
            for (position, _), array in zip(self._outputs, results, strict=True):
                values[position] = _address(array)
            self.library.function(*values)
        if self._single:
            return results[0]
        return tuple(results) if results else None


def _output_number(name: str) -> int:
    return int(name.rpartition("_")[2] or 0) if name != "__return" else 0


def _result(argument: Argument, symbols: Mapping[str, int]) -> Result:
    try:
        extents, steps, count = argument.extents(symbols), argument.steps(symbols), argument.count(symbols)
    except ValueError as error:
        raise RunError(f"The size of a result is not known before the call: {error}") from error
    dtype = np.dtype(argument.dtype)
    if argument.kind == "scalar":
        return Result((1,), dtype, (dtype.itemsize,), 1)
    return Result(extents, dtype, tuple(step * dtype.itemsize for step in steps), count)


def _c_type(argument: Argument) -> Any:
    if argument.kind == "array":
        return ctypes.c_void_p
    if argument.dtype in _STRUCTURES:
        return _STRUCTURES[argument.dtype]
    try:
        return np.ctypeslib.as_ctypes_type(np.dtype(argument.dtype))
    except NotImplementedError as error:
        raise RunError(f"The scalar argument '{argument.name}' is {argument.dtype}, which C cannot pass.") from error


def _address(array: np.ndarray[Any, Any]) -> int:
    return array.__array_interface__["data"][0]  # type: ignore[no-any-return]


def _converter(argument: Argument, example: Any) -> Convert:
    """How to make what C takes of values of the same type as an example."""
    if argument.kind == "array":
        if type(example) is not np.ndarray:
            raise RunError(f"The argument '{argument.name}' is {type(example).__name__}; expected an array.")
        return _address
    if isinstance(example, np.ndarray) or example is None:
        raise RunError(f"The argument '{argument.name}' is {type(example).__name__}; expected a number.")
    structure = _STRUCTURES.get(argument.dtype)
    if structure is not None:
        return lambda value: structure(complex(value).real, complex(value).imag)
    if argument.dtype == "float64" and type(example) is float:
        return float
    # Of NumPy's type, because ctypes cuts off what does not fit.
    kind = np.dtype(argument.dtype).type
    return lambda value: kind(value).item()
