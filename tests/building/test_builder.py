from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import dace
import numpy as np
import pytest

from dace_transfer.building.binary import Binary, Failure, load
from dace_transfer.building.builder import Builder
from dace_transfer.building.key import build_key
from dace_transfer.measure.calling import Program
from dace_transfer.target import Target
from dace_transfer.transformations.environments import Reassociate
from dace_transfer.transformations.steps.compile import Compile

Raw = Callable[..., dace.SDFG]


def scaled(raw: Raw, factor: int) -> dace.SDFG:
    return raw(f"for (int i = 0; i < N; i++) b[i] = {factor} * a[i];")


def run(binary: Binary) -> np.ndarray:
    a, b = np.arange(5.0), np.zeros(5)
    program = Program(binary, {"A": a.ctypes.data, "B": b.ctypes.data}, {"N": 5})
    program.run()
    program.close()
    return b


def test_several_programs_share_one_library_and_compute_their_own(raw: Raw, builder: Builder) -> None:
    binaries = builder.build([scaled(raw, factor) for factor in (2, 3, 4)])
    assert len({binary.library for binary in binaries}) == 1
    for factor, binary in zip((2, 3, 4), binaries, strict=True):
        assert np.array_equal(run(binary), factor * np.arange(5.0))


def test_arguments_are_described_in_call_order(raw: Raw, builder: Builder) -> None:
    [binary] = builder.build([raw()])
    assert [argument.name for argument in binary.arguments] == ["A", "B", "N"]
    a, b, n = binary.arguments
    assert (a.kind, a.dtype, a.shape, a.strides, a.reads, a.writes) == ("array", "float64", ("N",), ("1",), True, False)
    assert (b.reads, b.writes) == (False, True)
    assert (n.kind, n.dtype) == ("scalar", "int32")
    assert binary.init_symbols == ("N",)
    assert a.count({"N": 12}) == 12


def test_a_bad_candidate_costs_only_itself(raw: Raw, builder: Builder) -> None:
    broken = raw("this is no program;")
    invalid = raw()
    del invalid.arrays["B"]
    outcomes = builder.build([scaled(raw, 2), broken, scaled(raw, 3), invalid, scaled(raw, 4)])
    assert [getattr(outcome, "kind", "ok") for outcome in outcomes] == ["ok", "compile", "ok", "codegen", "ok"]
    assert "error" in outcomes[1].message
    assert np.array_equal(run(outcomes[4]), 4 * np.arange(5.0))


def test_programs_that_cannot_share_a_library_are_built_apart(raw: Raw, builder: Builder) -> None:
    programs = [scaled(raw, 2), scaled(raw, 3)]
    for program in programs:
        program.append_global_code("int defined_in_both = 1;")
    outcomes = builder.build(programs)
    assert len({outcome.library for outcome in outcomes}) == 2


def cancelling(raw: Raw, step: Compile | None) -> dace.SDFG:
    """Adds and subtracts so much that nothing is left, unless the compiler may reorder."""
    sdfg = raw("for (int i = 0; i < N; i++) b[i] = (a[i] + 1e20) - 1e20;")
    if step is not None:
        step.apply(sdfg, ())
    return sdfg


@pytest.mark.skipif(not Reassociate.is_known(), reason="The compiler does not reassociate.")
def test_options_of_one_program_do_not_reach_another(raw: Raw, builder: Builder) -> None:
    steps = [None, Compile(reassociate=True), None, Compile(unroll=True), Compile(reassociate=True, unroll=True)]
    binaries = builder.build([cancelling(raw, step) for step in steps])
    results = [run(binary).tolist() for binary in binaries]
    exact = [0.0] * 5
    assert results == [exact, [0.0, 1.0, 2.0, 3.0, 4.0], exact, exact, [0.0, 1.0, 2.0, 3.0, 4.0]]
    assert binaries[0] == binaries[2]
    assert len({binary.library for binary in binaries}) == 4


def test_declarations_of_one_program_do_not_reach_another(raw: Raw, builder: Builder) -> None:
    code = "for (int i = 0; i < N; i++) b[i] = sizeof(half(a[i])) * a[i];"
    programs = [raw(code), raw(code), scaled(raw, 2), scaled(raw, 3)]
    for program, kind in zip(programs, ("double", "float"), strict=False):
        tasklet = next(node for node, _ in program.all_nodes_recursive() if isinstance(node, dace.nodes.Tasklet))
        declaration = f"static {kind} half({kind} x) {{ return x / 2; }}"
        tasklet.code_global = dace.properties.CodeBlock(declaration, dace.Language.CPP)
    first, second, *others = builder.build(programs)
    assert np.array_equal(run(first), 8 * np.arange(5.0))
    assert np.array_equal(run(second), 4 * np.arange(5.0))
    assert len({first.library, second.library, *(binary.library for binary in others)}) == 3


def test_a_timeout_is_an_outcome_and_leaves_the_pool_usable(raw: Raw, builder: Builder) -> None:
    [first] = builder.build([scaled(raw, 2)])
    outcomes = builder.build([scaled(raw, 13), scaled(raw, 14)], timeout=0.0)
    assert [outcome.kind for outcome in outcomes] == ["timeout", "timeout"]
    [again] = builder.build([scaled(raw, 13)])
    assert isinstance(first, Binary)
    assert np.array_equal(run(again), 13 * np.arange(5.0))


