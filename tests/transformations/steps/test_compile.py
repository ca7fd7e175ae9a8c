"""Options of the compiler are part of a program, wherever it goes."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import dace
import numpy as np
import pytest
from dace.sdfg.state import LoopRegion

from dace_transfer import written
from dace_transfer.errors import NotApplicableError
from dace_transfer.toolchain import activate
from dace_transfer.transformations import environments
from dace_transfer.transformations.environments import LimitedComplex, Option, Reassociate, options_of
from dace_transfer.transformations.finalize import finalize
from dace_transfer.transformations.steps.compile import Compile
from dace_transfer.workload import digest

N = dace.symbol("N")
ALL = Compile(reassociate=True, limited_complex=True, unroll=True, innermost=True, alias_checks=True, vectors="256")


@dace.program
def rotate(z: dace.complex128[N], w: dace.complex128[N], inside: dace.bool[N], total: dace.float64[1]):
    w[:] = z * z + z
    inside[:] = np.abs(w) < 2
    total[0] = np.sum(np.abs(z))


@dace.program
def steps(x: dace.float64[N]):
    for _ in range(3):
        x[1:] = x[1:] + x[:-1]


@dace.program
def product(a: dace.float64[N, N], b: dace.float64[N, N], c: dace.float64[N, N]):
    c[:] = a @ b


@dace.program
def integers(x: dace.int64[N]):
    x[:] = x + 1


def loop() -> dace.SDFG:
    """A program that starts with a loop instead of a state."""
    sdfg: dace.SDFG = steps.to_sdfg(simplify=True)
    assert isinstance(sdfg.start_block, LoopRegion)
    return sdfg


def library() -> dace.SDFG:
    """A program with nothing but a library node."""
    sdfg: dace.SDFG = product.to_sdfg(simplify=True)
    assert not any(isinstance(node, dace.nodes.Tasklet) for node, _ in sdfg.all_nodes_recursive())
    return sdfg


def nested() -> dace.SDFG:
    """A program whose only node is a program with options."""
    inner, outer = integers.to_sdfg(simplify=True), dace.SDFG("outer")
    Compile(unroll=True).apply(inner, ())
    outer.add_array("x", [N], dace.int64)
    state = outer.add_state()
    node = state.add_nested_sdfg(inner, {"x"}, {"x"}, {"N": N})
    state.add_edge(state.add_read("x"), None, node, "x", dace.Memlet("x[0:N]"))
    state.add_edge(node, "x", state.add_write("x"), None, dace.Memlet("x[0:N]"))
    return outer


def names(sdfg: dace.SDFG) -> set[str]:
    return {name.rsplit(".", 1)[1] for name in options_of(sdfg)}


def compiled_with(sdfg: dace.SDFG) -> set[str]:
    """The options DaCe finds when it generates code for what a file holds."""
    found = finalize(written.from_json(written.to_json(sdfg))).generate_code()[0].environments
    return {name.rsplit(".", 1)[1] for name in found if name.startswith(environments.__name__)}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    activate()
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes the compiler one that takes no flags but a given one."""

    def only(flag: str) -> None:
        monkeypatch.setattr(environments, "_accepts", lambda compiler, flags: flag in flags)

    return only


@pytest.mark.parametrize("make", [loop, library])
def test_options_reach_the_compiler_whatever_the_program_holds(make: Callable[[], dace.SDFG]) -> None:
    sdfg = make()
    Compile(reassociate=True, unroll=True).apply(sdfg, ())
    sdfg.validate()
    assert names(sdfg) == compiled_with(sdfg) == {"Reassociate", "UnrollLoops"}
    sdfg.simplify()
    assert names(sdfg) == {"Reassociate", "UnrollLoops"}


def test_options_of_pieces_are_those_of_the_whole() -> None:
    assert names(nested()) == compiled_with(nested()) == {"UnrollLoops"}


