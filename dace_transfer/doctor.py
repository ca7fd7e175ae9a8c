"""What this machine offers, what is missing, and how to get it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from dace_transfer import toolchain
from dace_transfer.compiler import build_and_run, compiler_version, find_compiler
from dace_transfer.database.filesystem import file_system_of, is_network
from dace_transfer.database.location import default_location
from dace_transfer.errors import DaceTransferError
from dace_transfer.hardware import openmp_threads

_HELLO = """
#include <cstdio>
#include <omp.h>
int main() {
    int threads = 0;
    #pragma omp parallel reduction(+ : threads)
    threads += 1;
    std::printf("%d", threads);
}
"""
_CMAKE_AT_LEAST = (3, 17)
_DACE_AT_LEAST, _DACE_BELOW = 2, 3


@dataclass(frozen=True)
class Check:
    """One thing looked for.

    Attributes:
        name: What was looked for.
        ok: Whether it is there and usable.
        found: What was found, in a few words.
        advice: What to do where it is not ok; empty otherwise.
        required: Whether tuning on a CPU is impossible without it.
    """

    name: str
    ok: bool
    found: str
    advice: str = ""
    required: bool = True


def examine() -> list[Check]:
    """Look for everything that tuning needs or could use; nothing is installed, and no database is opened."""
    toolchain.activate()
    looks: list[Callable[[], Check]] = [
        _dace,
        _compiler,
        _cmake,
        _ninja,
        _blas,
        _threads,
        _database,
        _torch,
        _gpu,
        _cuda_compiler,
    ]
    return [look() for look in looks]


def _dace() -> Check:
    version = metadata.version("dace")
    ok = _DACE_AT_LEAST <= int(version.split(".")[0]) < _DACE_BELOW
    advice = "" if ok else "Install a supported version with: pip install 'dace>=2.0.0b1,<3'."
    return Check("DaCe", ok, version, advice)


def _compiler() -> Check:
    name = "C++ compiler with OpenMP"
    try:
        executable = find_compiler()
        with tempfile.TemporaryDirectory() as folder:
            threads = build_and_run(_HELLO, Path(folder))
    except DaceTransferError as error:
        return Check(name, False, "none that works", str(error))
    return Check(
        name, True, f"{compiler_version(executable)} at {executable}, {threads} OpenMP threads in a test program"
    )


def _cmake() -> Check:
    answer = _first_line(["cmake", "--version"])
    number = re.search(r"(\d+)\.(\d+)", answer)
    if number is None:
        return Check("CMake", False, "none", "Install it into this environment with: pip install cmake.")
    ok = (int(number[1]), int(number[2])) >= _CMAKE_AT_LEAST
    advice = "" if ok else "Install a newer one into this environment with: pip install cmake."
    return Check("CMake", ok, f"{answer} at {shutil.which('cmake')}", advice)


def _ninja() -> Check:
    version = _first_line(["ninja", "--version"])
    if not version:
        return Check("Ninja", False, "none", "Builds are faster with it: pip install ninja.", required=False)
    return Check("Ninja", True, f"{version} at {shutil.which('ninja')}", required=False)


def _blas() -> Check:
    wheel = toolchain.blas_folder()
    if wheel is None:
        advice = "Matrix products are naive loops without one: pip install scipy-openblas32."
        return Check("BLAS", False, "none of this environment", advice, required=False)
    return Check("BLAS", True, f"OpenBLAS {metadata.version('scipy-openblas32')} at {wheel}", required=False)


def _threads() -> Check:
    setting = os.environ.get("OMP_NUM_THREADS")
    source = f"OMP_NUM_THREADS={setting}" if setting else "OMP_NUM_THREADS unset: every CPU this process may run on"
    policy = os.environ.get("OMP_WAIT_POLICY", "default")
    available = len(os.sched_getaffinity(0))
    threads = openmp_threads()
    ok = threads <= available
    advice = "" if ok else f"More threads than CPUs make every parallel loop slow: set OMP_NUM_THREADS={available}."
    return Check("OpenMP threads", ok, f"{threads} ({source}), wait policy {policy}", advice, required=False)


def _database() -> Check:
    place = default_location()
    if "://" in place:
        # A password stands between the last colon and the at sign.
        return Check("Database", True, re.sub(r"(://[^/@]*?):[^@/]*@", r"\1:***@", place))
    folder = Path(place).expanduser().absolute().parent
    while not folder.exists():
        folder = folder.parent
    kind = file_system_of(place)
    found = f"{place} ({'exists' if Path(place).expanduser().exists() else 'not made yet'}), file system {kind}"
    if not os.access(folder, os.W_OK):
        return Check(
            "Database", False, found, f"Make '{folder}' writable, or set DACE_TRANSFER_DATABASE to another file."
        )
    if is_network(kind):
        advice = "Several machines may not share it: set DACE_TRANSFER_DATABASE to a file on a local disk, or to a URL."
        return Check("Database", False, found, advice, required=False)
    return Check("Database", True, found)


def _torch() -> Check:
    version = _installed("torch")
    advice = "" if version else "Only learned encoders need it: pip install torch torch-geometric."
    return Check("torch", version is not None, version or "none", advice, required=False)


def _gpu() -> Check:
    name = _first_line(["nvidia-smi", "--query-gpu=name,compute_cap", "--format=csv,noheader"])
    advice = "" if name else "Programs are tuned for the CPU; nothing is needed for that."
    return Check("GPU", bool(name), name or "none", advice, required=False)


def _cuda_compiler() -> Check:
    path = shutil.which("nvcc")
    if path is None:
        return Check(
            "CUDA compiler", False, "none", "Only GPU code needs it: install the CUDA toolkit.", required=False
        )
    return Check("CUDA compiler", True, path, required=False)


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _first_line(command: list[str]) -> str:
    """First line a program prints; empty where it does not exist or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip().split("\n")[0] if done.returncode == 0 else ""
