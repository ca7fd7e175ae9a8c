"""Compiled programs are judged with their maps in every order, so that maps that are none are found out."""

from pathlib import Path

import dace
import pytest

from benchmarks.random_programs import RandomProgram
from benchmarks.random_programs.preparing import generate_source
from benchmarks.random_programs.program import Array, Extent
from benchmarks.random_programs.running import judge
from benchmarks.random_programs.unit import Source, UnitCompiler, any_order

N = dace.symbol("N")

DOUBLED = "@dace.program\ndef short(a: dace.float64[N]):\n    for i in range(N):\n        a[i] = 2.0 * a[i]\n"
SUMMED = "@dace.program\ndef short(a: dace.float64[N]):\n    for i in range(1, N):\n        a[i] = a[i] + a[i - 1]\n"
BACK = "@dace.program\ndef short(a: dace.float64[N]):\n    for i in range(N - 1):\n        a[i] = a[i] + a[i + 1]\n"


@dace.program
def doubled(a: dace.float64[N]):
    for i in dace.map[0:N]:
        a[i] = 2.0 * a[i]


@dace.program
def summed_in_a_loop(a: dace.float64[N]):
    for i in range(1, N):
        a[i] = a[i] + a[i - 1]


@dace.program
def summed_in_a_map(a: dace.float64[N]):
    for i in dace.map[1:N]:
        a[i] = a[i] + a[i - 1]


@dace.program
def summed_to_the_end(a: dace.float64[N]):
    for i in dace.map[0 : N - 1]:
        a[i] = a[i] + a[i + 1]


@pytest.fixture(scope="module")
def compiler(tmp_path_factory: pytest.TempPathFactory) -> UnitCompiler:
    return UnitCompiler(tmp_path_factory.mktemp("units"))


def short(source: str) -> RandomProgram:
    return RandomProgram(
        0, "short", source, {"N": 7}, (Array("a", (Extent("N"),), "float64"),), frozenset(), frozenset()
    )


def test_maps_are_counted_and_loops_stay() -> None:
    code = "for (k = 0; (k < N); k = (k + 1)) {\nfor (int i = 1; i < N - 1; i += 2) {\n"
    assert any_order(code) == (
        "for (k = 0; (k < N); k = (k + 1)) {\n"
        "for (long long i__turn = 0, i__count = map_count(1, N - 1, 2); i__turn < i__count; ++i__turn) "
        "{ int i = map_place(1, i__count, 2, i__turn);\n"
    )


def test_maps_with_dependences_are_found_out(compiler: UnitCompiler) -> None:
    programs = {
        doubled: (DOUBLED, ""),
        summed_in_a_loop: (SUMMED, ""),
        summed_in_a_map: (SUMMED, "With maps backwards, 'a' is off"),
        summed_to_the_end: (BACK, "With maps backwards, 'a' is off"),
    }
    sources = {number: generate_source(made.to_sdfg(simplify=True)) for number, made in enumerate(programs)}
    built = compiler.build(sources)
    for number, (text, found) in enumerate(programs.values()):
        wrong = judge(short(text), built[number])
        assert wrong.startswith(found) if found else wrong == ""


def test_another_computation_is_wrong(compiler: UnitCompiler) -> None:
    built = compiler.build({0: generate_source(doubled.to_sdfg(simplify=True))})
    assert judge(short(SUMMED), built[0]).startswith("With maps forwards, 'a' is off by")


def test_what_does_not_compile_stands_alone(compiler: UnitCompiler, tmp_path: Path) -> None:
    good = generate_source(summed_in_a_loop.to_sdfg(simplify=True))
    renamed = {n: Source(good.code.replace("summed_in_a_loop", f"name{n}"), good.abi) for n in range(3)}
    renamed[1] = Source("int broken = ;", {})
    built = compiler.build(renamed)
    assert "error" in built[1]
    assert {built[n].library.is_file() for n in (0, 2)} == {True}
