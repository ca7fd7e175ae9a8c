"""From words to programs and sizes."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dace_transfer.errors import DaceTransferError


def load_program(source: str) -> Any:
    """Import FILE.py and return its program NAME.

    Raises:
        DaceTransferError: There is no such file, no such name, or it is no program.
    """
    return program_in(load_object(source), source)


def program_in(entry: Any, source: str) -> Any:
    """Return the program that an object is, or has as its attribute `program`.

    Raises:
        DaceTransferError: It neither is one nor has one.
    """
    from dace import SDFG
    from dace.frontend.python.parser import DaceProgram

    program = entry if isinstance(entry, (DaceProgram, SDFG)) else getattr(entry, "program", entry)
    if not isinstance(program, (DaceProgram, SDFG)):
        raise DaceTransferError(f"'{source}' is no @dace.program and has none, it is of type {type(entry).__name__}.")
    return program


def load_object(source: str) -> Any:
    """Import FILE.py and return what it calls NAME.

    Raises:
        DaceTransferError: There is no such file or no such name.
    """
    from dace.frontend.python.parser import DaceProgram

    path, colon, name = source.rpartition(":")
    if not colon:
        raise DaceTransferError(f"Expected FILE.py:NAME, got '{source}'.")
    file = Path(path)
    if not file.is_file():
        raise DaceTransferError(f"There is no file '{path}'.")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise DaceTransferError(f"'{path}' is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    sys.path.insert(0, str(file.parent))
    spec.loader.exec_module(module)
    if not hasattr(module, name):
        found = sorted(key for key, value in vars(module).items() if isinstance(value, DaceProgram))
        raise DaceTransferError(f"'{name}' is no @dace.program of '{path}'; it has {', '.join(found) or 'none'}.")
    return getattr(module, name)


def parse_sizes(words: Sequence[str]) -> dict[str, int]:
    """Read `N=1000` words.

    Raises:
        DaceTransferError: A word is malformed.
    """
    sizes: dict[str, int] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not value.strip().isdigit():
            raise DaceTransferError(f"Expected a size like N=1000, got '{word}'.")
        sizes[name.strip()] = int(value)
    return sizes
