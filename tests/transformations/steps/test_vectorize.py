"""Plain arithmetic on contiguous arrays is vectorised, anything else refused."""

from __future__ import annotations

from pathlib import Path

import dace
import numpy as np
import pytest

from dace_transfer.errors import NotApplicableError
from dace_transfer.toolchain import activate
from dace_transfer.transformations.resolve import resolve
from dace_transfer.transformations.roles import parse_role
from dace_transfer.transformations.steps.vectorize import Vectorize

N = dace.symbol("N")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    activate()
    monkeypatch.chdir(tmp_path)


def build(
    code: str = "c = s * a + b",
    a: str = "i, j",
    c: str = "i, j",
    wcr: str | None = None,
    dtype: type = dace.float64,
    width: int | dace.symbol = 16,
) -> dace.SDFG:
    """C = S[0] * A + B over the first 13 of `width` columns, B of type `dtype`, A and C at indices `a` and `c`."""
    sdfg = dace.SDFG("scaled_sum")
    for name in ("A", "B", "C"):
        sdfg.add_array(name, [N, width], dtype if name == "B" else dace.float64)
    sdfg.add_array("S", [1], dace.float64)
    state = sdfg.add_state()
    state.add_mapped_tasklet(
        "scaled_sum",
        {"i": "0:N", "j": "0:13"},
        {"a": dace.Memlet(f"A[{a}]"), "b": dace.Memlet("B[i, j]"), "s": dace.Memlet("S[0]")},
        code,
        {"c": dace.Memlet(f"C[{c}]", wcr=wcr)},
        external_edges=True,
    )
    return sdfg


def test_computes_the_same_with_a_rest() -> None:
    sdfg = build()
    done = Vectorize(width=2).apply(sdfg, resolve(parse_role("maps"), sdfg, {}))
    assert done.count == 1
    assert done.yields[0].node.map.range[-1][2] == 2
    assert "dace::vec<double, 2>" in sdfg.generate_code()[0].clean_code
    a, b = np.random.default_rng(0).random((7, 16)), np.random.default_rng(1).random((7, 16))
    result, want = np.zeros((7, 16)), np.zeros((7, 16))
    want[:, :13] = 2.5 * a[:, :13] + b[:, :13]
    sdfg(A=a, B=b, C=result, S=np.array([2.5]), N=7)
    np.testing.assert_allclose(result, want)


@pytest.mark.parametrize(
    ("sdfg", "width"), [(lambda: build(), 4), (lambda: build(a="i, j + 1"), 2), (lambda: build(width=N), 2)]
)
def test_refuses_vectors_that_may_not_be_aligned(sdfg: object, width: int) -> None:
    subject = sdfg()  # type: ignore[operator]
    with pytest.raises(NotApplicableError, match="may not be aligned"):
        Vectorize(width=width).apply(subject, resolve(parse_role("maps"), subject, {}))


@pytest.mark.parametrize(
    ("sdfg", "reason"),
    [
        (lambda: build(wcr="lambda x, y: x + y"), "in conflict"),
        (lambda: build(a="j, i"), "element by element"),
        (lambda: build(a="i, 2 * j"), "element by element"),
        (lambda: build(c="i, 0"), "same element"),
        (lambda: build(code="c = s * exp(a) + b"), "does more than"),
        (lambda: build(dtype=dace.float32), "mixes the types"),
    ],
)
def test_refuses_untouched(sdfg: object, reason: str) -> None:
    subject = sdfg()  # type: ignore[operator]
    before = subject.hash_sdfg()
    with pytest.raises(NotApplicableError, match=reason):
        Vectorize().apply(subject, resolve(parse_role("maps"), subject, {}))
    assert subject.hash_sdfg() == before


def test_refuses_two_tasklets() -> None:
    sdfg = build()
    state = next(iter(sdfg.states()))
    entry = resolve(parse_role("maps"), sdfg, {})[0].node
    extra = state.add_tasklet("nothing", {}, {}, "pass")
    state.add_nedge(entry, extra, dace.Memlet())
    state.add_nedge(extra, state.exit_node(entry), dace.Memlet())
    with pytest.raises(NotApplicableError, match="exactly one tasklet"):
        Vectorize().apply(sdfg, resolve(parse_role("maps"), sdfg, {}))
