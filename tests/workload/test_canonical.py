"""Digests depend on what is computed and at which sizes, on nothing else."""

from __future__ import annotations

import os
import subprocess
import sys

import dace
import numpy as np
import pytest

from dace_transfer.errors import WorkloadError
from dace_transfer.workload import workload_of

N, M, ROWS, COLS = (dace.symbol(name) for name in ("N", "M", "ROWS", "COLS"))


@dace.program
def scale(a: dace.float64[N, M], b: dace.float64[N, M]):
    for i, j in dace.map[0:N, 0:M]:
        b[i, j] = a[i, j] * a[j % N, i % M] + 1


@dace.program
def renamed(source: dace.float64[ROWS, COLS], sink: dace.float64[ROWS, COLS]):
    # Another file position, other names: the same computation.

    for row, column in dace.map[0:ROWS, 0:COLS]:
        sink[row, column] = source[row, column] * source[column % ROWS, row % COLS] + 1


@dace.program
def swapped(a: dace.float64[N, M], b: dace.float64[N, M]):
    for i, j in dace.map[0:N, 0:M]:
        b[i, j] = 1 + a[j % N, i % M] * a[i, j]


@dace.program
def other(a: dace.float64[N, M], b: dace.float64[N, M]):
    for i, j in dace.map[0:N, 0:M]:
        b[i, j] = 1 + a[j % N, i % M] * a[j % N, i % M]


@dace.program
def two_steps(a: dace.float64[N, M], b: dace.float64[N, M]):
    for k in range(1, M):
        b[:, k] = b[:, k - 1] / a[:, k]
    b[:] = b + np.sum(a)


@dace.program
def two_steps_renamed(p: dace.float64[COLS, N], q: dace.float64[COLS, N]):
    for step in range(1, N):
        q[:, step] = q[:, step - 1] / p[:, step]
    q[:] = q + np.sum(p)


def digest(program: dace.SDFG, **sizes: int) -> str:
    sdfg = program.to_sdfg(simplify=True) if not isinstance(program, dace.SDFG) else program
    return workload_of(sdfg, sizes).digest


def test_names_and_lines_do_not_matter() -> None:
    assert digest(scale, N=20, M=30) == digest(renamed, ROWS=20, COLS=30)
    assert digest(two_steps, N=9, M=8) == digest(two_steps_renamed, COLS=9, N=8)


def test_sizes_matter() -> None:
    assert digest(scale, N=20, M=30) != digest(scale, N=30, M=20)
    assert digest(two_steps, N=9, M=8) != digest(two_steps, N=9, M=9)


@dace.program
def repeated(a: dace.float64[N], times: dace.int64, shift: dace.int64):
    for _ in range(times):
        a[:] = a * 2 + shift


def test_integer_arguments_that_say_how_often_loops_run_are_sizes() -> None:
    sdfg = repeated.to_sdfg(simplify=True)
    given = {"N": 20, "times": 5, "shift": 3}
    assert workload_of(sdfg, given).sizes == {"N": 20, "times": 5}
    assert digest(sdfg, **given) == digest(sdfg, **{**given, "shift": 4}) != digest(sdfg, **{**given, "times": 6})
    assert workload_of(sdfg, {"N": 20}).sizes == {"N": 20}


def test_the_computation_matters() -> None:
    assert digest(scale, N=20, M=30) != digest(other, N=20, M=30)


def test_the_order_of_operands_does_not_matter() -> None:
    assert digest(scale, N=20, M=30) == digest(swapped, N=20, M=30)


@pytest.mark.parametrize(
    ("code", "another"),
    [
        ("o = a + b + c", "o = c + (a + b)"),
        ("o = a - b", "o = -b + a"),
        ("o = a - (b - c)", "o = c + a - b"),
        ("o = a - b * c", "o = (-c) * b + a"),
        ("o = 2 * (a * b) * c", "o = b * (c * a) * 2"),
        ("o = (a + b) * (c - a)", "o = (-a + c) * (b + a)"),
        ("o = -(-a * -b)", "o = -(b * a)"),
        ("o = max(a, max(b, c))", "o = max(max(c, a), b)"),
        ("o = b if a > c and b >= c else c", "o = b if c <= b and c < a else c"),
        ("o = a if (a == b or (b < c or a != c)) else b", "o = a if (c != a or b < c) or b == a else b"),
    ],
)
def test_code_that_only_reorders_is_one(code: str, another: str) -> None:
    assert digest(tasklet(code), N=5) == digest(tasklet(another), N=5)


@pytest.mark.parametrize(
    ("code", "another"),
    [
        ("o = a - b", "o = b - a"),
        ("o = a - b - c", "o = a - (b - c)"),
        ("o = a / b", "o = b / a"),
        ("o = a / b * c", "o = a / (b * c)"),
        ("o = -a * b", "o = a * b"),
        ("o = a + b * c", "o = (a + b) * c"),
        ("o = a * b + a * c", "o = a * a + b * c"),
        ("o = a ** b", "o = b ** a"),
        ("o = a if b < c else c", "o = a if c < b else c"),
        ("o = a if b < c else c", "o = a if b <= c else c"),
        ("o = min(a, max(b, c))", "o = max(a, min(b, c))"),
        ("o = a if a < b and b < c or b < a else c", "o = a if a < b and (b < c or b < a) else c"),
        ("o = a * 2", "o = a * 2.0"),
    ],
)
def test_code_that_computes_something_else_is_another(code: str, another: str) -> None:
    assert digest(tasklet(code), N=5) != digest(tasklet(another), N=5)


