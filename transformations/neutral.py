"""The value a reduction may start from without changing its result, by operation and type."""

from __future__ import annotations

import math
import re

import dace
from dace.dtypes import ReductionType
from dace.frontend.operations import detect_reduction_type

_NUMBERS = {
    ReductionType.Sum: "0",
    ReductionType.Product: "1",
    ReductionType.Bitwise_Or: "0",
    ReductionType.Bitwise_Xor: "0",
    ReductionType.Bitwise_And: "~0",
    ReductionType.Logical_And: "true",
    ReductionType.Logical_Or: "false",
}
_FLOATS = (dace.float16, dace.float32, dace.float64)
_VALUES = {"0": 0, "1": 1, "true": True, "false": False}
_LIMIT = re.compile(r"(-?)std::numeric_limits<(.+)>::(infinity|lowest|max)\(\)")


def neutral(wcr: str | None, dtype: dace.dtypes.typeclass) -> str | None:
    """Return the neutral element of a conflict resolution as a C++ expression, or None where it has none known.

    Args:
        wcr: The text of the lambda, for example `lambda a, b: a + b`.
        dtype: The type that is accumulated. The extrema of floats start at infinity, not at the largest finite
            number, so that infinite inputs survive.
    """
    kind = detect_reduction_type(wcr)
    if kind not in (ReductionType.Max, ReductionType.Min):
        return _NUMBERS.get(kind)
    if isinstance(dtype, dace.dtypes.vector):
        return None
    limits = f"std::numeric_limits<{dtype.ctype}>"
    if dtype in _FLOATS[1:]:
        return f"{'-' if kind is ReductionType.Max else ''}{limits}::infinity()"
    if dtype in dace.dtypes.INTEGER_TYPES:
        return f"{limits}::{'lowest' if kind is ReductionType.Max else 'max'}()"
    return None


def number_of(value: str) -> float | None:
    """Return the number that a C++ expression of `neutral` is, or None for other expressions."""
    match = _LIMIT.fullmatch(value)
    if match is None:
        return _VALUES.get(value)
    sign, kind, limit = match.groups()
    if limit == "infinity":
        return -math.inf if sign else math.inf
    dtype = next((one for one in dace.dtypes.INTEGER_TYPES if one.ctype == kind), None)
    if dtype is None or sign:
        return None
    return int(dace.dtypes.min_value(dtype) if limit == "lowest" else dace.dtypes.max_value(dtype))


def reset_tasklet(state: dace.SDFGState, value: str, label: str = "reset") -> dace.nodes.Tasklet:
    """Add a tasklet to `state` that writes the C++ expression `value` to its connector `__result`."""
    return state.add_tasklet(label, {}, {"__result": None}, f"__result = {value};", language=dace.Language.CPP)
