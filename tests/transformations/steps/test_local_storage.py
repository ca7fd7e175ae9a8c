"""Buffers follow one array of an inner map, wherever that is safe."""

from __future__ import annotations

from pathlib import Path

import dace
import numpy as np
import pytest

from dace_transfer.errors import NotApplicableError
from dace_transfer.toolchain import activate
from dace_transfer.transformations.resolve import resolve
from dace_transfer.transformations.roles import parse_role
from dace_transfer.transformations.steps.local_storage import LocalStorage

N = dace.symbol("N")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    activate()
    monkeypatch.chdir(tmp_path)


def build(written: str = "i, j", wcr: str | None = None, target: str = "C") -> dace.SDFG:
    """C[i, j] = A[j, i] + B[j] by a map over i and one over j."""
    sdfg = dace.SDFG("transposed")
    sdfg.add_array("A", [11, N], dace.float64)
    sdfg.add_array("B", [11], dace.float64)
    sdfg.add_array("C", [N, 11], dace.float64)
    state = sdfg.add_state()
    outer, outer_exit = state.add_map("outer", {"i": "0:N"})
    inner, inner_exit = state.add_map("inner", {"j": "0:11"})
    tasklet = state.add_tasklet("add", {"a": None, "b": None}, {"c": None}, "c = a + b")
    for name, index in (("A", "j, i"), ("B", "j")):
        memlet = dace.Memlet(f"{name}[{index}]")
        state.add_memlet_path(state.add_read(name), outer, inner, tasklet, dst_conn=name.lower(), memlet=memlet)
    state.add_memlet_path(
        tasklet,
        inner_exit,
        outer_exit,
        state.add_write(target),
        src_conn="c",
        memlet=dace.Memlet(f"{target}[{written}]", wcr=wcr),
    )
    return sdfg


@pytest.mark.parametrize(
    ("direction", "position", "shape"), [("in", 0, (11, 1)), ("in", 1, (11,)), ("out", 0, (1, 11))]
)
def test_buffers_one_array(direction: str, position: int, shape: tuple[int, ...]) -> None:
    sdfg = build()
    step = LocalStorage(direction=direction, position=position)  # type: ignore[arg-type]
    done = step.apply(sdfg, resolve(parse_role(step.target), sdfg, {}))
    sdfg.validate()
    (handle,) = done.yields
    assert tuple(handle.node.desc(sdfg).shape) == shape
    assert handle.node.desc(sdfg).transient
    rng = np.random.default_rng(0)
    a, b, c = rng.random((11, 7)), rng.random(11), np.zeros((7, 11))
    sdfg(A=a, B=b, C=c, N=7)
    np.testing.assert_array_equal(c, a.T + b)


@pytest.mark.parametrize(
    ("step", "sdfg", "reason"),
    [
        (LocalStorage(position=2), build, "no array at position 2"),
        (LocalStorage(target="maps"), build, "no map inside another"),
        (LocalStorage(direction="out"), lambda: build(wcr="lambda x, y: x + y"), "accumulated"),
        (LocalStorage(direction="in"), lambda: build("j, i", target="A"), "both reads and writes"),
    ],
)
def test_refuses_untouched(step: LocalStorage, sdfg: object, reason: str) -> None:
    subject = sdfg()  # type: ignore[operator]
    before = subject.hash_sdfg()
    with pytest.raises(NotApplicableError, match=reason):
        step.apply(subject, resolve(parse_role(step.target), subject, {}))
    assert subject.hash_sdfg() == before


def test_refuses_to_buffer_what_is_partly_written() -> None:
    sdfg = build()
    inner = resolve(parse_role("inner_maps"), sdfg, {})[0]
    for edge in inner.state.in_edges(inner.state.exit_node(inner.node)):
        edge.data.dynamic = True
    with pytest.raises(NotApplicableError, match="may not write all"):
        LocalStorage(direction="out").apply(sdfg, [inner])