def tasklet(code: str) -> dace.SDFG:
    """`o[i] = code` of elements of `a`, `b` and `c`, which are of three types so that none can be taken for another."""
    sdfg = dace.SDFG("tasklet")
    for name, dtype in [("a", dace.float64), ("b", dace.float32), ("c", dace.int64), ("o", dace.float64)]:
        sdfg.add_array(name, [N], dtype)
    reads = {name: dace.Memlet(f"{name}[i]") for name in "abc" if name in code.replace("max", "").replace("and", "")}
    writes = {"o": dace.Memlet("o[i]")}
    sdfg.add_state().add_mapped_tasklet("t", {"i": "0:N"}, reads, code, writes, external_edges=True)
    return sdfg


def test_what_changes_no_code_does_not_matter() -> None:
    before, after = scale.to_sdfg(simplify=True), scale.to_sdfg(simplify=True)
    for descriptor in after.arrays.values():
        descriptor.allow_conflicts = True
        if not descriptor.transient:
            descriptor.optional = None
            descriptor.lifetime = dace.AllocationLifetime.SDFG
    assert digest(before, N=20, M=30) == digest(after, N=20, M=30)


def test_names_in_conflict_resolutions_do_not_matter() -> None:
    def build(wcr: str) -> dace.SDFG:
        sdfg = tasklet("o = a + b")
        state = next(iter(sdfg.states()))
        for edge in state.edges():
            edge.data.wcr = wcr if edge.data.data == "o" else None
        return sdfg

    assert digest(build("lambda x, y: x + y"), N=5) == digest(build("lambda old, new: new + old"), N=5)
    assert digest(build("lambda x, y: x + y"), N=5) != digest(build("lambda x, y: y"), N=5)
    assert digest(build("lambda x, y: x"), N=5) != digest(build("lambda x, y: y"), N=5)


@pytest.mark.parametrize(
    "change", ["schedule", "range", "dtype", "code", "wcr", "setzero", "restrict", "storage", "global", "tasklet"]
)
def test_every_part_matters(change: str) -> None:
    before = scale.to_sdfg(simplify=True)
    after = scale.to_sdfg(simplify=True)
    entry, state = next((n, s) for n, s in after.all_nodes_recursive() if isinstance(n, dace.nodes.MapEntry))
    tasklet = next(n for n, _ in after.all_nodes_recursive() if isinstance(n, dace.nodes.Tasklet))
    if change == "schedule":
        entry.map.schedule = dace.ScheduleType.Sequential
    elif change == "range":
        entry.map.range = dace.subsets.Range([(0, N - 2, 1), (0, M - 1, 1)])
    elif change == "dtype":
        after.arrays["a"].dtype = dace.float32
    elif change == "code":
        tasklet.code.as_string = tasklet.code.as_string.replace("*", "-").replace("+", "-")
    elif change == "setzero":
        state.source_nodes()[0].setzero = True
    elif change == "restrict":
        after.arrays["a"].may_alias = True
    elif change == "storage":
        after.arrays["a"].storage = dace.StorageType.GPU_Global
    elif change == "global":
        after.set_global_code("#include <cmath>")
    elif change == "tasklet":
        tasklet.code_global = dace.properties.CodeBlock("#define X", dace.Language.CPP)
    else:
        state.in_edges(state.exit_node(entry))[0].data.wcr = "lambda x, y: x + y"
    assert digest(before, N=20, M=30) != digest(after, N=20, M=30)


def test_node_order_does_not_matter() -> None:
    def build(reverse: bool) -> dace.SDFG:
        sdfg = dace.SDFG("order")
        for name in "abcd":
            sdfg.add_array(name, [N], dace.float64)
        state = sdfg.add_state()
        pairs = [("a", "b", "out = inp * 2"), ("c", "d", "out = inp * 3")]
        for source, sink, code in reversed(pairs) if reverse else pairs:
            state.add_mapped_tasklet(
                f"t{source}",
                {"i": "0:N"},
                {"inp": dace.Memlet(f"{source}[i]")},
                code,
                {"out": dace.Memlet(f"{sink}[i]")},
                external_edges=True,
            )
        return sdfg

    assert digest(build(False), N=5) == digest(build(True), N=5)


def test_digests_are_equal_in_every_process() -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1])\n"
    code += "import test_canonical as t; print(t.digest(t.two_steps, N=9, M=8))"
    folder = os.path.dirname(__file__)
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        run = subprocess.run([sys.executable, "-c", code, folder], env=environment, capture_output=True, text=True)
        assert run.stdout.split()[-1] == digest(two_steps, N=9, M=8), run.stderr


def test_a_missing_size_is_named() -> None:
    with pytest.raises(WorkloadError, match="'M'"):
        workload_of(scale.to_sdfg(simplify=True), {"N": 3})
