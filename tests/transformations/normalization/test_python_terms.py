"""Terms written as the Python of tasklets."""

from __future__ import annotations

import ast

import pytest
from dace.codegen.cppunparse import py2cpp

from dace_transfer.transformations.normalization.algebra import simplified
from dace_transfer.transformations.normalization.python_terms import python_of, term_of
from dace_transfer.transformations.normalization.terms import Call, Number, Read, Term


@pytest.mark.parametrize("exponent", [Read("b", ()), Number(2), Number(-2), Call("+", (Read("b", ()), Number(1)))])
def test_negated_powers_can_be_written_as_code(exponent: Term) -> None:
    power = Call("**", (Read("a", ()), Call("neg", (exponent,))))
    code = python_of(power)
    assert "a" in py2cpp(code)
    again = term_of(ast.parse(code, mode="eval").body, lambda name: Read(name, ()))
    assert simplified(again) == simplified(power)
