"""Terms that are equal by arithmetic come to one form, and keep their values."""

import itertools
import random
from dataclasses import replace

import dace
import numpy as np
import pytest

from dace_transfer.transformations.normalization.affine import affine
from dace_transfer.transformations.normalization.algebra import simplified, simplify_terms
from dace_transfer.transformations.normalization.terms import Call, Index, Number, Range, Read, Reduce
from dace_transfer.transformations.normalization.tree import Statement, statements, variables
from dace_transfer.transformations.normalization.types import type_of

CONTAINERS = {
    "a": (),
    "b": (),
    "x": ("N",),
    "y": ("N",),
    "A": ("N", "N"),
    "B": ("N", "N"),
    "n": (("N",), dace.int64),
    "out": ("N",),
}


def _value(read, text):
    computation = simplify_terms(read(f"for i in range(0, N):\n    out[i] = {text}", CONTAINERS))
    ((_, statement),) = statements(computation.body)
    return str(statement.value)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("a + (b + x[i]) - (y[i] - 1)", "(a + b + x[i] + neg(y[i]) + 1)"),
        ("1.0 * x[i] + 0", "x[i]"),
        ("1.0 * n[i] + 0", "(1.0 * n[i])"),
        ("0 * x[i]", "(0 * x[i])"),
        ("a * -x[i] * -2 * 3.0", "(6.0 * a * x[i])"),
        ("-1 * x[i]", "neg(x[i])"),
        ("a * (-x[i] - y[i])", "neg((a * (x[i] + y[i])))"),
        ("2 * (i + 1) - i", "(i + 2)"),
        ("x[i] * (2 * i)", "(2 * x[i] * (i))"),
        ("-x[i] / -a", "(x[i] / a)"),
        ("(-x[i]) ** 3", "neg((x[i] * x[i] * x[i]))"),
        ("x[i] ** 2.0 - n[i] ** 2.0", "((x[i] * x[i]) + neg((n[i] ** 2.0)))"),
        ("x[i] ** 0.5", "(x[i] ** 0.5)"),
        ("np.exp(x[i]) + math.exp(a) + numpy.power(a, b)", "(exp(x[i]) + exp(a) + (a ** b))"),
        ("numpy.float32(x[i])", "dace.float32(x[i])"),
        ("min(a, min(x[i], y[i], a))", "min(a, x[i], y[i])"),
        ("max(x[i], -1e999) + min(1e999, n[i])", "(x[i] + min(inf, n[i]))"),
        ("max(-9223372036854775808, n[i])", "max(-9223372036854775808, n[i])"),
        ("max(-9223372036854775808, max(n[k] for k in range(0, N)))", "max(n[k] for k in range(0, N))"),
        ("a if not x[i] > y[i] else b", "select((y[i] < x[i]), b, a)"),
        ("a if x[i] != y[i] else b", "select((x[i] == y[i]), b, a)"),
        ("sum(-a * A[i, k] * x[k] for k in range(0, N))", "neg((a * sum((A[i, k] * x[k]) for k in range(0, N))))"),
        ("sum(a * A[i, k] / x[i] for k in range(0, N))", "((a * sum(A[i, k] for k in range(0, N))) / x[i])"),
        ("sum(a / A[i, k] for k in range(0, N))", "sum((a / A[i, k]) for k in range(0, N))"),
        ("sum(a * b for k in range(0, N))", "sum((a * b) for k in range(0, N))"),
        (
            "sum(sum(A[k, l] for l in range(0, k)) for k in range(0, N))",
            "sum(A[k, l] for k in range(0, N) for l in range(0, k))",
        ),
        (
            "sum(x[k] * A[k, l] * y[l] for k in range(0, N) for l in range(0, N))",
            "sum((x[k] * sum((A[k, l] * y[l]) for l in range(0, N))) for k in range(0, N))",
        ),
        (
            "sum(a * A[i, k] * x[k] - B[i, k] * y[k] for k in range(0, N))",
            "((a * sum((A[i, k] * x[k]) for k in range(0, N))) + neg(sum((B[i, k_0] * y[k_0]) for k_0 in range(0, N))))",  # noqa: E501
        ),
        (
            "sum(A[i, k] * x[k] + y[k] for k in range(0, N))",
            "sum(((A[i, k] * x[k]) + y[k]) for k in range(0, N))",
        ),
        (
            "max(max(A[k, l] for l in range(0, N)) for k in range(0, N))",
            "max(A[k, l] for k in range(0, N) for l in range(0, N))",
        ),
    ],
)
def test_forms(read, text, expected):
    assert _value(read, text) == expected


