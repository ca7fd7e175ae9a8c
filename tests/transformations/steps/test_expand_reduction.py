"""Reductions become maps that accumulate privately, whatever their axes and sizes."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

from pathlib import Path

import dace
import numpy as np
import pytest
from dace.libraries.standard.nodes import Reduce
from dace.transformation.dataflow import MapFusionVertical

from dace_transfer.errors import NotApplicableError
from dace_transfer.toolchain import activate
from dace_transfer.transformations.resolve import resolve
from dace_transfer.transformations.roles import parse_role
from dace_transfer.transformations.steps.base import Handle
from dace_transfer.transformations.steps.expand_reduction import ExpandReduction

N, M = dace.symbol("N"), dace.symbol("M")


@dace.program
def several(
    table: dace.float32[N, M, 5],
    line: dace.int32[N],
    sums: dace.float32[N, 5],
    peaks: dace.float32[N, M],
    lows: dace.float32[M],
    kept: dace.float32[N, 1, 5],
    total: dace.float32[1],
    product: dace.int32[1],
):
    sums[:] = np.sum(table, axis=1)
    peaks[:] = np.max(table, axis=-1)
    lows[:] = np.min(table, axis=(0, 2))
    kept[:] = np.add.reduce(table, axis=1, keepdims=True)
    total[0] = np.sum(table)
    product[0] = np.multiply.reduce(line)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    activate()
    monkeypatch.chdir(tmp_path)


def targets(sdfg: dace.SDFG, role: str = "reductions") -> list[Handle]:
    return resolve(parse_role(role), sdfg, {})


def check_several(sdfg: dace.SDFG, n: int, m: int) -> None:
    rng = np.random.default_rng(n)
    table = rng.standard_normal((n, m, 5)).astype(np.float32) - np.float32(3)
    line = rng.integers(1, 3, n).astype(np.int32)
    outputs = {
        "sums": table.sum(axis=1),
        "peaks": table.max(axis=2),
        "lows": table.min(axis=(0, 2)),
        "kept": table.sum(axis=1, keepdims=True),
        "total": table.sum(keepdims=True).reshape(1),
        "product": line.prod(keepdims=True, dtype=np.int32),
    }
    got = {name: np.full_like(array, 77) for name, array in outputs.items()}
    sdfg(table=table, line=line, **got, N=n, M=m)
    for name, want in outputs.items():
        np.testing.assert_allclose(got[name], want, rtol=1e-4, err_msg=name)


@pytest.mark.parametrize(
    "step",
    [
        ExpandReduction(),
        ExpandReduction(lanes=4),
        ExpandReduction(columns=3),
        ExpandReduction(blocks=1),
        ExpandReduction(form="pure"),
        ExpandReduction(form="pure-seq"),
        ExpandReduction(form="OpenMP"),
    ],
    ids=lambda step: f"{step.form}-{step.lanes}-{step.columns}-{step.blocks}",
)
def test_computes_the_same(step: ExpandReduction) -> None:
    sdfg = several.to_sdfg()
    done = step.apply(sdfg, targets(sdfg))
    assert done.count == 6
    assert not targets(sdfg)
    sdfg.simplify()
    sdfg.validate()
    check_several(sdfg, 7, 13)


def test_private_form_writes_once_and_without_conflicts() -> None:
    sdfg = several.to_sdfg()
    done = ExpandReduction().apply(sdfg, targets(sdfg))
    names = {name for name, desc in sdfg.arrays.items() if desc.storage != dace.StorageType.Register}
    conflicts = [e for state in sdfg.states() for e in state.edges() if e.data.wcr is not None and e.data.data in names]
    assert conflicts == []
    assert "atomic" not in sdfg.generate_code()[0].clean_code
    assert all(isinstance(handle.node, dace.nodes.MapEntry) for handle in done.yields)
    assert all(handle.state.entry_node(handle.node) is None for handle in done.yields)


@pytest.mark.parametrize("count", [1, 5, 64, 100, 1000])
def test_blocks_and_lanes_of_a_line(count: int) -> None:
    """Fewer elements than blocks leave blocks without any, which must add nothing."""

    @dace.program
    def line_sum(line: dace.float64[N], total: dace.float64[1]):
        total[0] = np.sum(line)

    sdfg = line_sum.to_sdfg()
    ExpandReduction(lanes=4, blocks=16).apply(sdfg, targets(sdfg))
    line, total = np.arange(1.0, count + 1), np.zeros(1)
    sdfg(line=line, total=total, N=count)
    assert total[0] == line.sum()


def test_without_identity_adds_to_what_is_there() -> None:
    sdfg = dace.SDFG("adds")
    sdfg.add_array("table", [N, M], dace.float64)
    sdfg.add_array("sums", [N], dace.float64)
    state = sdfg.add_state()
    reduction = state.add_reduce("lambda a, b: a + b", [1])
    state.add_edge(state.add_read("table"), None, reduction, None, dace.Memlet("table[0:N, 0:M]"))
    state.add_edge(reduction, None, state.add_write("sums"), None, dace.Memlet("sums[0:N]"))
    ExpandReduction().apply(sdfg, targets(sdfg))
    sdfg.validate()
    table, sums = np.random.default_rng(0).random((7, 5)), np.ones(7)
    sdfg(table=table, sums=sums, N=7, M=5)
    np.testing.assert_allclose(sums, 1 + table.sum(axis=1))


def test_infinite_inputs_survive() -> None:
    @dace.program
    def peak(table: dace.float64[N, M], peaks: dace.float64[N]):
        peaks[:] = np.max(table, axis=1)

    sdfg = peak.to_sdfg()
    handle = targets(sdfg)[0]
    handle.node.identity = None
    ExpandReduction(lanes=4).apply(sdfg, [handle])
    table, peaks = np.full((3, 9), -np.inf), np.full(3, -np.inf)
    sdfg(table=table, peaks=peaks, N=3, M=9)
    assert np.all(np.isneginf(peaks))


def test_softmax_becomes_one_parallel_map() -> None:
    @dace.program
    def softmax(scores: dace.float32[N, M], weights: dace.float32[N, M]):
        peak = np.maximum.reduce(scores, axis=-1, keepdims=True)
        shifted = np.exp(scores - peak)
        weights[:] = shifted / np.add.reduce(shifted, axis=-1, keepdims=True)

    sdfg = softmax.to_sdfg()
    fusion = {"allow_intermediates_with_symbolic_size": True}
    sdfg.apply_transformations_repeated(MapFusionVertical, options=fusion)
    ExpandReduction().apply(sdfg, targets(sdfg))
    sdfg.simplify()
    for state, entry in [(h.state, h.node) for h in targets(sdfg, "maps") if len(h.node.map.params) == 2]:
        dace.transformation.helpers.extract_map_dims(state.sdfg, entry, [0])
    sdfg.apply_transformations_repeated(MapFusionVertical, options=fusion)
    assert len(targets(sdfg, "maps")) == 1
    scores = np.random.default_rng(0).random((7, 13), dtype=np.float32)
    weights = np.zeros_like(scores)
    sdfg(scores=scores, weights=weights, N=7, M=13)
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    np.testing.assert_allclose(weights, shifted / shifted.sum(axis=1, keepdims=True), rtol=1e-5)


@pytest.mark.parametrize(
    ("step", "wcr", "reason"),
    [
        (ExpandReduction(lanes=4), "lambda a, b: a * b + 1", "neutral element"),
        (ExpandReduction(lanes=0), "lambda a, b: a + b", "at least 1"),
        (ExpandReduction(lanes=2, columns=2), "lambda a, b: a + b", "either"),
    ],
)
def test_refuses_untouched(step: ExpandReduction, wcr: str, reason: str) -> None:
    sdfg = several.to_sdfg()
    handles = targets(sdfg)
    for handle in handles:
        assert isinstance(handle.node, Reduce)
        handle.node.wcr = wcr
    before = sdfg.hash_sdfg()
    with pytest.raises(NotApplicableError, match=reason):
        step.apply(sdfg, handles)
    assert sdfg.hash_sdfg() == before


def test_refuses_what_is_no_reduction() -> None:
    sdfg = several.to_sdfg()
    with pytest.raises(NotApplicableError, match="Expected a reduction"):
        ExpandReduction().apply(sdfg, targets(sdfg, "maps") or targets(sdfg, "accesses"))
