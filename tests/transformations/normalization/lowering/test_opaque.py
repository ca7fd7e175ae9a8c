"""Blocks that normalisation left as they are, anywhere in a program; and what a program has from its origin."""

import json
import re

import dace
import numpy as np
import pytest
from dace.sdfg.state import ConditionalBlock, ControlFlowRegion, LoopRegion

from dace_transfer.toolchain import activate
from dace_transfer.transformations.normalization.affine import affine, constant, variable
from dace_transfer.transformations.normalization.lowering import lower
from dace_transfer.transformations.normalization.lowering.opaque import with_plain_indices
from dace_transfer.transformations.normalization.terms import Call, Number, Range, Read
from dace_transfer.transformations.normalization.tree import Computation, Loop, Opaque, Statement

_IDENTIFIER = r'"guid": "[^"]*"'


@pytest.fixture
def origin() -> dace.SDFG:
    """`for row: if X[row, 0] > 0: X[row, :] = s * X[row, :], by a nested SDFG`; the block is the condition."""
    sdfg = dace.SDFG("origin")
    sdfg.add_array("X", [dace.symbol("N"), dace.symbol("M")], dace.float64)
    sdfg.add_array("unused", [dace.symbol("N")], dace.float64)
    sdfg.add_scalar("s", dace.float64)
    sdfg.add_transient("line", [dace.symbol("M")], dace.float64)
    sdfg.add_symbol("row", dace.int64)
    sdfg.add_symbol("first", dace.float64)
    sdfg.add_constant("three", np.float64(3))
    sdfg.arg_names = ["X", "unused", "s"]
    loop = LoopRegion("rows", "row < N", "row", "row = 0", "row = row + 1")
    sdfg.add_node(loop, is_start_block=True)
    block = ControlFlowRegion("block", sdfg)
    loop.add_node(block, is_start_block=True)
    start = block.add_state("start", is_start_block=True)
    condition = ConditionalBlock("condition", sdfg)
    block.add_node(condition)
    block.add_edge(start, condition, dace.InterstateEdge(assignments={"first": "X[row, 0]"}))
    branch = ControlFlowRegion("branch", sdfg)
    condition.add_branch(dace.properties.CodeBlock("first > 0"), branch)
    _add_scaling(branch.add_state("scale", is_start_block=True))
    sdfg.reset_cfg_list()
    sdfg.validate()
    return sdfg


def _add_scaling(state: dace.SDFGState) -> None:
    nested = dace.SDFG("scaling")
    nested.add_array("X", [dace.symbol("N"), dace.symbol("M")], dace.float64)
    nested.add_array("line", [dace.symbol("M")], dace.float64)
    nested.add_symbol("at", dace.int64)
    inner = nested.add_state()
    inner.add_mapped_tasklet(
        "scale",
        {"j": "0:M"},
        {"x": dace.Memlet("X[at, j]")},
        "out = three * x",
        {"out": dace.Memlet("line[j]")},
        external_edges=True,
    )
    node = state.add_nested_sdfg(nested, {"X": None}, {"line": None}, {"N": "N", "M": "M", "at": "row"})
    state.add_edge(state.add_read("X"), None, node, "X", dace.Memlet("X[0:N, 0:M]"))
    line = state.add_access("line")
    state.add_edge(node, "line", line, None, dace.Memlet("line[0:M]"))
    state.add_mapped_tasklet(
        "back",
        {"j": "0:M"},
        {"x": dace.Memlet("line[j]"), "f": dace.Memlet("s[0]")},
        "out = f * x",
        {"out": dace.Memlet("X[row, j]")},
        external_edges=True,
        input_nodes={"line": line},
    )


def _around(origin: dace.SDFG, is_parallel: bool) -> Computation:
    """The block for the rows from 1 on, in a loop that first subtracts 1 from a row's first element."""
    [block] = [region for region in origin.all_control_flow_regions() if region.label == "block"]
    names = frozenset({"row", "N", "M", "first"})
    opaque = Opaque(block, frozenset({"X", "s", "line"}), frozenset({"X", "line"}), names, {"row": affine("r + 1")})
    first = Read("X", (variable("r") + 1, constant(0)))
    less = Statement(first, Call("+", (first, Number(-1.0))))
    loop = Loop(Range("r", constant(0), affine("N - 1")), (less, opaque), is_parallel)
    return Computation(origin, dict(origin.arrays), (loop,))


@pytest.mark.parametrize("is_parallel", [False, True])
def test_a_block_is_put_in_place_with_its_names_replaced(origin, is_parallel, tmp_path):
    activate()
    before = origin.to_json()
    lowered = lower(_around(origin, is_parallel))
    lowered.name += "_parallel" if is_parallel else "_in_turn"
    lowered.build_folder = str(tmp_path)
    x = np.random.default_rng(0).uniform(0.5, 1.5, (6, 4))
    expected = x.copy()
    expected[1:, 0] -= 1
    expected[1:] *= np.where(expected[1:, :1] > 0, 6, 1)
    lowered(X=x, unused=np.zeros(6), s=2.0, N=6, M=4)
    np.testing.assert_allclose(x, expected)
    assert origin.to_json() == before
    for nested in lowered.all_sdfgs_recursive():
        assert all(block.sdfg is nested for block in nested.all_control_flow_blocks())
        assert nested.parent_sdfg is None or nested.parent_nsdfg_node in nested.parent.nodes()


def test_arguments_and_constants_are_those_of_the_origin(origin):
    lowered = lower(_around(origin, False))
    assert lowered.name == origin.name
    assert {name: str(desc) for name, desc in lowered.arglist().items()} == {
        name: str(desc) for name, desc in origin.arglist().items()
    }
    assert lowered.arg_names == ["X", "unused", "s"]
    assert lowered.constants == origin.constants
    assert dace.SDFG.from_json(lowered.to_json()).is_valid()


def test_lowering_again_makes_the_same(origin):
    first, second = (json.dumps(lower(_around(origin, True)).to_json()) for _ in range(2))
    assert re.sub(_IDENTIFIER, "", first) == re.sub(_IDENTIFIER, "", second)


@pytest.mark.parametrize(
    "code, expected",
    [
        ("A[(i + 1), (((2 * k) + 1) - 1)] - 1 + 1", "A[i + 1, 2 * k] - 1 + 1"),
        ("A[(2 * k), (i + 1)] > s + 0", "A[2 * k, i + 1] > s + 0"),
        ("A[B[i + 1 - 1]]", "A[B[i]]"),
    ],
)
def test_indices_are_written_in_one_way(code, expected):
    assert with_plain_indices(code) == with_plain_indices(expected) == expected
