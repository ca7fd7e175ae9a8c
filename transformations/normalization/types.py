"""The types that terms have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dace
import numpy as np

from dace_transfer.transformations.normalization.terms import Call, Index, Number, Read, Reduce, Term

_BOOLEAN = frozenset({"<", "<=", ">", ">=", "==", "!=", "not", "and", "or", "isnan", "isinf", "isfinite", "signbit"})
_SAME = frozenset({"+", "*", "neg", "//", "%", "**", "<<", ">>", "&", "|", "^", "~", "min", "max", "pow", "int_floor"})
_SAME |= {"int_ceil", "floor", "ceil", "round", "trunc", "sign", "conj", "maximum", "minimum", "floor_divide"}
_REAL = frozenset({"abs", "fabs", "absolute", "real", "imag"})
_SIZED = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64")
_CASTS = {name: getattr(dace, name) for name in (*_SIZED, "complex64", "complex128")}
_CASTS |= {"bool": dace.bool_, "bool_": dace.bool_}
_CASTS |= {"int": dace.int64, "float": dace.float64, "complex": dace.complex128}

_WEAK: tuple[type, ...] = (bool, int, float, complex)

_Type = np.dtype[Any] | bool | int | float | complex
"""A type of NumPy, or a number of Python whose type gives way to those of NumPy."""


def type_of(term: Term, containers: Mapping[str, dace.data.Data]) -> dace.typeclass:
    """Return the type of the values of a term, by NumPy's rules.

    Literals and loop variables are weak, as Python's numbers are: `0.5 * A[i]` has the type of `A`. Alone, they have
    64 bits.
    """
    result = _type(term, containers)
    return dace.dtypes.dtype_to_typeclass((result if isinstance(result, np.dtype) else np.asarray(result).dtype).type)


def _type(term: Term, containers: Mapping[str, dace.data.Data]) -> _Type:
    if isinstance(term, Number):
        return term.value
    if isinstance(term, Index):
        return 0
    if isinstance(term, Read):
        return _dtype(containers[term.data].dtype)
    if isinstance(term, Reduce):
        return _of_fold(term.function, _type(term.body, containers))
    return _of_call(term, containers)


def _dtype(type_: dace.typeclass) -> np.dtype[Any]:
    result: np.dtype[Any] = np.dtype(type_.type)
    return result


def _of_fold(function: str, body: _Type) -> _Type:
    if function in ("and", "or"):
        return np.dtype(bool)
    is_count = function in ("+", "*") and _kind(body) == "b"
    return np.dtype(np.int64) if is_count else body


def _of_call(call: Call, containers: Mapping[str, dace.data.Data]) -> _Type:
    name = call.function.rpartition(".")[2]
    if name in _BOOLEAN:
        return np.dtype(bool)
    if name in _CASTS:
        return _dtype(_CASTS[name])
    arguments = call.arguments[1:] if name == "select" else call.arguments
    common = _promoted([_type(argument, containers) for argument in arguments])
    if name in _REAL:
        return _real(common)
    return common if name in _SAME or name == "select" or _kind(common) in "fc" else _promoted([common, 0.0])


def _promoted(types: list[_Type]) -> _Type:
    weak = [one for one in types if not isinstance(one, np.dtype)]
    if len(weak) < len(types):
        return np.dtype(np.result_type(*types))
    return max(weak, key=lambda one: _WEAK.index(type(one)), default=0.0)


def _real(value: _Type) -> _Type:
    if _kind(value) != "c":
        return value
    return np.dtype(np.finfo(value).dtype) if isinstance(value, np.dtype) else 0.0


def _kind(value: _Type) -> str:
    return value.kind if isinstance(value, np.dtype) else np.asarray(value).dtype.kind
