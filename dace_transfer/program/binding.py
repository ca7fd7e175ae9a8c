"""The form of a call: which argument each value is for, and what about the values decides on the code."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from dace.frontend.python.parser import DaceProgram

from dace_transfer.program.values import freeze

_NUMBERS = (bool, int, float, complex, np.number, np.bool_, type(None))

Signature = tuple[Any, ...]


@dataclass(frozen=True)
class Parameters:
    """The parameters of a program, without the object it is bound to.

    Attributes:
        names: In order, as far as they can be given by position.
        constants: Those that are compile-time values.
        starred: Whether more values may follow by position.
        keywords: All that can be given by name; any other keyword is a symbol, or a starred keyword.
        open_keywords: Whether there are starred keywords.
    """

    names: tuple[str, ...]
    constants: frozenset[str]
    starred: bool
    keywords: frozenset[str]
    open_keywords: bool


def parameters_of(program: DaceProgram) -> Parameters:
    """Read off the parameters of a program."""
    parameters = {n: p for n, p in program.signature.parameters.items() if n != program.objname}
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    kinds = {parameter.kind for parameter in parameters.values()}
    return Parameters(
        names=tuple(name for name, parameter in parameters.items() if parameter.kind in positional),
        constants=frozenset(program.constant_args),
        starred=inspect.Parameter.VAR_POSITIONAL in kinds,
        keywords=frozenset(parameters),
        open_keywords=inspect.Parameter.VAR_KEYWORD in kinds,
    )


def signature_of(parameters: Parameters, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Signature | None:
    """Return what decides on the code of a call; None where a value is of a kind only DaCe can pass.

    That is the type, shape and strides of arrays, the type of scalars, and the value of symbols and compile-time
    arguments. It is computed at every call and is therefore cheap.
    """
    if parameters.constants:
        return _signature_with_constants(parameters, args, kwargs)
    parts: list[Any] = []
    for value in args:
        if type(value) is np.ndarray:
            parts.append((value.dtype, value.shape, value.strides, value.base is None))
        elif isinstance(value, _NUMBERS):
            parts.append(type(value))
        else:
            return None
    if kwargs:
        return _with_keywords(parameters, parts, kwargs)
    return tuple(parts)


def _with_keywords(parameters: Parameters, parts: list[Any], kwargs: Mapping[str, Any]) -> Signature | None:
    for name, value in kwargs.items():
        part = _part(value, name in parameters.constants or _is_symbol(parameters, name, value))
        if part is None:
            return None
        parts.append((name, part))
    return tuple(parts)


def _signature_with_constants(
    parameters: Parameters, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Signature | None:
    names = parameters.names + ("",) * (len(args) - len(parameters.names))
    parts = [_part(value, name in parameters.constants) for name, value in zip(names, args, strict=False)]
    return _with_keywords(parameters, parts, kwargs) if None not in parts else None


def _part(value: Any, compiled_in: bool) -> Any:
    if compiled_in:
        return freeze(value, contents=True)
    if type(value) is np.ndarray:
        return value.dtype, value.shape, value.strides, value.base is None
    return type(value) if isinstance(value, _NUMBERS) else None


def _is_symbol(parameters: Parameters, name: str, value: Any) -> bool:
    return name not in parameters.keywords and not isinstance(value, np.ndarray)


def form_of(parameters: Parameters, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, int | str]:
    """Where the value of each argument is found in a call: an index into `args` or a key of `kwargs`.

    The names are those that DaCe gives to arguments, also to starred ones.
    """
    regular = len(parameters.names)
    form: dict[str, int | str] = dict(zip(parameters.names, range(len(args)), strict=False))
    form |= {f"__arg{i - regular}": i for i in range(regular, len(args))}
    form |= {name: name for name in kwargs}
    if parameters.open_keywords:
        form |= {f"__kwarg_{name}": name for name in kwargs if name not in parameters.keywords}
    return form
