"""Conflicting writes accumulate privately first, from the right start."""

from __future__ import annotations

from pathlib import Path

import dace
import numpy as np
import pytest

from dace_transfer.errors import NotApplicableError
from dace_transfer.toolchain import activate
from dace_transfer.transformations.resolve import resolve
from dace_transfer.transformations.roles import parse_role
from dace_transfer.transformations.steps.accumulate import Accumulate

N, M = dace.symbol("N"), dace.symbol("M")
MAXIMUM = "lambda a, b: max(a, b)"
ADD = "lambda a, b: a + b"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    activate()
    monkeypatch.chdir(tmp_path)


def build(wcr: str | None, nested: bool, index: str = "i, j") -> dace.SDFG:
    """Fold `A[i, k, j]` over k into `C[i, j]`; nested: map i, then map k, j."""
    sdfg = dace.SDFG("fold")
    sdfg.add_array("A", [N, M, 3], dace.float64)
    sdfg.add_array("C", [N, 3], dace.float64)
    state = sdfg.add_state()
    read, write = state.add_read("A"), state.add_write("C")
    ranges = [{"i": "0:N"}, {"k": "0:M", "j": "0:3"}] if nested else [{"i": "0:N", "k": "0:M", "j": "0:3"}]
    maps = [state.add_map("fold", part) for part in ranges]
    copied = state.add_tasklet("copy", {"a": None}, {"c": None}, "c = a")
    entries, exits = [entry for entry, _ in maps], [exit_ for _, exit_ in reversed(maps)]
    state.add_memlet_path(read, *entries, copied, dst_conn="a", memlet=dace.Memlet("A[i, k, j]"))
    state.add_memlet_path(copied, *exits, write, src_conn="c", memlet=dace.Memlet(f"C[{index}]", wcr=wcr))
    return sdfg


@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize("wcr", [MAXIMUM, ADD])
def test_accumulates_privately(nested: bool, wcr: str) -> None:
    sdfg = build(wcr, nested)
    done = Accumulate().apply(sdfg, resolve(parse_role("inner_maps"), sdfg, {}))
    assert done.count == 1
    (handle,) = done.yields
    written = {e.data.data for e in handle.state.out_edges(handle.state.exit_node(handle.node))}
    assert all(sdfg.arrays[name].storage is dace.StorageType.Register for name in written)
    sdfg.simplify()
    assert "atomic" not in sdfg.generate_code()[0].clean_code
    table = np.random.default_rng(0).random((7, 5, 3)) - 4  # A start at 0 would win over negative maxima.
    result = np.full((7, 3), -9.0)
    want = np.maximum(result, table.max(axis=1)) if wcr == MAXIMUM else result + table.sum(axis=1)
    sdfg(A=table, C=result, N=7, M=5)
    np.testing.assert_allclose(result, want)


@pytest.mark.parametrize(
    ("wcr", "nested", "index", "reason"),
    [
        (None, True, "i, j", "without conflict"),
        ("lambda a, b: a * b + 1", True, "i, j", "neutral element"),
        (ADD, False, "0, 0", "names none"),
        (ADD, True, "k, j", "size is unknown"),
    ],
)
def test_refuses_untouched(wcr: str | None, nested: bool, index: str, reason: str) -> None:
    sdfg = build(wcr, nested, index)
    before = sdfg.hash_sdfg()
    with pytest.raises(NotApplicableError, match=reason):
        Accumulate().apply(sdfg, resolve(parse_role("inner_maps"), sdfg, {}))
    assert sdfg.hash_sdfg() == before
