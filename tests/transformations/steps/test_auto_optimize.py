"""DaCe's optimiser as one step of a recipe."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

from pathlib import Path

import dace
import numpy as np
import pytest

from dace_transfer.errors import StepFailedError
from dace_transfer.toolchain import activate
from dace_transfer.transformations.resolve import resolve
from dace_transfer.transformations.roles import parse_role
from dace_transfer.transformations.steps import auto_optimize
from dace_transfer.transformations.steps.auto_optimize import AutoOptimize

N = dace.symbol("N")


@dace.program
def chain(x: dace.float64[N], y: dace.float64[N]):
    t = x * 2
    y[:] = t + 1


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    activate()
    monkeypatch.chdir(tmp_path)


def test_fuses_and_computes_the_same() -> None:
    sdfg = chain.to_sdfg()
    assert len(resolve(parse_role("maps"), sdfg, {})) == 2
    assert AutoOptimize().apply(sdfg, []).count == 1
    assert len(resolve(parse_role("maps"), sdfg, {})) == 1
    x = np.random.default_rng(0).random(13)
    y = np.zeros(13)
    sdfg(x=x, y=y, N=13)
    np.testing.assert_allclose(y, x * 2 + 1)


def test_failures_are_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("node")

    monkeypatch.setattr(auto_optimize, "auto_optimize", fail)
    with pytest.raises(StepFailedError, match="KeyError"):
        AutoOptimize().apply(chain.to_sdfg(), [])
