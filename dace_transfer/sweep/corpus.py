"""From the names in a specification to programs with the sizes they are tuned at."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dace_transfer.errors import SweepError
from dace_transfer.loading import load_object, program_in


@dataclass(frozen=True)
class Loaded:
    """A program that is to be tuned.

    Attributes:
        program: A `@dace.program` or an SDFG.
        arguments: Argument values by name; see `tune`.
        family: Its kernel family, "" when it has none.
    """

    program: Any
    arguments: Mapping[str, Any]
    family: str


def names_in(corpus: str, path: Sequence[str]) -> list[str]:
    """Names of all programs of a corpus.

    Raises:
        SweepError: There is no such corpus.
    """
    return [str(name) for name in _mapping(corpus, path)]


def load(said: Mapping[str, Any]) -> Loaded:
    """Import what the payload of a task names.

    Args:
        said: "source" (FILE.py:NAME) or "corpus", "path" and "name"; and "size", a name or values by symbol.

    Raises:
        DaceTransferError: There is no such program, or it has no such size.
    """
    if "source" in said:
        name, entry = said["source"], load_object(said["source"])
    else:
        name, programs = said["name"], _mapping(said["corpus"], said["path"])
        if name not in programs:
            raise SweepError(f"The corpus '{said['corpus']}' has no program '{name}'.")
        entry = programs[name]
    program = program_in(entry, name)
    about = entry if entry is not program else None
    return Loaded(program, _arguments(about, name, said["size"]), str(getattr(about, "family", "")))


def _arguments(entry: Any, name: str, size: str | Mapping[str, int]) -> dict[str, Any]:
    if isinstance(size, Mapping):
        return dict(size)
    sizes = getattr(entry, "sizes", {})
    if size not in sizes:
        known = ", ".join(sizes) or "none"
        raise SweepError(f"'{name}' has no size '{size}', its sizes are: {known}; values are given as {{N = 1000}}.")
    inputs = getattr(entry, "inputs", None)
    return {**sizes[size], **(inputs(size) if inputs is not None else {})}


def _mapping(corpus: str, path: Sequence[str]) -> Mapping[str, Any]:
    module, colon, name = corpus.partition(":")
    if not colon:
        raise SweepError(f"Expected a corpus like 'package.module:NAME', got '{corpus}'.")
    sys.path[:0] = [folder for folder in path if folder not in sys.path]
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise SweepError(f"The corpus '{corpus}' cannot be imported ({error}); looked in {', '.join(path)}.") from error
    if not isinstance(found, Mapping):
        raise SweepError(f"The corpus '{corpus}' is a {type(found).__name__}; expected a mapping of names to programs.")
    return found
