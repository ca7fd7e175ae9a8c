"""Write computations as text, and execute them one element at a time: what every pass must leave as it was.

The text is Python: `for i in range(0, N):` is a loop, `for i in parallel(0, N):` one whose iterations are known to be
independent, `y[i] = sum(A[i, k] * x[k] for k in range(0, K))` a statement with a reduction (sum, prod, min, max).
"""

import ast
import itertools
import math
from collections.abc import Callable, Mapping
from functools import reduce

import dace
import numpy as np
import pytest

from dace_transfer.transformations.normalization.affine import Affine, affine
from dace_transfer.transformations.normalization.elements import taken_apart
from dace_transfer.transformations.normalization.python_terms import term_of
from dace_transfer.transformations.normalization.terms import Index, Number, Range, Read, Reduce, Term
from dace_transfer.transformations.normalization.tree import Computation, Loop, Node, Statement

_FOLDS = {"sum": "+", "prod": "*", "min": "min", "max": "max"}
_NEUTRAL = {"+": 0, "*": 1, "min": math.inf, "max": -math.inf}
_FUNCTIONS: dict[str, Callable] = {
    "+": lambda *v: sum(v[1:], v[0]),
    "*": lambda *v: math.prod(v),
    "min": min,
    "max": max,
    "and": lambda *v: all(v),
    "or": lambda *v: any(v),
    "not": lambda v: not v,
    "neg": lambda v: -v,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "**": lambda a, b: a**b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "select": lambda c, a, b: a if c else b,
}


@pytest.fixture
def read():
    """`read(text, arguments, locals)`: a computation; containers by name as a shape, or a pair of shape and type."""
    return _read_computation


@pytest.fixture
def execute():
    """`execute(computation, sizes, arguments)`: all containers after it has run, on copies; locals start as NaN."""
    return _execute


@pytest.fixture
def same():
    """`same(before, after, sizes, seed=0)`: assert that two computations leave equal arguments."""
    return _assert_same


def _read_computation(text: str, arguments: Mapping, transients: Mapping = {}) -> Computation:
    sdfg = dace.SDFG("written")
    for name, (shape, dtype) in _described({**arguments, **transients}).items():
        if shape:
            sdfg.add_array(name, shape, dtype, transient=name in transients)
        else:
            sdfg.add_scalar(name, dtype, transient=name in transients)
    body = tuple(_node(node, sdfg) for node in ast.parse(text).body)
    return Computation(sdfg, dict(sdfg.arrays), body)


def _described(containers: Mapping) -> dict:
    result = {}
    for name, spec in containers.items():
        shape, dtype = spec if len(spec) == 2 and isinstance(spec[1], dace.typeclass) else (spec, dace.float64)
        for size in shape:
            for word in affine(str(size)).words:
                dace.symbol(word)
        result[name] = ([dace.symbolic.pystr_to_symbolic(str(size)) for size in shape], dtype)
    return result


def _node(node: ast.stmt, sdfg: dace.SDFG) -> Node:
    if isinstance(node, ast.For):
        body = tuple(_node(inner, sdfg) for inner in node.body)
        return Loop(_range(node.target, node.iter), body, node.iter.func.id == "parallel")
    assert isinstance(node, ast.Assign), ast.unparse(node)
    target = _term(node.targets[0], sdfg)
    assert isinstance(target, Read)
    return Statement(target, _term(node.value, sdfg))


def _range(target: ast.expr, call: ast.expr) -> Range:
    begin, end = (affine(ast.unparse(argument)) for argument in call.args)
    return Range(target.id, begin, end)