def test_literals_that_compare_as_equal_are_told_apart(read):
    assert [_value(read, f"n[i] + {one}") for one in ("1", "1.0", "1")] == ["(n[i] + 1)", "(n[i] + 1.0)", "(n[i] + 1)"]


def test_extrema_start_at_the_limits_of_their_type(read):
    containers = {name: (("N",), dtype) for name, dtype in (("n", dace.int64), ("m", dace.int32))}
    text = "for i in range(0, N):\n    {0}[i] = min({1}, min({0}[k] for k in range(0, i)))"
    for name, limit, is_kept in (("n", 2**63 - 1, False), ("m", 2**31 - 1, False), ("n", 2**31 - 1, True)):
        after = str(simplify_terms(read(text.format(name, limit), containers)))
        assert (str(limit) in after) is is_kept


def test_elements_are_read_with_the_type_of_indices(read):
    computation = read("out[0] = a", CONTAINERS)
    integer = replace(computation, body=(Statement(Read("out", (affine("0"),)), Index(affine("2*n[0] + 1"))),))
    assert str(simplify_terms(integer)) == "out[0] = ((2 * dace.int64(n[0])) + 1)"


def test_parts_of_a_reduction_have_variables_of_their_own(read, same):
    text = "for i in range(0, N):\n    out[i] = (a * sum(A[i, k] * x[k] + A[k, i] * y[k] for k in range(0, N))) ** 2"
    before = read(text, CONTAINERS)
    after = simplify_terms(before)
    assert len(variables(after.body)) == 5
    same(before, after, {"N": 3})


def _random_term(rng, depth, loops, count):
    if depth == 0 or rng.random() < 0.1:
        index = affine(rng.choice(loops))
        leaves = [
            Read("a", ()),
            Read("x", (index,)),
            Read("A", (index, affine(rng.choice(loops)))),
            Read("n", (index,)),
        ]
        leaves += [Number(rng.choice([0, 1, -1, 2, 0.0, 1.0, -0.5, 3])), Index(affine(f"{rng.choice(loops)} - 1"))]
        return rng.choice(leaves)

    def inner(more=()):
        return _random_term(rng, depth - 1, [*loops, *more], count)

    kind = rng.choice(["+", "+", "*", "*", "neg", "/", "**", "min", "select", "not", "sum", "sum", "max", "exp"])
    if kind in ("sum", "max"):
        name = f"k{next(count)}"
        return Reduce("+" if kind == "sum" else kind, (Range(name, affine(0), affine("N")),), inner([name, name]))
    if kind == "select":
        return Call(kind, (Call(rng.choice(["<", ">=", "==", "!="]), (inner(), inner())), inner(), inner()))
    if kind == "not":
        return Call("select", (Call("not", (Call(">", (inner(), inner())),)), inner(), inner()))
    if kind == "exp":
        return Call("exp", (Call("min", (inner(), Number(1.5))),))
    if kind == "**":
        return Call(kind, (inner(), Number(rng.choice([2, 3]))))
    width = 1 if kind == "neg" else rng.choice([2, 3]) if kind in "+*" else 2
    return Call(kind, tuple(inner() for _ in range(width)))


@pytest.mark.parametrize("seed", range(10))
def test_random_terms_keep_their_values_and_are_simple_at_once(read, execute, seed):
    rng, arguments = random.Random(seed), _arguments(seed)
    empty = read("out[0] = a", CONTAINERS)
    checked = 0
    for _ in range(20):
        term = _random_term(rng, 4, ["0", "1", "N - 1"], itertools.count())
        once = simplified(term, frozenset({("n", "int64")}))
        assert str(simplified(once, frozenset({("n", "int64")}))) == str(once), str(term)
        assert type_of(once, empty.containers) == type_of(term, empty.containers), f"{term}\n{once}"
        before, after = (_executed(execute, empty, value, arguments) for value in (term, once))
        if before is not None:
            checked += 1
            assert after == pytest.approx(before, rel=1e-9, abs=1e-9), f"{term}\n{once}"
    assert checked > 5


def _arguments(seed):
    rng = np.random.default_rng(seed)
    shapes = {name: tuple(3 for _ in spec) for name, spec in CONTAINERS.items() if name != "n"}
    return {**{name: rng.uniform(0.5, 1.5, shape) for name, shape in shapes.items()}, "n": rng.integers(1, 4, 3)}


def _executed(execute, computation, value, arguments):
    """The value of a term, None where it overflows or divides by zero."""
    changed = replace(computation, body=(Statement(Read("out", (affine("0"),)), value),))
    try:
        with np.errstate(all="raise", under="ignore"):
            result = float(execute(changed, {"N": 3}, arguments)["out"][0])
    except (ArithmeticError, ValueError):
        return None
    return result if abs(result) < 1e9 else None
