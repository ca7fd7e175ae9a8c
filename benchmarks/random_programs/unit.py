"""Compiles many generated programs as one library, with maps that may run in any order.

A map says that its iterations are independent. One that is not computes the right values all the same where a single
thread takes its iterations in the expected order, so that order is chosen when the program runs: see `MAP_ORDERS`.
"""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dace

from dace_transfer.building.binary import Binary, from_json
from dace_transfer.compiler import find_compiler
from dace_transfer.toolchain import HEADER, blas_folder, library

MAP_ORDERS = ("forwards", "backwards", "from the middle")
ORDER_FUNCTION = "choose_map_order"

_TIMEOUT = 300.0
_LONGEST_REASON = 1000
_MAP_LOOP = re.compile(r"for \(([\w:]+) (\w+) = ([^;]+); \2 < ([^;]+); \2 \+= ([^;]+)\) \{")
_RUNTIME = Path(dace.__file__).parent
_PRELUDE = f"""
static int map_order = 0;
extern "C" void {ORDER_FUNCTION}(int order) {{ map_order = order; }}
static inline long long map_count(long long begin, long long end, long long step) {{
    return end > begin ? (end - begin + step - 1) / step : 0;
}}
static inline long long map_place(long long begin, long long count, long long step, long long turn) {{
    long long place = map_order == 0 ? turn : map_order == 1 ? count - 1 - turn : (turn + count / 2) % count;
    return begin + place * step;
}}
"""


@dataclass(frozen=True)
class Source:
    """A program to compile: its generated code, and the JSON form of how to call it."""

    code: str
    abi: Mapping[str, Any]


class UnitCompiler:
    """Compiles units in one folder, with DaCe's headers translated once."""

    def __init__(self, folder: Path) -> None:
        """Translate the headers; takes some seconds.

        Raises:
            RuntimeError: The compiler does not take them.
        """
        self.folder = folder
        self._count = 0
        self._lock = threading.Lock()
        wheel = blas_folder()
        includes = [_RUNTIME / "runtime" / "include", *([wheel / "include"] if wheel is not None else [])]
        flags = ["-std=c++20", "-O1", "-fPIC", "-fopenmp", "-w"]
        self._command = [find_compiler(), *flags, *(f"-I{path}" for path in includes)]
        blas = [] if wheel is None else [HEADER, _RUNTIME / "libraries" / "blas" / "include" / "dace_blas.h"]
        self._link = [] if wheel is None else [str(library(wheel)), f"-Wl,-rpath,{library(wheel).parent}"]
        self._header = folder / "all.h"
        lines = ["#include <dace/dace.h>", *(f'#include "{path}"' for path in blas)]
        self._header.write_text("\n".join(lines))
        command = [*self._command, "-x", "c++-header", str(self._header), "-o", f"{self._header}.gch"]
        if error := _run(command):
            raise RuntimeError(f"The headers of DaCe do not compile: {error}")

    def build(self, sources: Mapping[int, Source]) -> dict[int, Binary | str]:
        """Compile programs, together as far as that works: per key a binary, or what is wrong with it."""
        if not sources:
            return {}
        with self._lock:
            self._count += 1
            unit = self.folder / f"unit{self._count}"
        unit.with_suffix(".cpp").write_text(_PRELUDE + "\n".join(_prepared(source.code) for source in sources.values()))
        target = unit.with_suffix(".so")
        files = ["-include", str(self._header), f"{unit}.cpp", "-shared", *self._link, "-o", str(target)]
        error = _run([*self._command, *files])
        unit.with_suffix(".cpp").unlink()
        if not error:
            return {key: from_json(source.abi, target) for key, source in sources.items()}
        if len(sources) == 1:
            return dict.fromkeys(sources, error)
        keys = list(sources)
        half = len(keys) // 2
        parts = ({key: sources[key] for key in part} for part in (keys[:half], keys[half:]))
        return {key: outcome for part in parts for key, outcome in self.build(part).items()}


def _prepared(code: str) -> str:
    """Without headers and threads, and with maps that take their iterations in the order chosen."""
    lines = (line for line in code.splitlines() if not line.lstrip().startswith(("#include", "#pragma omp")))
    return any_order("\n".join(lines))


def any_order(code: str) -> str:
    """Let every map of generated code run in the order chosen at run time.

    Before: `for (int i = 0; i < N; i += 1) {`, after: the same number of iterations, with `i` computed from a counter.
    Loops of the control flow declare no variable and stay as they are.
    """
    return _MAP_LOOP.sub(_counted, code)


def _counted(match: re.Match[str]) -> str:
    kind, name, begin, end, step = match.groups()
    count, turn = f"{name}__count", f"{name}__turn"
    return (
        f"for (long long {turn} = 0, {count} = map_count({begin}, {end}, {step}); {turn} < {count}; ++{turn}) {{ "
        f"{kind} {name} = map_place({begin}, {count}, {step}, {turn});"
    )


def _run(command: Sequence[str]) -> str:
    """Run a compiler; returns its first errors."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT)
    except subprocess.TimeoutExpired:
        return f"The compiler was ended after {_TIMEOUT:.0f} s."
    if done.returncode == 0:
        return ""
    errors = [line for line in done.stderr.splitlines() if "error" in line.lower()]
    return "\n".join(errors or [done.stderr])[:_LONGEST_REASON] or f"The compiler ended with {done.returncode}."