def _term(node: ast.expr, sdfg: dace.SDFG) -> Term:
    """As `term_of`, with subscripts and reductions, which are taken out and put back by name."""
    parts: dict[str, Term] = {}

    class Out(ast.NodeTransformer):
        def visit_Subscript(self, inner: ast.Subscript) -> ast.Name:
            index = inner.slice.elts if isinstance(inner.slice, ast.Tuple) else [inner.slice]
            return self._out(Read(inner.value.id, tuple(affine(ast.unparse(part)) for part in index)))

        def visit_Call(self, inner: ast.Call) -> ast.AST:
            if not (isinstance(inner.args[0], ast.GeneratorExp)):
                return self.generic_visit(inner)
            loops = tuple(_range(g.target, g.iter) for g in inner.args[0].generators)
            return self._out(Reduce(_FOLDS[inner.func.id], loops, _term(inner.args[0].elt, sdfg)))

        @staticmethod
        def _out(term: Term) -> ast.Name:
            name = f"__part{len(parts)}"
            parts[name] = term
            return ast.Name(name, ast.Load())

    def meaning(name: str) -> Term:
        if name in parts:
            return parts[name]
        return Read(name, ()) if name in sdfg.arrays else Index(affine(name))

    return term_of(Out().visit(node), meaning)


def _assert_same(before: Computation, after: Computation, sizes: Mapping[str, int], seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    arguments = {
        name: rng.uniform(0.5, 1.5, _shape(desc, sizes)).astype(desc.dtype.type)
        for name, desc in before.containers.items()
        if not desc.transient
    }
    expected, actual = _execute(before, sizes, arguments), _execute(after, sizes, arguments)
    for name in arguments:
        np.testing.assert_allclose(actual[name], expected[name], 1e-9, 1e-9, equal_nan=False, err_msg=str(after))


def _execute(computation: Computation, sizes: Mapping[str, int], arguments: Mapping) -> dict[str, np.ndarray]:
    values = {
        name: np.array(arguments[name], desc.dtype.type)
        if name in arguments
        else np.full(_shape(desc, sizes), np.nan).astype(desc.dtype.type)
        for name, desc in computation.containers.items()
    }
    _run(computation.body, values, dict(sizes))
    return values


def _shape(desc: dace.data.Data, sizes: Mapping[str, int]) -> tuple[int, ...]:
    if isinstance(desc, dace.data.Scalar):
        return ()
    return tuple(_int(affine(size), sizes) for size in desc.shape)


def _int(value: Affine, known: Mapping[str, int], values: Mapping[str, np.ndarray] = {}) -> int:
    rest, found = taken_apart(value)
    inner = {name: int(values[read.data][tuple(_checked(read, values, known))]) for name, read in found.items()}
    return int(dace.symbolic.evaluate(dace.symbolic.pystr_to_symbolic(str(rest)), {**known, **inner}))


def _run(body, values: dict[str, np.ndarray], known: dict[str, int]) -> None:
    for node in body:
        if isinstance(node, Loop):
            steps = list(_values(node.range, values, known))
            for step in reversed(steps) if node.parallel else steps:  # Any order must do.
                _run(node.body, values, {**known, node.range.variable: step})
        else:
            where = tuple(_checked(node.target, values, known))
            values[node.target.data][where] = _value(node.value, values, known)


def _values(loop: Range, values: Mapping[str, np.ndarray], known: Mapping[str, int]) -> range:
    return range(_int(loop.begin, known, values), _int(loop.end, known, values))


def _checked(term: Read, values, known):
    for index, size in itertools.zip_longest(term.index, values[term.data].shape):
        place = _int(index, known, values)
        assert 0 <= place < size, f"{term} is out of bounds for {known}"
        yield place


def _value(term: Term, values, known):
    if isinstance(term, Number):
        return term.value
    if isinstance(term, Index):
        return _int(term.value, known, values)
    if isinstance(term, Read):
        return values[term.data][tuple(_checked(term, values, known))]
    if isinstance(term, Reduce):
        parts = list(_folded(term.ranges, term.body, values, known))
        return reduce(_FUNCTIONS[term.function], parts) if parts else _NEUTRAL[term.function]
    arguments = [_value(argument, values, known) for argument in term.arguments]
    return (
        _FUNCTIONS[term.function](*arguments) if term.function in _FUNCTIONS else getattr(np, term.function)(*arguments)
    )


def _folded(ranges, body, values, known):
    if not ranges:
        yield _value(body, values, known)
        return
    for step in _values(ranges[0], values, known):
        yield from _folded(ranges[1:], body, values, {**known, ranges[0].variable: step})
