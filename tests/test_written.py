"""What SDFGs compute survives being written and read."""

import ast
import json
import math
from pathlib import Path

import dace
import numpy as np
import pytest
from dace.sdfg.state import ConditionalBlock, LoopRegion

from dace_transfer.building.binary import Binary
from dace_transfer.building.builder import Builder
from dace_transfer.measure.arena import furnish
from dace_transfer.measure.inputs import save_arguments
from dace_transfer.written import dumps, from_json, load, save, to_json, with_float_powers

N = dace.symbol("N")


@dace.program
def root(A: dace.float64[N], x: dace.float64):
    s = math.sqrt(x)
    if s > 2:
        A[:] = A * s


@dace.program
def compared(A: dace.float64[N], x: dace.float64):
    if math.sqrt(x) > 1.5 * x ** (1 / 3):
        A[:] = 3 * A
    else:
        A[:] = 2 * A


@dace.program
def inverse(A: dace.float64[N], x: dace.float64):
    t = 1 / math.sqrt(x)
    while t < 3:
        t = t + 1 / (1 + x)
        A[0] += t


@dace.program
def nested(A: dace.float64[N], x: dace.float64):
    for i in dace.map[0:8]:
        s = math.sqrt(x + i)
        while s > 2:
            s = math.floor(s) ** (2 / 3)
            A[i] += s


def assignments(sdfg: dace.SDFG) -> list[dict[str, str]]:
    return [edge.data.assignments for edge in sdfg.all_interstate_edges(recursive=True)]


def conditions(sdfg: dace.SDFG) -> list[str]:
    regions = list(sdfg.all_control_flow_regions(recursive=True))
    branches = [c for r in regions if isinstance(r, ConditionalBlock) for c, _ in r.branches if c is not None]
    loops = [r.loop_condition for r in regions if isinstance(r, LoopRegion)]
    edges = [edge.data.condition for edge in sdfg.all_interstate_edges(recursive=True)]
    return [condition.as_string for condition in (*branches, *loops, *edges)]


def assigning(*values: str) -> dace.SDFG:
    """A chain of states, on the edges of which `s` becomes one value after the other."""
    sdfg = dace.SDFG("assigning")
    sdfg.add_scalar("x", dace.float64)
    sdfg.add_symbol("s", dace.float64)
    for value in values:
        sdfg.add_state_after(sdfg.sink_nodes()[-1] if sdfg.nodes() else sdfg.add_state(), assignments={"s": value})
    return sdfg


@pytest.mark.parametrize("program", [root, compared, inverse, nested])
def test_binaries_compute_what_python_does(program, target, tmp_path: Path) -> None:
    before, x = np.arange(1.0, 9.0), 30.5
    expected = before.copy()
    program.f(expected, x)
    with Builder(target, tmp_path, workers=1) as builder:
        [binary] = builder.build([program.to_sdfg(simplify=True)])
    assert isinstance(binary, Binary), binary
    arena = furnish(binary.arguments, save_arguments({"A": before, "x": x, "N": 8}, tmp_path))
    arena.load(binary).run()
    assert np.allclose(arena.buffers["A"].data, expected, rtol=1e-12)


def test_assignments_and_conditions_stay_as_they_are(tmp_path: Path) -> None:
    sdfg = assigning("sqrt(x)", "floor(x)", "cbrt(x) + x / 2", "1.0 / x", "x ** 0.25")
    for original in (sdfg, *(program.to_sdfg(simplify=True) for program in (root, compared, inverse, nested))):
        save(original, tmp_path / "program.sdfgz")
        for again in (from_json(json.loads(dumps(to_json(original)))), load(tmp_path / "program.sdfgz")):
            assert assignments(again) == assignments(original)
            assert conditions(again) == conditions(original)
            assert to_json(again).keys() == to_json(original).keys()


def test_what_dace_wrote_has_powers_of_numbers(tmp_path: Path) -> None:
    sdfg = assigning("sqrt(x)", "1 / sqrt(x)")
    sdfg.edges()[0].data.condition = dace.properties.CodeBlock("x ** (1 / 2) > 2")
    sdfg.save(str(tmp_path / "program.sdfg"))
    again = load(tmp_path / "program.sdfg")
    assert assignments(again) == [{"s": "x ** 0.5"}, {"s": "x ** -0.5"}]
    assert conditions(again) == ["((x ** 0.5) > 2)", "1"]


def test_dace_reads_what_is_written() -> None:
    again = dace.SDFG.from_json(json.loads(dumps(to_json(root.to_sdfg(simplify=True)))))
    again.validate()
    assert [name for assigned in assignments(again) for name in assigned] == ["s"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x ** (1 / 2)", "x ** 0.5"),
        ("2 * x ** (-1 / 4) + y", "2 * x ** -0.25 + y"),
        ("sqrt(x ** -(3 / 2))", "sqrt(x ** -1.5)"),
        ("(x ** (1 / 2)) ** (1 / 4)", "(x ** 0.5) ** 0.25"),
        ("x ** (n / 2) * x ** 2", "x ** (n / 2) * x ** 2"),
        ("x ** (1 / 0) + 1 / 2", "x ** (1 / 0) + 1 / 2"),
    ],
)
def test_ratios_in_exponents_become_numbers(code: str, expected: str) -> None:
    assert ast.dump(ast.parse(with_float_powers(code))) == ast.dump(ast.parse(expected))


def test_bounds_of_maps_may_subtract_several_variables() -> None:
    sdfg = dace.SDFG("corner")
    sdfg.add_array("A", [N, N, N], dace.float64)
    state = sdfg.add_state()
    ranges = {"i": "0:N", "j": "0:N - i", "k": "0:N - i - j"}
    state.add_mapped_tasklet("one", ranges, {}, "a = 1.0", {"a": dace.Memlet("A[i, j, k]")}, external_edges=True)
    again = from_json(to_json(sdfg))
    again.validate()
    assert "N - i - j" in str(next(n for n in next(again.states()).nodes() if isinstance(n, dace.nodes.MapEntry)).map)
