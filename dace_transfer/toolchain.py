"""The environment's own build tools and BLAS, put in place without any setting by the user."""

from __future__ import annotations

import functools
import importlib.util
import os
import sysconfig
from pathlib import Path

from dace.libraries.blas.environments.intel_mkl import IntelMKL
from dace.libraries.blas.environments.openblas import OpenBLAS

HEADER = Path(__file__).parent / "include" / "openblas.h"


@functools.cache
def activate() -> None:
    """Make this process build with the environment's own CMake, Ninja and BLAS.

    Whoever is about to optimise, generate or compile calls it; calling it again does nothing. It changes this
    process only: `PATH` (inherited by children) and two of DaCe's library environments, so that DaCe's own
    `auto_optimize` and our tuned programs call the same BLAS.
    """
    _put_first_on_path(build_tools())
    wheel = blas_folder()
    if wheel is None:
        IntelMKL.is_installed = staticmethod(_mkl_can_be_linked)
    else:
        _use_wheel(wheel)


def build_tools() -> list[Path]:
    """Folders that hold the `cmake` and `ninja` of this Python environment, whether or not it is activated."""
    scripts = Path(sysconfig.get_path("scripts"))
    candidates = [_package_folder("cmake", "data/bin"), scripts]
    return [folder for folder in candidates if folder is not None and folder.is_dir()]


def blas_folder() -> Path | None:
    """Folder of the `scipy-openblas32` wheel, with `include` and `lib` in it; None if it cannot be used."""
    folder = _package_folder("scipy_openblas32", ".")
    if folder is None or not (folder / "include" / "cblas.h").is_file() or not library(folder).is_file():
        return None
    # DaCe splits lists of folders at blanks.
    return None if " " in str(folder) or " " in str(HEADER) else folder


def library(wheel: Path) -> Path:
    """The shared library of the wheel."""
    return wheel / "lib" / "libscipy_openblas.so"


def _package_folder(package: str, inside: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    return (Path(spec.origin).parent / inside).resolve()


def _put_first_on_path(folders: list[Path]) -> None:
    first = [str(folder) for folder in folders]
    rest = [entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry not in first]
    os.environ["PATH"] = os.pathsep.join(first + rest)


def _use_wheel(wheel: Path) -> None:
    # The expansions name this class and SDFGs store its path, so replacing what it says reaches them all; an SDFG
    # expanded here still compiles elsewhere, against whatever OpenBLAS is there.
    OpenBLAS.cmake_packages = []
    OpenBLAS.cmake_variables = {}
    OpenBLAS.cmake_includes = [str(wheel / "include")]
    OpenBLAS.cmake_libraries = staticmethod(lambda: [str(library(wheel))])
    OpenBLAS.cmake_link_flags = [f"-Wl,-rpath,{wheel / 'lib'}"]
    OpenBLAS.headers = [str(HEADER), "../include/dace_blas.h"]
    OpenBLAS.is_installed = staticmethod(lambda: True)
    # DaCe would prefer MKL, but both sides of every comparison must call the same BLAS.
    IntelMKL.is_installed = staticmethod(lambda: False)


def _mkl_can_be_linked() -> bool:
    """DaCe's own answer is also yes for a library that it only hopes the linker finds, and for missing headers."""
    headers = [Path(folder) / "mkl.h" for folder in IntelMKL.cmake_includes()]
    return IntelMKL.cmake_libraries() != ["mkl_rt"] and any(header.is_file() for header in headers)
