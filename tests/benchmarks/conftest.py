"""A checkout that looks like NPBench's, with benchmarks that behave and benchmarks that do not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

INITIALIZE = """
import os, time
import numpy as np

def initialize(N):
    {trouble}
    return np.arange(N, dtype=np.float64), np.zeros(N)
"""

NUMPY = """
def kernel(scale, values, result):
    result[:] = scale * values
    return values.sum()
"""

DACE = """
import dace
import numpy as np

N = dace.symbol("N")

@dace.program
def kernel(scale: dace.float64, values: dace.float64[N], result: dace.float64[N]):
    result[:] = {factor} * values
    return np.sum(values)
"""


def add_benchmark(root: Path, name: str, *, factor: str = "scale", trouble: str = "pass") -> None:
    folder = root / "npbench" / "benchmarks" / "group" / name
    folder.mkdir(parents=True)
    (folder / f"{name}.py").write_text(INITIALIZE.format(trouble=trouble))
    (folder / f"{name}_numpy.py").write_text(NUMPY)
    (folder / f"{name}_dace.py").write_text(DACE.format(factor=factor))
    info = {
        "relative_path": f"group/{name}",
        "module_name": name,
        "func_name": "kernel",
        "parameters": {"S": {"N": 1000, "scale": 3.0}},
        "init": {"func_name": "initialize", "input_args": ["N"], "output_args": ["values", "result"]},
        "input_args": ["scale", "values", "result"],
        "array_args": ["values", "result"],
        "output_args": ["result"],
    }
    (root / "bench_info").mkdir(exist_ok=True)
    (root / "bench_info" / f"{name}.json").write_text(json.dumps({"benchmark": info}))


@pytest.fixture(autouse=True)
def _as_if_nothing_else_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.quiet.busy", lambda: 0.0)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    add_benchmark(root, "right")
    add_benchmark(root, "wrong", factor="2.5")
    add_benchmark(root, "crashing", trouble="os._exit(3)")
    add_benchmark(root, "hanging", trouble="time.sleep(600)")
    return root
