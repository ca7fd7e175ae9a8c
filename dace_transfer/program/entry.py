"""A tuned and built program: in memory, and as a folder that other processes use without tuning or parsing."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import dace

from dace_transfer.building.binary import Binary, from_json
from dace_transfer.errors import StoreError, told
from dace_transfer.report import Report
from dace_transfer.written import load, save

FORMAT = 1
_ENTRY = "entry.json"
_REPORT = "report.json"
_SDFG = "program.sdfgz"
_LIBRARY = "libprogram.so"
_STALE = 24 * 3600.0


@dataclass(frozen=True)
class Entry:
    """One program, tuned for one kind of arguments and built.

    Attributes:
        binary: The library, and how to call it.
        symbols: Value of each size symbol of the program.
        uses_outer_arrays: Whether some arguments of the binary are arrays the program finds outside of itself.
        report_text: The report, as JSON.
        source: What the library was made of, or the file it lies in.
    """

    binary: Binary
    symbols: Mapping[str, int]
    uses_outer_arrays: bool
    report_text: str
    source: dace.SDFG | Path

    @cached_property
    def report(self) -> Report:
        """How it was tuned."""
        return Report.from_json(self.report_text)

    @cached_property
    def sdfg(self) -> dace.SDFG:
        """The tuned SDFG."""
        return load(self.source) if isinstance(self.source, Path) else self.source


def write(folder: Path, entry: Entry) -> None:
    """Make a folder out of an entry.

    Raises:
        OSError: The folder cannot be written.
    """
    folder.mkdir(parents=True)
    save(entry.sdfg, folder / _SDFG)
    (folder / _REPORT).write_text(entry.report_text)
    shutil.copyfile(entry.binary.library, folder / _LIBRARY)
    description = {
        "format": FORMAT,
        "binary": {key: value for key, value in asdict(entry.binary).items() if key != "library"},
        "symbols": dict(entry.symbols),
        "uses_outer_arrays": entry.uses_outer_arrays,
        "sha256": {name: _digest(folder / name) for name in (_SDFG, _REPORT, _LIBRARY)},
    }
    (folder / _ENTRY).write_text(json.dumps(description))


def read(folder: Path) -> Entry:
    """Read an entry back; a library that is not byte for byte what was written is never loaded.

    Raises:
        StoreError: The entry is damaged, or of another version.
    """
    try:
        description: dict[str, Any] = json.loads((folder / _ENTRY).read_text())
        if description["format"] != FORMAT:
            raise StoreError(f"The entry '{folder}' is of format {description['format']}; expected {FORMAT}.")
        for name, digest in description["sha256"].items():
            if _digest(folder / name) != digest:
                raise StoreError(f"The file '{folder / name}' is not what was written there.")
        return Entry(
            binary=from_json(description["binary"], folder / _LIBRARY),
            symbols=description["symbols"],
            uses_outer_arrays=description["uses_outer_arrays"],
            report_text=(folder / _REPORT).read_text(),
            source=folder / _SDFG,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"The entry '{folder}' cannot be read: {told(error)}.") from error


class EntryFolder:
    """The folder of all entries. Any number of processes may use it, and be killed, at any time."""

    def __init__(self, root: Path) -> None:
        """Name the folder; nothing is made yet."""
        self.root = root

    def find(self, key: str) -> Entry | None:
        """Return the entry of a key, or None.

        Raises:
            StoreError: There is one, but it is damaged.
        """
        return read(self.root / key) if (self.root / key).is_dir() else None

    def add(self, key: str, entry: Entry) -> Entry:
        """Store an entry under a key: it appears as a whole, or not at all.

        Where another process was faster, its entry stays and is returned.

        Raises:
            OSError: The folder cannot be written.
            StoreError: What was written cannot be read back.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        _sweep(self.root)
        with tempfile.TemporaryDirectory(prefix=".staging-", dir=self.root) as name:
            staging = Path(name) / "entry"
            write(staging, entry)
            with contextlib.suppress(OSError):
                staging.rename(self.root / key)
        return read(self.root / key)

    def remove(self, key: str) -> None:
        """Remove an entry that is of no use."""
        shutil.rmtree(self.root / key, ignore_errors=True)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _sweep(root: Path) -> None:
    """Remove what killed processes left behind."""
    for folder in root.glob(".staging-*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - folder.stat().st_mtime > _STALE:
                shutil.rmtree(folder, ignore_errors=True)
