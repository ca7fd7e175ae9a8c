"""Maps that call mathematical functions get their vector versions declared."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

import platform
import re
import subprocess
from pathlib import Path

import dace
import numpy as np
import pytest

from dace_transfer.errors import NotApplicableError
from dace_transfer.toolchain import activate
from dace_transfer.transformations.resolve import resolve
from dace_transfer.transformations.roles import parse_role
from dace_transfer.transformations.steps.vector_math import VectorMath

N = dace.symbol("N")
HAS_VECTORS = platform.machine() == "x86_64" and platform.libc_ver()[0] == "glibc"


@dace.program
def waves(x: dace.float32[N], y: dace.float32[N], z: dace.float64[N]):
    y[:] = np.exp(x) + np.sin(x)
    z[:] = np.log(x + 1)


@dace.program
def angles(x: dace.float64[N], y: dace.float64[N], z: dace.float64[N]):
    z[:] = np.arctan2(x, y) * x**y


@dace.program
def plain(x: dace.float32[N], y: dace.float32[N]):
    y[:] = x**2 + 1


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    activate()
    monkeypatch.chdir(tmp_path)


def vector_functions(folder: Path) -> set[str]:
    """Functions of which the library compiled in a folder calls vector versions."""
    library = next(folder.glob(".dacecache/*/build/lib[!d]*.so"))
    symbols = subprocess.run(["nm", "-D", library], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"_ZGV\w\w\d+v+_(\w+)", symbols))


def test_computes_the_same_with_vectors(tmp_path: Path) -> None:
    sdfg = waves.to_sdfg()
    before = [handle.node for handle in resolve(parse_role("maps"), sdfg, {})]
    done = VectorMath().apply(sdfg, resolve(parse_role("maps"), sdfg, {}))
    assert [handle.node for handle in done.yields] == [node for node in before if node in {h.node for h in done.yields}]
    sdfg.validate()
    compiled = sdfg.compile()
    x = np.random.default_rng(0).random(1003, dtype=np.float32)
    y, z = np.zeros_like(x), np.zeros(1003)
    compiled(x=x, y=y, z=z, N=1003)
    np.testing.assert_allclose(y, np.exp(x) + np.sin(x), rtol=1e-6)
    np.testing.assert_allclose(z, np.log(x + np.float32(1)), rtol=1e-6)
    assert not HAS_VECTORS or {"expf", "sinf", "logf"} <= vector_functions(tmp_path)


def test_functions_of_two_arguments_have_vectors_too(tmp_path: Path) -> None:
    sdfg = angles.to_sdfg()
    VectorMath().apply(sdfg, resolve(parse_role("maps"), sdfg, {}))
    rng = np.random.default_rng(0)
    x, y = rng.random(1003) + 0.5, rng.random(1003) + 0.5
    z = np.zeros_like(x)
    sdfg.compile()(x=x, y=y, z=z, N=1003)
    np.testing.assert_allclose(z, np.arctan2(x, y) * x**y, rtol=1e-14)
    assert not HAS_VECTORS or "pow" in vector_functions(tmp_path)


def test_applying_twice_declares_once() -> None:
    sdfg = waves.to_sdfg()
    for _ in range(2):
        VectorMath().apply(sdfg, resolve(parse_role("maps"), sdfg, {}))
    callers = [node.code_global.as_string for node, _ in sdfg.all_nodes_recursive() if hasattr(node, "code_global")]
    assert max(code.count("#ifndef") for code in callers) == 1


def test_refuses_untouched() -> None:
    sdfg = plain.to_sdfg()
    before = sdfg.hash_sdfg()
    with pytest.raises(NotApplicableError, match="calls no function"):
        VectorMath().apply(sdfg, resolve(parse_role("maps"), sdfg, {}))
    assert sdfg.hash_sdfg() == before
