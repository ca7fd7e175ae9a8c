"""The host's C++ compiler: which one, which version, and small programs built with it."""

from __future__ import annotations

import functools
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from dace_transfer.errors import BuildError, RunError

GET_COMPILER = "install one with 'apt-get install g++' (Debian, Ubuntu) or 'dnf install gcc-c++' (Fedora)"


def find_compiler() -> str:
    """Return the command CMake would choose: `CXX` if set, else the first of `c++`, `g++` and `clang++` on PATH.

    Raises:
        BuildError: There is no such program.
    """
    named = shlex.split(os.environ.get("CXX", ""))
    candidates = named[:1] or ["c++", "g++", "clang++"]
    found = next((path for path in map(shutil.which, candidates) if path is not None), None)
    if found is None:
        raise BuildError(f"No C++ compiler was found under {' or '.join(candidates)}; {GET_COMPILER}.")
    return found


@functools.cache
def compiler_version(executable: str) -> str:
    """Return name and major version of a compiler, such as "gcc 12" or "clang 17".

    Raises:
        BuildError: It does not answer `--version`.
    """
    text = _run([executable, "--version"], BuildError, 60).stdout
    name = "clang" if "clang" in text else "gcc" if "Free Software Foundation" in text else Path(executable).name
    major = re.search(r"\b(\d+)\.\d+", text)
    return f"{name} {major.group(1)}" if major else name


def build_and_run(
    source: str,
    folder: Path,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    timeout: float = 120.0,
) -> str:
    """Compile one C++ source with OpenMP for this machine, run it, and return what it printed.

    Args:
        source: A whole program.
        folder: Existing folder for the source and the binary.
        arguments: Arguments of the program.
        environment: Variables the program gets beside those of this process.
        timeout: Seconds for each of the two.

    Raises:
        BuildError: There is no compiler or the source does not compile.
        RunError: The program fails or does not end in time.
    """
    compiler = find_compiler()
    (folder / "program.cpp").write_text(source)
    flags = ["-O3", "-march=native", "-fno-math-errno", "-fopenmp", "-std=c++17", "-o", "program", "program.cpp"]
    _run([compiler, *flags], BuildError, timeout, folder)
    return _run([str(folder / "program"), *arguments], RunError, timeout, folder, environment).stdout


def _run(
    command: Sequence[str],
    error: type[BuildError | RunError],
    timeout: float,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, **(environment or {})}
    try:
        done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=timeout)
    except (OSError, subprocess.TimeoutExpired) as cause:
        raise error(f"'{shlex.join(command)}' could not be run to its end: {cause}.") from cause
    if done.returncode != 0:
        raise error(f"'{shlex.join(command)}' failed with status {done.returncode}: {done.stderr.strip()[-2000:]}")
    return done