def test_a_killed_child_is_an_outcome_and_leaves_the_pool_usable(raw: Raw, builder: Builder) -> None:
    [_] = builder.build([scaled(raw, 22)])
    for child in builder._children:
        child.kill()
    [outcome] = builder.build([scaled(raw, 25)])
    assert isinstance(outcome, Binary)


def test_what_was_built_is_found_again_without_a_child(raw: Raw, target: Target, tmp_path: Path) -> None:
    with Builder(target, tmp_path, workers=1) as builder:
        [first] = builder.build([raw()])
    with Builder(target, tmp_path, workers=1) as builder:
        [second] = builder.build([raw(name="another_name")])
        assert not builder._children
    assert first == second
    assert load(tmp_path / "entries" / first.name[1:]) == first


def test_a_binary_whose_library_is_gone_is_built_again(raw: Raw, builder: Builder) -> None:
    [first] = builder.build([raw()])
    first.library.unlink()
    [second] = builder.build([raw()])
    assert np.array_equal(run(second), 2 * np.arange(5.0))


def test_nothing_is_left_of_a_build_but_its_result(raw: Raw, builder: Builder) -> None:
    builder.build([raw(), raw("nonsense;")])
    assert {path.name for path in builder.root.iterdir()} == {"entries", "units"}


def test_stale_staging_folders_are_removed(target: Target, tmp_path: Path) -> None:
    stale, fresh = tmp_path / ".staging-old", tmp_path / ".staging-new"
    stale.mkdir()
    fresh.mkdir()
    os.utime(stale, (0, 0))
    Builder(target, tmp_path).close()
    assert not stale.exists()
    assert fresh.exists()


def test_a_structure_argument_is_refused_with_a_reason(builder: Builder) -> None:
    sdfg = dace.SDFG("structure")
    kind = dace.data.Structure({"x": dace.data.Array(dace.float64, [4])}, name="Pair")
    sdfg.add_datadesc("S", kind)
    sdfg.add_view("x", [4], dace.float64)
    sdfg.add_array("B", [4], dace.float64)
    state = sdfg.add_state()
    view = state.add_access("x")
    state.add_edge(state.add_read("S"), None, view, "views", dace.Memlet.from_array("S.x", kind.members["x"]))
    state.add_nedge(view, state.add_write("B"), dace.Memlet("x[0:4]"))
    [outcome] = builder.build([sdfg])
    assert isinstance(outcome, Failure)
    assert outcome.kind == "codegen"
    assert "'S'" in outcome.message


def test_a_scalar_result_is_returned_through_memory(builder: Builder) -> None:
    sdfg = dace.SDFG("scalar_result")
    sdfg.add_array("A", [4], dace.float64)
    sdfg.add_scalar("total", dace.float64)
    state = sdfg.add_state()
    tasklet = state.add_tasklet("sum", {"a"}, {"t"}, "t = a[0] + a[3]")
    state.add_edge(state.add_read("A"), None, tasklet, "a", dace.Memlet("A[0:4]"))
    state.add_edge(tasklet, "t", state.add_write("total"), None, dace.Memlet("total[0]"))
    [binary] = builder.build([sdfg])
    a, total = np.arange(4.0), np.zeros(1)
    Program(binary, {"A": a.ctypes.data, "total": total.ctypes.data}, {}).run()
    assert total[0] == 3.0


class TestKey:
    def test_ignores_names_and_identities(self, raw: Raw, target: Target) -> None:
        assert build_key(raw(name="one").to_json(), target) == build_key(raw(name="two").to_json(), target)

    def test_sees_code_types_and_target(self, raw: Raw, target: Target) -> None:
        other = Target("cpu", "any", (), 2, (), "any", "-O1")
        keys = [
            build_key(raw().to_json(), target),
            build_key(raw("b[0] = 1;").to_json(), target),
            build_key(raw(dtype=dace.float32).to_json(), target),
            build_key(raw().to_json(), other),
        ]
        assert len(set(keys)) == 4

    @pytest.mark.parametrize("name", ["guid", "name", "hash", "debuginfo"])
    def test_sees_arrays_whatever_they_are_called(self, target: Target, name: str) -> None:
        keys = set()
        for dtype in (dace.float32, dace.float64):
            sdfg = dace.SDFG("named")
            sdfg.add_array(name, [4], dtype)
            keys.add(build_key(sdfg.to_json(), target))
        assert len(keys) == 2


def test_flags_of_the_target_reach_the_compiler(raw: Raw, tmp_path: Path) -> None:
    flagged = Target("cpu", "any", (), 2, (), "any", "-DFACTOR=7")
    with Builder(flagged, tmp_path, workers=1) as builder:
        [binary] = builder.build([raw("for (int i = 0; i < N; i++) b[i] = FACTOR * a[i];")])
    assert np.array_equal(run(binary), 7 * np.arange(5.0))
