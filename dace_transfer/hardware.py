"""Describing the device at hand, from what the operating system and the compiler say about it."""

from __future__ import annotations

import functools
import os
import platform
import re
from pathlib import Path

from dace_transfer.compiler import compiler_version, find_compiler
from dace_transfer.target import Target

# What decides how wide and how a compiler vectorises; the many other flags differ between equal machines.
_ISA = re.compile(r"sse4_2|avx\w*|fma|f16c|bmi[12]|amx\w*|asimd\w*|sve\w*|v(sx|x)|rvv")

_CPU_INFO = Path("/proc/cpuinfo")
_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")


def describe_cpu(flags: str | None = None) -> Target:
    """Describe this machine's CPU as this process may use it.

    Args:
        flags: Compiler flags of everything that is built; by default those DaCe is configured with.

    Returns:
        The target; equal on equal machines with equal settings.

    Raises:
        BuildError: There is no C++ compiler.
    """
    info = _cpu_info()
    return Target(
        kind="cpu",
        model=_model(info),
        isa=_isa(info),
        threads=openmp_threads(),
        caches=_caches(),
        compiler=compiler_version(_configured_compiler() or find_compiler()),
        flags=flags if flags is not None else configured_flags(),
        wait_policy=os.environ.get("OMP_WAIT_POLICY", "default").strip().lower(),
    )


def openmp_threads() -> int:
    """Threads an OpenMP program started from here uses: `OMP_NUM_THREADS`, else the CPUs this process may run on."""
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if first.isdigit() and int(first) > 0:
        return int(first)
    return len(os.sched_getaffinity(0))


def configured_flags() -> str:
    """Flags DaCe compiles CPU code with, without those that only choose warnings."""
    # The room is imported by what must not load DaCe.
    from dace.config import Config

    arguments = str(Config.get("compiler", "cpu", "args")).split()
    return " ".join(flag for flag in arguments if not re.match(r"-W(?![lap],)", flag))


def _configured_compiler() -> str:
    from dace.config import Config

    return str(Config.get("compiler", "cpu", "executable") or "")


@functools.cache
def _cpu_info() -> dict[str, str]:
    """The first processor's entries of /proc/cpuinfo; empty where there is none."""
    if not _CPU_INFO.exists():
        return {}
    first = _CPU_INFO.read_text(errors="replace").strip().split("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _model(info: dict[str, str]) -> str:
    if "model name" in info:
        return re.sub(r"\s+", " ", info["model name"])
    if "CPU part" in info:
        return f"{platform.machine()} implementer {info.get('CPU implementer', '?')} part {info['CPU part']}"
    return platform.processor() or platform.machine()


def _isa(info: dict[str, str]) -> tuple[str, ...]:
    words = (info.get("flags") or info.get("Features") or "").split()
    return tuple(sorted({word for word in words if _ISA.fullmatch(word)}))


def _caches() -> tuple[int, ...]:
    """Sizes in bytes of the data and unified caches, level 1 first; empty where the system does not tell."""
    sizes = {}
    for folder in sorted(_CACHES.glob("index*")):
        if (folder / "type").read_text().strip() == "Instruction":
            continue
        sizes[int((folder / "level").read_text())] = _bytes((folder / "size").read_text().strip())
    return tuple(sizes[level] for level in sorted(sizes))


def _bytes(text: str) -> int:
    unit = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}.get(text[-1:])
    return int(text[:-1]) * unit if unit else int(text)
