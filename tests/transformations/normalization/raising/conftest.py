"""Raise programs, execute what was read one element at a time, and compare it with the program run by NumPy."""

import copy
import types
from collections.abc import Callable, Mapping

import dace
import numpy as np
import pytest

from dace_transfer.transformations.normalization.raising import raise_sdfg
from dace_transfer.transformations.normalization.terms import Call, Term, rebuild
from dace_transfer.transformations.normalization.tree import (
    Computation,
    Node,
    Opaque,
    Statement,
    nodes,
    rebuild_body,
    variables,
)


@pytest.fixture
def raised() -> Callable[..., Computation]:
    """`raised(program)`: what a program or SDFG computes; asserts that reading changes nothing and names are unique."""
    return _raised


@pytest.fixture
def opaques() -> Callable[[Computation], list[Opaque]]:
    """`opaques(computation)`: its blocks that were left as they are."""
    return lambda computation: [node for node in nodes(computation.body) if isinstance(node, Opaque)]


@pytest.fixture
def runs(execute) -> Callable[..., Computation]:
    """`runs(program, sizes, **arguments)`: assert that the raised program does what Python does; its computation."""

    def check(program, sizes: Mapping[str, int], **arguments) -> Computation:
        computation = _raised(program)
        assert "opaque" not in str(computation), str(computation)
        expected = {name: np.array(value) for name, value in arguments.items()}
        function = types.FunctionType(program.f.__code__, {**program.f.__globals__, **sizes})
        returned = function(**expected)
        given = dict(arguments)
        if returned is not None:
            expected["__return"] = np.reshape(returned, np.shape(returned) or (1,))
            given["__return"] = np.full_like(expected["__return"], 77)
        with np.errstate(all="ignore"):
            actual = execute(_executable(computation), sizes, given)
        for name, value in expected.items():
            np.testing.assert_allclose(actual[name], value, 1e-9, 1e-9, err_msg=f"{name}\n{computation}")
        return computation

    return check


@pytest.fixture
def matrix() -> Callable[..., np.ndarray]:
    """`matrix(*shape)`: random numbers, different at every call."""
    rng = np.random.default_rng(0)
    return lambda *shape: rng.uniform(0.5, 1.5, shape)


def _raised(program) -> Computation | None:
    sdfg = program if isinstance(program, dace.SDFG) else program.to_sdfg(simplify=True)
    before = copy.deepcopy(sdfg.to_json())
    computation = raise_sdfg(sdfg)
    assert sdfg.to_json() == before
    if computation is not None:
        _check_names(computation)
    return computation


def _check_names(computation: Computation) -> None:
    found = variables(computation.body)
    assert len(found) == str(computation).count(" in range(")
    assert found.isdisjoint(computation.containers)
    assert found.isdisjoint(map(str, computation.origin.free_symbols))


def _executable(computation: Computation) -> Computation:
    """The same with functions named as NumPy names them."""

    def renamed(node: Node) -> list[Node]:
        return [Statement(node.target, rebuild(node.value, _named))] if isinstance(node, Statement) else [node]

    return Computation(computation.origin, computation.containers, rebuild_body(computation.body, renamed))


def _named(term: Term) -> Term:
    if not isinstance(term, Call) or not term.function[0].isalpha():
        return term
    return Call({"int": "int64"}.get(term.function, term.function.rpartition(".")[2]), term.arguments)
