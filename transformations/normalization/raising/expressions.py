"""Read the Python expressions of tasklets, conditions and interstate edges as terms."""

from __future__ import annotations

import ast
import math

from dace_transfer.transformations.normalization.affine import constant
from dace_transfer.transformations.normalization.elements import term_of_integer
from dace_transfer.transformations.normalization.python_terms import term_of
from dace_transfer.transformations.normalization.raising.frame import Frame, dimensions
from dace_transfer.transformations.normalization.terms import Call, Number, Read, Term, walk

_NUMBERS = {"inf": math.inf, "nan": math.nan}
_SIZED = "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128 bool bool_"
_PURE = frozenset(
    "abs fabs min max fmin fmax pow sqrt cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan atan2 "
    "sinh cosh tanh asinh acosh atanh floor ceil round trunc sign conj real imag hypot copysign heaviside reciprocal "
    "isnan isinf isfinite signbit erf erfc int_floor int_ceil py_floor PyMod CMod np_float_pow sign_numpy_2 ipow "
    f"deg2rad rad2deg gcd lcm ldexp nextafter int float complex {_SIZED}".split()
)
_MODULES = frozenset({"", "math", "dace", "dace.math", "np", "numpy"})


def read_expression(code: str, frame: Frame) -> Term:
    """Return the value of an expression of symbols and elements of containers, such as `A[i] > 0 and i < n`.

    Raises:
        ValueError: It is of a kind that terms do not have.
    """
    try:
        tree = ast.parse(code, mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"Expected Python, but got '{code}'.") from error
    elements: dict[str, Term] = {}

    class Out(ast.NodeTransformer):
        def visit_Subscript(self, inner: ast.Subscript) -> ast.Name:
            name = f"__element{len(elements)}"
            elements[name] = _element(inner, frame)
            return ast.Name(name, ast.Load())

    def meaning(name: str) -> Term:
        return elements[name] if name in elements else _scalar(name, frame)

    value = term_of(Out().visit(tree), meaning)
    check_pure(value)
    return value


def _element(node: ast.Subscript, frame: Frame) -> Read:
    index = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    name = node.value.id if isinstance(node.value, ast.Name) else ""
    descriptor = frame.sdfg.arrays.get(name)
    if descriptor is None or len(index) != max(dimensions(descriptor), 1):
        raise ValueError(f"Expected an element of a container, but got '{ast.unparse(node)}'.")
    entries = tuple(frame.affine(ast.unparse(part)) for part in index)
    if dimensions(descriptor) == 0 and entries != (constant(0),):
        raise ValueError(f"Expected scalar '{name}' to have one element, but got '{ast.unparse(node)}'.")
    return frame.at(name, entries if dimensions(descriptor) else ())


def _scalar(name: str, frame: Frame) -> Term:
    descriptor = frame.sdfg.arrays.get(name)
    if descriptor is None or dimensions(descriptor):
        return symbol_term(name, frame)
    return frame.at(name, ())


def symbol_term(name: str, frame: Frame) -> Term:
    """Return what a symbol stands for.

    Raises:
        ValueError: That is not known.
    """
    if name in frame.saved:
        return frame.saved[name]
    if name in frame.sizes or name in frame.values:
        return term_of_integer(frame.affine(name))
    if name in _NUMBERS and name not in frame.sdfg.symbols:
        return Number(_NUMBERS[name])
    raise ValueError(f"Expected a connector, a scalar, a size or a loop variable, but got '{name}'.")


def check_pure(value: Term) -> None:
    """Check that all functions in a term are functions of numbers without side effects.

    Raises:
        ValueError: One is not.
    """
    for term in walk(value):
        if not isinstance(term, Call) or not (term.function[0].isalpha() or term.function[0] == "_"):
            continue
        module, _, name = term.function.rpartition(".")
        if term.function in ("neg", "not", "and", "or", "select"):
            continue
        if name not in _PURE or module not in _MODULES or (name in ("min", "max") and len(term.arguments) < 2):
            raise ValueError(f"Expected a function of numbers without side effects, but got '{term.function}'.")
