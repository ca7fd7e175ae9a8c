"""One name for each function, however its caller spells it."""

from __future__ import annotations

from functools import lru_cache

_PREFIXES = ("math.", "numpy.", "np.", "dace.math.", "cmath.", "std.")
# fmt: off
_PLAIN = (
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "conj", "copysign", "cos",
    "cosh", "deg2rad", "exp", "exp2", "expm1", "fabs", "floor", "fmax", "fmin", "gcd", "heaviside", "hypot",
    "isfinite", "isinf", "isnan", "lcm", "ldexp", "log", "log10", "log1p", "log2", "max", "min", "rad2deg",
    "round", "signbit", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
)
# fmt: on
_OTHERS = {
    "absolute": "abs",
    "arccos": "acos",
    "arccosh": "acosh",
    "arcsin": "asin",
    "arcsinh": "asinh",
    "arctan": "atan",
    "arctan2": "atan2",
    "arctanh": "atanh",
    "conjugate": "conj",
    "degrees": "rad2deg",
    "maximum": "max",
    "minimum": "min",
    "negative": "neg",
    "pow": "**",
    "power": "**",
    "radians": "deg2rad",
    "true_divide": "/",
}
_SIZED = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64")
_CASTS = {name: f"dace.{name}" for name in (*_SIZED, "complex64", "complex128")}
_PREFIXED = {**dict(zip(_PLAIN, _PLAIN, strict=True)), **_OTHERS, **_CASTS}
_BARE = {**_CASTS, "pow": "**"}


@lru_cache(maxsize=1000)
def spelt(function: str) -> str:
    """Return the name by which tasklets know a function: "exp" for "numpy.exp", "**" for "pow"."""
    for prefix in _PREFIXES:
        if function.startswith(prefix):
            return _PREFIXED.get(function.removeprefix(prefix), function)
    return _BARE.get(function, function)
