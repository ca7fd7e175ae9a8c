"""Measured speeds are plausible, and measured once."""

from __future__ import annotations

from pathlib import Path

import pytest

from dace_transfer import microbenchmark
from dace_transfer.hardware import describe_cpu

pytestmark = pytest.mark.alone


def test_speeds_are_plausible_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = describe_cpu()
    speeds = microbenchmark.speeds_of(target, tmp_path)
    assert len(speeds.bandwidth) == len(target.caches) + 1
    assert all(0.1 < value < 100_000 for value in speeds.bandwidth)
    assert 0.1 < speeds.copy < speeds.bandwidth[-1] * 3
    assert 0.1 < speeds.peak_fp64 < speeds.peak_fp32 * 1.5
    assert 0.01 < speeds.divisions_fp64 < speeds.peak_fp64
    assert 0.01 < speeds.exponentials_fp64 < speeds.exponentials_fp32 * 1.5
    assert speeds.fork_join_us > 0

    def never(target: object) -> None:
        raise AssertionError("measured twice")

    monkeypatch.setattr(microbenchmark, "measure", never)
    assert microbenchmark.speeds_of(target, tmp_path) == speeds
