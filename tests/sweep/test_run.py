"""Real children: what a program does to one costs its own tasks, and all others are tuned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dace_transfer.database.opening import open_sql_store
from dace_transfer.sweep.coordinator import Pace
from dace_transfer.sweep.counting import Counts
from dace_transfer.sweep.run import run_sweep
from dace_transfer.sweep.spec import spec_of

FINE = """
import dace

N = dace.symbol("N")

@dace.program
def double(x: dace.float64[N]):
    x[:] = x * 2
"""
CRASHES = "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"
RAISES = "import there_is_no_such_module\n"
HANGS = "import time\ntime.sleep(1000)\n"


def sweep(folder: Path, *programs: str, **said: Any) -> Counts:
    sources = [f"{name}.py:double" for name in programs]
    spec = spec_of({"programs": sources, "sizes": [{"N": 40}], "mode": "transfer", "donors": "none", **said}, "")
    return run_sweep(spec, folder, folder / "test.db", pace=Pace(poll=0.1, pause=0.1))


@pytest.mark.slow
def test_programs_that_end_their_process_or_raise_fail_and_others_are_tuned(tmp_path: Path) -> None:
    for name, text in {"fine_of_test_run": FINE, "crashes_of_test_run": CRASHES, "raises_of_test_run": RAISES}.items():
        (tmp_path / f"{name}.py").write_text(text)
    counts = sweep(tmp_path, "fine_of_test_run", "crashes_of_test_run", "raises_of_test_run", threads=1)
    assert counts.states == {"measured": 1, "failed": 2}
    assert counts.failures == {"crash": 1, "ModuleNotFoundError": 1}
    store = open_sql_store(tmp_path / "test.db", seed=False)
    assert store.stats().counts["workloads"] and store.stats().counts["tunings"] and store.check() == []
    store.close()


@pytest.mark.slow
def test_a_program_that_hangs_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "hangs_of_test_run.py").write_text(HANGS)
    assert sweep(tmp_path, "hangs_of_test_run", workers={"timeout": 3.0}).failures == {"timeout": 1}
