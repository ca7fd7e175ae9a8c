"""Files to share: one JSON line for each record after a manifest, the same bytes for the same records."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

from dace_transfer import __version__
from dace_transfer.database.codec import KINDS, canonical, from_json, to_json
from dace_transfer.database.records import Record, VerificationRecord, WorkloadRecord
from dace_transfer.database.store import Store
from dace_transfer.errors import StoreError
from dace_transfer.whole import whole

_FORMAT = "dace_transfer records"
_SCHEMA = 1


@dataclass(frozen=True)
class Manifest:
    """The first line of an export.

    Attributes:
        counts: Lines of each kind of record.
        content: SHA-256 of all other lines.
        date: Time of the newest tuning record, "" when there is none; a clock would make equal exports differ.
        package: dace_transfer that wrote the file.
        dace: DaCe installed beside it, "" for none.
        format: What the file is.
        schema: Version of its lines.
    """

    counts: Mapping[str, int]
    content: str
    date: str
    package: str
    dace: str
    format: str = _FORMAT
    schema: int = _SCHEMA


class _LineError(StoreError):
    """A line of a file is malformed."""


def export_to(store: Store, path: str | Path, *, embeddings: bool = True) -> Manifest:
    """Write all records of a store to a file, compressed when its name ends in ".gz".

    Args:
        store: Where the records are; other writers wait meanwhile.
        path: Replaced when complete, untouched otherwise.
        embeddings: Whether to write vectors, which can be made again from the workloads.

    Raises:
        StoreError: The store cannot be read or the file not be written.
    """
    path = Path(path)
    try:
        with whole(path) as part, store.transaction():
            manifest = _manifest(store, embeddings)
            with part.open("wb") as raw, _compressed(raw, path) as file:
                file.write(f"{canonical(asdict(manifest))}\n".encode())
                for _, line in _lines(store, embeddings):
                    file.write(line)
    except OSError as error:
        raise StoreError(f"The export '{path}' cannot be written ({error}); choose another place.") from error
    return manifest


def read_manifest(path: str | Path) -> Manifest:
    """Read the first line of an export.

    Raises:
        StoreError: It is no export, or one of a newer version.
    """
    with _text_of(Path(path)) as file:
        return _parse_manifest(next(file, ""), Path(path))


def import_from(store: Store, path: str | Path) -> Manifest:
    """Merge a file into a store: all of it or, when anything is wrong with it, nothing.

    Verifications it brings are kept but not trusted.

    Raises:
        StoreError: The file cannot be read, is malformed, incomplete or of a newer version.
    """
    path = Path(path)
    with _text_of(path) as file:
        manifest = _parse_manifest(next(file, ""), path)
        progress = _Progress()
        try:
            with store.transaction():
                store.put_all(_parse_lines(file, path, progress))
                if (progress.hash.hexdigest(), progress.counts) != (manifest.content, Counter(manifest.counts)):
                    raise _LineError(
                        f"'{path}' does not hold what its first line says ({dict(manifest.counts)}, got "
                        f"{dict(progress.counts)}): it was cut short or edited; nothing of it was imported, "
                        "get or export it again."
                    )
        except _LineError:
            raise
        except StoreError as error:
            raise StoreError(
                f"Nothing of '{path}' was imported, from line {progress.line} or above: {error}"
            ) from error
    return manifest


def merge(store: Store, other: Store) -> None:
    """Put all records of another store into a store, all or nothing; its verifications are not trusted."""
    with store.transaction():
        for kind in KINDS.values():
            store.put_all(_untrusted(record) for record in other.records(kind))


class _Progress:
    """How far into a file an import is."""

    def __init__(self) -> None:
        self.line = 1
        self.counts: Counter[str] = Counter()
        self.hash = hashlib.sha256()


def _untrusted(record: Record) -> Record:
    return replace(record, local=False) if isinstance(record, VerificationRecord) else record


def _manifest(store: Store, embeddings: bool) -> Manifest:
    counts: Counter[str] = Counter()
    content = hashlib.sha256()
    for name, line in _lines(store, embeddings):
        counts[name] += 1
        content.update(line)
    try:
        dace = metadata.version("dace")
    except metadata.PackageNotFoundError:
        dace = ""
    return Manifest(dict(sorted(counts.items())), content.hexdigest(), store.stats().newest, __version__, dace)


def _lines(store: Store, embeddings: bool) -> Iterator[tuple[str, bytes]]:
    """Yield the kind and the line of each record, what others refer to first."""
    for name, kind in KINDS.items():
        if name == "embedding" and not embeddings:
            continue
        entries = _workloads(store) if kind is WorkloadRecord else map(_shared, store.records(kind))
        yield from ((name, f"{canonical([name, values])}\n".encode()) for values in entries)


def _workloads(store: Store) -> Iterator[dict[str, Any]]:
    """Yield each workload once, with all its occurrences: an SDFG is long."""
    for _, group in groupby(store.records(WorkloadRecord), key=lambda record: record.digest):
        occurrences = [(values.pop("program"), values.pop("family"), values) for values in map(to_json, group)]
        yield occurrences[0][2] | {"occurrences": sorted([program, family] for program, family, _ in occurrences)}


def _shared(record: Record) -> dict[str, Any]:
    values = to_json(record)
    values.pop("local", None)
    return values


def _parse_manifest(line: str, path: Path) -> Manifest:
    try:
        values = json.loads(line)
        if values["format"] != _FORMAT:
            raise ValueError(values["format"])
        if values["schema"] > _SCHEMA:
            raise StoreError(
                f"'{path}' was exported by dace_transfer {values['package']} in version {values['schema']} of the "
                f"format, and {__version__} reads up to {_SCHEMA}; upgrade dace_transfer."
            )
        return Manifest(**{**values, "counts": dict(values["counts"])})
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise StoreError(
            f"The first line of '{path}' is no manifest; give a file made by `dace-transfer db export`."
        ) from error


def _parse_lines(file: Iterable[str], path: Path, progress: _Progress) -> Iterator[Record]:
    for line in file:
        progress.line += 1
        progress.hash.update(line.encode())
        try:
            name, values = json.loads(line)
            if name not in KINDS:
                raise StoreError(f"There is no kind of record '{name}'; there are {', '.join(KINDS)}.")
            progress.counts[name] += 1
            yield from _parse(KINDS[name], values)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, StoreError) as error:
            what = (
                str(error).rstrip(".") if isinstance(error, StoreError) else "it is not a JSON list of kind and fields"
            )
            raise _LineError(
                f"Line {progress.line} of '{path}' is malformed: {what}; nothing of the file was imported, "
                "get or export it again."
            ) from error


def _parse(kind: type[Any], values: dict[str, Any]) -> list[Record]:
    if kind is WorkloadRecord:
        values = dict(values)
        places = values.pop("occurrences")
        if not places:
            raise StoreError("A workload occurs in at least one program, got none.")
        return [from_json(WorkloadRecord, {**values, "program": p, "family": f}) for p, f in places]
    if kind is VerificationRecord:
        values = {**values, "local": False}
    return [from_json(kind, values)]


@contextmanager
def _compressed(raw: BinaryIO, path: Path) -> Iterator[Any]:
    if path.suffix != ".gz":
        yield raw
        return
    # No name and no time inside, so that equal exports are equal files.
    with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as file:
        yield file


@contextmanager
def _text_of(path: Path) -> Iterator[Iterator[str]]:
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            yield io.TextIOWrapper(file, encoding="utf-8", newline="\n")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise StoreError(f"'{path}' cannot be read to its end ({error}); get or export it again.") from error
