"""Importing dace_transfer is cheap and changes nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

_HEAVY = ("torch", "torch_geometric", "dace", "sqlalchemy", "numpy", "scipy", "sympy", "networkx", "typer")


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300, check=True
    )
    return done.stdout.strip()


def test_importing_loads_nothing_heavy_and_leaves_the_environment_alone() -> None:
    code = f"""
import os, sys
before, modules = dict(os.environ), set(sys.modules)
import dace_transfer
assert dict(os.environ) == before
assert not set({_HEAVY!r}) & set(sys.modules)
print(len(set(sys.modules) - modules))
"""
    assert int(run(code)) < 60


@pytest.mark.alone
def test_importing_takes_little_time() -> None:
    code = """
import time
start = time.perf_counter()
import dace_transfer
print(time.perf_counter() - start)
"""
    assert min(float(run(code)) for _ in range(3)) < 0.2


@pytest.mark.parametrize(
    "module",
    ["dace_transfer.cli", "dace_transfer.tuner", "dace_transfer.learning.comparison", "dace_transfer.doctor"],
)
def test_no_part_of_tuning_loads_torch_or_changes_settings(module: str) -> None:
    code = f"""
import os, sys
import dace
before = dict(os.environ)
settings = str(vars(dace.config.Config._data))
import {module}
assert "torch" not in sys.modules
assert str(vars(dace.config.Config._data)) == settings
from dace.libraries.blas.environments.openblas import OpenBLAS
assert "scipy_openblas" not in str(OpenBLAS.cmake_includes)
assert dict(os.environ) == before
"""
    run(code)
