"""A tuner that stands in for the real one: it optimises as DaCe does, and remembers what it was asked."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import dace
import pytest
from dace.transformation.auto.auto_optimize import auto_optimize

from dace_transfer import toolchain
from dace_transfer.building.binary import Failure
from dace_transfer.building.builder import Builder
from dace_transfer.cache import VARIABLE
from dace_transfer.errors import BuildError
from dace_transfer.hardware import describe_cpu
from dace_transfer.program import making
from dace_transfer.report import Report
from dace_transfer.verdict import Verdict


@dataclass(frozen=True)
class StandInResult:
    sdfg: dace.SDFG
    report: Report


@dataclass
class StandInTuner:
    """`calls` holds the arguments of every call; `error` is raised instead of tuning."""

    calls: list[dict[str, Any]] = field(default_factory=list)
    error: Exception | None = None

    def __call__(self, sdfg: dace.SDFG, args: dict[str, Any], **settings: Any) -> StandInResult:
        self.calls.append(args)
        if self.error is not None:
            raise self.error
        symbols = {name: args[name] for name in map(str, sdfg.free_symbols)}
        result = auto_optimize(copy.deepcopy(sdfg), dace.DeviceType.CPU, symbols=symbols)
        report = Report(sdfg.name, settings["mode"], "t", "device", symbols, Verdict.FASTER, "It is.", "tuned")
        return StandInResult(result, report)


@pytest.fixture(scope="session")
def builder(tmp_path_factory):
    toolchain.activate()
    with Builder(describe_cpu(), tmp_path_factory.mktemp("builds"), workers=1) as builder:
        yield builder


@pytest.fixture
def tuner(monkeypatch, tmp_path, builder):
    """The tuner every program of the test uses, with a cache folder of its own."""

    def build(subject: making.Subject, sdfg: dace.SDFG) -> Any:
        outcome = builder.build([sdfg])[0]
        if isinstance(outcome, Failure):
            raise BuildError(outcome.message)
        return outcome

    standin = StandInTuner()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(making, "load_tuner", lambda: standin)
    monkeypatch.setattr(making, "_build", build)
    return standin
