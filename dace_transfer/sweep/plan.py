"""From a specification to the tasks it begins with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dace_transfer.database.codec import canonical
from dace_transfer.errors import SweepError
from dace_transfer.sweep.corpus import names_in
from dace_transfer.sweep.spec import BANK, Size, Spec
from dace_transfer.sweep.task import CUT, TUNE, NewTask


def planned(spec: Spec, folder: Path) -> Iterator[NewTask]:
    """The tasks that a sweep begins with: one for each program, size and target, the smaller sizes' first.

    Equal specifications give equal tasks. Where the bank is rated, further tasks follow from what programs fall into.

    Args:
        spec: What is wanted.
        folder: Where files are looked for, and modules, which may also be in the working folder.

    Raises:
        SweepError: There is no such corpus, or a program is not in it.
    """
    kind = CUT if spec.mode == BANK else TUNE
    how = {} if spec.mode == BANK else {"mode": spec.mode, "budget": spec.budget}
    programs = _programs(spec, folder)
    for target in spec.targets:
        for size in spec.sizes:
            for name, where in programs.items():
                label = f"{name} {_text(size)} {target}"
                payload = {"program": {**where, "size": size}, **how}
                yield NewTask(kind, target, canonical([name, size]), label, payload)


def _programs(spec: Spec, folder: Path) -> Mapping[str, dict[str, Any]]:
    """Where each program is found, by what it is called in the specification."""
    if not spec.corpus:
        return {name: {"source": _absolute(name, folder)} for name in spec.programs}
    path = [str(folder.resolve()), str(Path.cwd())]
    known = names_in(spec.corpus, path)
    if unknown := sorted(set(spec.programs) - set(known)):
        raise SweepError(f"The corpus '{spec.corpus}' has no program {', '.join(map(repr, unknown))}.")
    return {name: {"corpus": spec.corpus, "path": path, "name": name} for name in spec.programs or known}


def _absolute(source: str, folder: Path) -> str:
    path, colon, name = source.rpartition(":")
    if not colon:
        raise SweepError(f"Expected a program like 'FILE.py:NAME', got '{source}'.")
    return f"{(folder / path).resolve()}:{name}"


def _text(size: Size) -> str:
    return size if isinstance(size, str) else ",".join(f"{name}={value}" for name, value in size.items())
