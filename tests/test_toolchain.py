"""The environment's own CMake, Ninja and BLAS are what DaCe builds with."""

import os
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import dace
import numpy as np
import pytest
from dace.transformation.auto.auto_optimize import auto_optimize

from dace_transfer import toolchain

N = 37
M = 53
K = 29


@pytest.fixture(autouse=True)
def active() -> None:
    toolchain.activate()


def compiled(program: Any, folder: Path) -> Any:
    sdfg = auto_optimize(program.to_sdfg(), dace.DeviceType.CPU)
    sdfg.build_folder = str(folder / "build")
    return sdfg.compile()


def environments(folder: Path) -> str:
    return (folder / "build" / "dace_environments.csv").read_text()


def test_build_tools_of_this_environment_come_first_on_path() -> None:
    for tool in ("cmake", "ninja"):
        found = shutil.which(tool)
        assert found is not None
        assert Path(found).parent in toolchain.build_tools()


def test_activating_twice_changes_nothing_more() -> None:
    path = os.environ["PATH"]
    toolchain.activate.cache_clear()
    toolchain.activate()
    assert os.environ["PATH"] == path


def test_without_the_wheel_mkl_is_used_only_where_it_can_be_linked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MKLROOT", str(tmp_path))
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    assert not toolchain._mkl_can_be_linked()
    for file in ("include/mkl.h", "lib/libmkl_rt.so"):
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).touch()
    assert toolchain._mkl_can_be_linked()


