"""Transients move to the stack or live on, where that is safe."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

from pathlib import Path

import dace
import numpy as np
import pytest

from dace_transfer.errors import NotApplicableError
from dace_transfer.toolchain import activate
from dace_transfer.transformations.resolve import resolve
from dace_transfer.transformations.roles import parse_role
from dace_transfer.transformations.steps.storage import Storage

N = dace.symbol("N")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    activate()
    monkeypatch.chdir(tmp_path)


def build(size: str, inside: bool = False) -> dace.SDFG:
    """B = 2 A through a transient `t`, outside or inside a map over i."""
    sdfg = dace.SDFG("twice")
    shape = [7, size] if inside else [size]
    sdfg.add_array("A", shape, dace.float64)
    sdfg.add_array("B", shape, dace.float64)
    sdfg.add_transient("t", [size], dace.float64)
    state = sdfg.add_state()
    middle = state.add_access("t")
    row = "i, " if inside else ""
    scope = state.add_map("rows", {"i": "0:7"}) if inside else None
    first, first_exit = state.add_map("first", {"k": f"0:{size}"}, schedule=dace.ScheduleType.Sequential)
    second, second_exit = state.add_map("second", {"l": f"0:{size}"}, schedule=dace.ScheduleType.Sequential)
    double = state.add_tasklet("double", {"a": None}, {"b": None}, "b = a + a")
    copied = state.add_tasklet("copy", {"a": None}, {"b": None}, "b = a")
    around = [scope[0]] if scope else []
    behind = [scope[1]] if scope else []
    state.add_memlet_path(state.add_read("A"), *around, first, double, dst_conn="a", memlet=dace.Memlet(f"A[{row}k]"))
    state.add_memlet_path(double, first_exit, middle, src_conn="b", memlet=dace.Memlet("t[k]"))
    state.add_memlet_path(middle, second, copied, dst_conn="a", memlet=dace.Memlet("t[l]"))
    state.add_memlet_path(
        copied, second_exit, *behind, state.add_write("B"), src_conn="b", memlet=dace.Memlet(f"B[{row}l]")
    )
    return sdfg


def apply(sdfg: dace.SDFG, step: Storage) -> str:
    step.apply(sdfg, resolve(parse_role(step.target), sdfg, {}))
    return str(sdfg.generate_code()[0].clean_code)


def test_register_is_the_stack() -> None:
    sdfg = build("13", inside=True)
    assert "double t[13]" in apply(sdfg, Storage())
    table = np.random.default_rng(0).random((7, 13))
    result = np.zeros_like(table)
    sdfg(A=table, B=result)
    np.testing.assert_array_equal(result, table * 2)


def test_persistent_is_allocated_once() -> None:
    sdfg = build("N")
    code = apply(sdfg, Storage(storage="default", lifetime="persistent"))
    body = code.split("__program_twice_internal")[1].split("DACE_EXPORTED")[0]
    assert "new" not in body
    table = np.random.default_rng(0).random(13)
    result = np.zeros_like(table)
    sdfg(A=table, B=result, N=13)
    np.testing.assert_array_equal(result, table * 2)


@pytest.mark.parametrize(
    ("step", "size", "inside", "reason"),
    [
        (Storage(), "N", False, "constant sizes"),
        (Storage(), "100000", False, "the stack takes"),
        (Storage(lifetime="persistent"), "13", False, "lives as long as its scope"),
        (Storage(storage="heap", lifetime="persistent"), "13", True, "must not share"),
        (Storage(target="maps"), "13", False, "for containers"),
    ],
)
def test_refuses_untouched(step: Storage, size: str, inside: bool, reason: str) -> None:
    sdfg = build(size, inside)
    before = sdfg.hash_sdfg()
    with pytest.raises(NotApplicableError, match=reason):
        step.apply(sdfg, resolve(parse_role(step.target), sdfg, {}))
    assert sdfg.hash_sdfg() == before