def test_programs_with_different_options_are_different_programs() -> None:
    choices = (Compile(reassociate=True), Compile(unroll=True), Compile(vectors="256"), Compile(vectors="512"))
    digests = {digest(loop(), {"N": 8})}
    for step in choices:
        sdfg = loop()
        step.apply(sdfg, ())
        digests.add(digest(sdfg, {"N": 8}))
    assert len(digests) == 1 + len(choices)


def test_steps_add_up_and_say_nothing_twice() -> None:
    apart, together = loop(), loop()
    Compile(reassociate=True).apply(apart, ())
    Compile(reassociate=True, unroll=True).apply(apart, ())
    Compile(reassociate=True, unroll=True).apply(together, ())
    assert digest(apart, {"N": 8}) == digest(together, {"N": 8})
    with pytest.raises(NotApplicableError):
        Compile(unroll=True).apply(apart, ())


@pytest.mark.parametrize(
    ("make", "step"),
    [
        (loop, Compile()),
        (loop, Compile(limited_complex=True)),
        (lambda: integers.to_sdfg(), Compile(limited_complex=True, reassociate=True)),
    ],
)
def test_options_that_change_nothing_are_refused_untouched(make: Callable[[], dace.SDFG], step: Compile) -> None:
    sdfg = make()
    before = sdfg.to_json(hash=False)
    with pytest.raises(NotApplicableError, match="No option"):
        step.apply(sdfg, ())
    assert sdfg.to_json(hash=False) == before


def test_flags_the_compiler_does_not_know_are_left_out(known: Callable[[str], None]) -> None:
    known("-funroll-loops")
    sdfg = loop()
    assert Compile(reassociate=True, unroll=True).apply(sdfg, ()).count == 1
    assert names(sdfg) == {"UnrollLoops"}
    with pytest.raises(NotApplicableError, match="knows"):
        Compile(reassociate=True).apply(loop(), ())
    assert Reassociate.cmake_compile_flags() == []


@pytest.mark.parametrize("unknown", ["-fno-such-flag", "--param=no-such-parameter=1"])
def test_compilers_are_asked(unknown: str) -> None:
    class Unknown(Option):
        flags = ("-funroll-loops", unknown)

    assert not Unknown.is_known()


def test_dace_compiles_with_them_and_the_process_keeps_its_denormal_numbers() -> None:
    sdfg = rotate.to_sdfg(simplify=True)
    assert ALL.apply(sdfg, ()).count == 6
    compiled = sdfg.compile()
    rng = np.random.default_rng(0)
    z = rng.standard_normal(1003) + 1j * rng.standard_normal(1003)
    w, inside, total = np.zeros_like(z), np.zeros(1003, dtype=bool), np.zeros(1)
    compiled(z=z, w=w, inside=inside, total=total, N=1003)
    np.testing.assert_allclose(w, z * z + z, rtol=1e-12)
    np.testing.assert_array_equal(inside, np.abs(z * z + z) < 2)
    np.testing.assert_allclose(total[0], np.abs(z).sum(), rtol=1e-12)
    assert np.float64(5e-324) * np.float64(1.0) > 0
    library = next(Path().glob(".dacecache/*/build/lib[!d]*.so"))
    symbols = subprocess.run(["nm", "-D", library], capture_output=True, text=True, check=True).stdout
    called = {line.split()[-1].split("@")[0] for line in symbols.splitlines()}
    if LimitedComplex.is_known():
        assert not called & {"__muldc3", "cabs", "hypot"}


def test_no_flag_makes_the_linker_change_the_process() -> None:
    flags = {flag for option in Option.__subclasses__() for flag in option.flags}
    assert not flags & {"-ffast-math", "-Ofast", "-funsafe-math-optimizations", "-ffinite-math-only"}


def test_a_compiler_with_arguments_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", f"{os.environ.get('CXX', 'c++')} -O1")
    assert environments.UnrollLoops.is_known()