def test_activation_needs_no_activated_environment_and_links_by_rpath(tmp_path: Path) -> None:
    script = tmp_path / "product.py"
    script.write_text(
        textwrap.dedent(
            """
            import dace, numpy as np
            from dace.transformation.auto.auto_optimize import auto_optimize
            from dace_transfer import toolchain

            toolchain.activate()

            @dace.program
            def product(A: dace.float64[40, 50], B: dace.float64[50, 60]):
                return A @ B

            sdfg = auto_optimize(product.to_sdfg(), dace.DeviceType.CPU)
            A, B = np.random.rand(40, 50), np.random.rand(50, 60)
            assert np.allclose(sdfg(A=A, B=B), A @ B)
            assert "scipy_openblas" in open("/proc/self/maps").read()
            print("linked")
            """
        )
    )
    bare = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "MKLROOT": str(tmp_path), "CONDA_PREFIX": str(tmp_path)}
    bare["PYTHONPATH"] = str(Path(toolchain.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, env=bare, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "linked" in done.stdout


@pytest.mark.parametrize("dtype", [dace.float32, dace.float64, dace.complex64, dace.complex128])
def test_products_of_every_type(tmp_path: Path, dtype: Any) -> None:
    @dace.program
    def products(
        A: dtype[N, K],
        B: dtype[K, M],
        x: dtype[K],
        y: dtype[N],
        P: dtype[N, M],
        Q: dtype[K, M],
        q: dtype[N],
        r: dtype[K],
    ):
        P[:] = A @ B
        Q[:] = A.T @ P
        q[:] = A @ x
        r[:] = y @ A

    rng = np.random.default_rng(0)
    shapes = {"A": (N, K), "B": (K, M), "x": (K,), "y": (N,)}
    inputs = {name: rng.standard_normal(shape).astype(dtype.type) for name, shape in shapes.items()}
    if dtype in (dace.complex64, dace.complex128):
        inputs = {name: (value * (1 + 0.5j)).astype(dtype.type) for name, value in inputs.items()}
    outputs = {
        name: np.full(shape, np.nan, dtype.type)
        for name, shape in {"P": (N, M), "Q": (K, M), "q": (N,), "r": (K,)}.items()
    }
    compiled(products, tmp_path)(**inputs, **outputs)

    A, B, x, y = (inputs[name] for name in "ABxy")
    tolerance = {"rtol": 1e-3, "atol": 1e-3} if dtype in (dace.float32, dace.complex64) else {"rtol": 1e-10}
    np.testing.assert_allclose(outputs["P"], A @ B, **tolerance)
    np.testing.assert_allclose(outputs["Q"], A.T @ (A @ B), **tolerance)
    np.testing.assert_allclose(outputs["q"], A @ x, **tolerance)
    np.testing.assert_allclose(outputs["r"], y @ A, **tolerance)
    assert "OpenBLAS" in environments(tmp_path)


def test_batched_products_and_dot(tmp_path: Path) -> None:
    @dace.program
    def batched(A: dace.float64[5, N, K], B: dace.float64[5, K, M], x: dace.float64[N], C: dace.float64[5, N, M]):
        C[:] = A @ B
        return x @ x

    rng = np.random.default_rng(0)
    A, B, x = rng.random((5, N, K)), rng.random((5, K, M)), rng.random(N)
    C = np.full((5, N, M), np.nan)
    dot = compiled(batched, tmp_path)(A=A, B=B, x=x, C=C)
    np.testing.assert_allclose(C, A @ B)
    np.testing.assert_allclose(dot, x @ x)


def test_factorisations(tmp_path: Path) -> None:
    @dace.program
    def factorise(A: dace.float64[N, N], b: dace.float64[N, M], X: dace.float64[N, M], L: dace.float64[N, N]):
        X[:] = np.linalg.solve(A, b)
        L[:] = np.linalg.cholesky(A)
        return np.linalg.inv(A)

    rng = np.random.default_rng(0)
    root = rng.random((N, N))
    A, b = root @ root.T + N * np.eye(N), rng.random((N, M))
    X, L = np.zeros((N, M)), np.zeros((N, N))
    inverse = compiled(factorise, tmp_path)(A=A, b=b, X=X, L=L)
    np.testing.assert_allclose(X, np.linalg.solve(A, b), rtol=1e-8)
    np.testing.assert_allclose(L, np.linalg.cholesky(A), rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(inverse, np.linalg.inv(A), rtol=1e-8, atol=1e-12)


def test_products_inside_a_parallel_region_are_right_and_do_not_hang(tmp_path: Path) -> None:
    @dace.program
    def region(A: dace.float64[6, 200, 200], B: dace.float64[6, 200, 200], C: dace.float64[6, 200, 200]):
        for i in dace.map[0:6]:
            C[i] = A[i] @ B[i]

    rng = np.random.default_rng(0)
    A, B, C = rng.random((6, 200, 200)), rng.random((6, 200, 200)), np.zeros((6, 200, 200))
    run = compiled(region, tmp_path)
    for _ in range(5):
        C[:] = np.nan
        run(A=A, B=B, C=C)
        np.testing.assert_allclose(C, A @ B)
    assert "OpenBLAS" in environments(tmp_path)


@pytest.mark.alone
def test_a_product_between_parallel_loops_does_not_fight_for_cores(tmp_path: Path) -> None:
    """With threads of its own, every product would wait for the spinning OpenMP threads: milliseconds, not 0.1 ms."""

    @dace.program
    def alternate(A: dace.float64[128, 128], B: dace.float64[128, 128], X: dace.float64[100000]):
        for _ in range(20):
            X[:] = X * 0.5 + 1.0
            B[:] = A @ B

    A, B, X = np.eye(128), np.ones((128, 128)), np.ones(100000)
    run = compiled(alternate, tmp_path)
    seconds = []
    for _ in range(15):
        start = time.perf_counter()
        run(A=A, B=B, X=X)
        seconds.append(time.perf_counter() - start)
    assert (B == 1).all()
    assert min(seconds) < 0.020


@pytest.mark.alone
def test_auto_optimize_calls_a_real_blas(tmp_path: Path) -> None:
    size = 320

    @dace.program
    def product(A: dace.float64[size, size], B: dace.float64[size, size], C: dace.float64[size, size]):
        C[:] = A @ B

    rng = np.random.default_rng(0)
    A, B, C = rng.random((size, size)), rng.random((size, size)), np.zeros((size, size))
    pure = product.to_sdfg()
    pure.build_folder = str(tmp_path / "pure")
    seconds = {}
    for name, run in (("pure", pure.compile()), ("blas", compiled(product, tmp_path))):
        samples = []
        for _ in range(8):
            start = time.perf_counter()
            run(A=A, B=B, C=C)
            samples.append(time.perf_counter() - start)
        seconds[name] = min(samples)
        np.testing.assert_allclose(C, A @ B)
    assert seconds["blas"] * 3 < seconds["pure"]
