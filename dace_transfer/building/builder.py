"""Turns SDFGs into binaries, in child processes that are killed when they take too long."""

from __future__ import annotations

import contextlib
import queue
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import dace

from dace_transfer import written
from dace_transfer.building.binary import Binary, Failure, from_json, load, save
from dace_transfer.building.key import build_key
from dace_transfer.child import Child, Ended
from dace_transfer.errors import told
from dace_transfer.target import Target
from dace_transfer.transformations.environments import options_of

_LARGEST_UNIT = 16
_START_TIMEOUT = 120.0
_STALE = 24 * 3600.0

Outcome = Binary | Failure


@dataclass(frozen=True)
class _Item:
    key: str
    json: dict[str, Any]
    shared: frozenset[str]  # What of it all of its unit gets.

    @property
    def name(self) -> str:
        """Unique among all programs, so that any number can share a library and a process."""
        return f"t{self.key}"


class Builder:
    """A pool of child processes that compile, and a content-addressed cache of what they compiled.

    The cache folder may be shared by any number of processes: entries appear by an atomic rename, and a process
    that is killed leaves nothing but a staging folder, which a later builder removes.
    """

    def __init__(self, target: Target, root: Path, workers: int = 2) -> None:
        """Prepare a builder; children start when there is something to build.

        Args:
            target: Its flags are those of every build; empty flags mean DaCe's own.
            root: Folder of the cache; made if missing.
            workers: Children that compile at the same time.
        """
        self.target = target
        self.root = Path(root).resolve()
        for folder in ("entries", "units"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        _sweep(self.root)
        self._workers = workers
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="build")
        self._children: list[Child] = []
        self._idle: queue.SimpleQueue[Child | None] = queue.SimpleQueue()
        for _ in range(workers):
            self._idle.put(None)

    def __enter__(self) -> Builder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def build(self, sdfgs: Sequence[dace.SDFG], timeout: float = 120.0) -> list[Binary | Failure]:
        """Build SDFGs, together as far as that works; a bad one costs only itself.

        What was built before, by any process, is taken from the cache.

        Args:
            sdfgs: Stand-alone SDFGs; never changed.
            timeout: Seconds one compilation may take before its child is killed.

        Returns:
            One outcome per SDFG, in the order given.
        """
        items = [self._item(sdfg) for sdfg in sdfgs]
        wanted = {item.key: item for item in items if isinstance(item, _Item)}
        outcomes: dict[str, Outcome] = {}
        for key in wanted:
            cached = load(self._entry(key))
            if cached is not None:
                outcomes[key] = cached
        units = _units([item for key, item in wanted.items() if key not in outcomes], self._workers)
        for built in self._threads.map(lambda unit: self._build(unit, timeout), units):
            outcomes |= built
        return [outcomes[item.key] if isinstance(item, _Item) else item for item in items]

    def close(self) -> None:
        """End the children. A build that is under way in another thread fails."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for child in self._children:
            child.kill()
        self._threads.shutdown(wait=True)
        for child in self._children:
            child.close()

    def _item(self, sdfg: dace.SDFG) -> _Item | Failure:
        try:
            json = written.to_json(sdfg)
            key, shared = build_key(json, self.target), _shared(sdfg)
        except Exception as error:  # noqa: BLE001 -- a candidate may be broken in any way
            return Failure("codegen", f"The SDFG cannot be written down: {told(error)}")
        json["attributes"] = json["attributes"] | {"name": f"t{key}"}
        return _Item(key, json, shared)

    def _entry(self, key: str) -> Path:
        return self.root / "entries" / key

    def _build(self, items: Sequence[_Item], timeout: float) -> dict[str, Outcome]:
        """Build as one unit; when that fails, halve it until the culprits are alone."""
        with tempfile.TemporaryDirectory(prefix=".staging-", dir=self.root) as name:
            staging = Path(name)
            unit = f"u{uuid.uuid4().hex[:20]}"
            answer = self._compile(items, unit, staging, timeout)
            if isinstance(answer, Ended):
                failed, outcomes = list(items), dict[str, Outcome]()
                failure = Failure("timeout" if answer.kind == "timeout" else "crash", answer.message)
            else:
                outcomes = _refused(items, answer["failures"])
                failed = [item for item in items if item.key not in outcomes]
                failure = Failure("compile", answer["error"] or "The compiler gave no reason.")
                if answer["library"] is not None:
                    return outcomes | self._finish(failed, answer, unit, staging)
        if len(failed) <= 1:
            return outcomes | {item.key: failure for item in failed}
        half = len(failed) // 2
        return outcomes | self._build(failed[:half], timeout) | self._build(failed[half:], timeout)

    def _compile(self, items: Sequence[_Item], unit: str, staging: Path, timeout: float) -> dict[str, Any] | Ended:
        sdfgs = []
        for item in items:
            path = staging / f"{item.name}.sdfg"
            path.write_text(written.dumps(item.json))
            sdfgs.append({"path": str(path), "name": item.name})
        request = {
            "sdfgs": sdfgs,
            "unit": unit,
            "folder": str(staging / "program"),
            "flags": self.target.flags,
        }
        with self._child() as child:
            if isinstance(child, Ended):
                return child
            child.send(request)
            return child.receive(timeout)

    def _finish(self, items: Sequence[_Item], answer: dict[str, Any], unit: str, staging: Path) -> dict[str, Outcome]:
        """Move the library to its place, then make the entries that name it appear."""
        library = Path(answer["library"])
        finished = staging / "unit"
        finished.mkdir()
        shutil.move(library, finished / library.name)
        finished.rename(self.root / "units" / unit)
        outcomes: dict[str, Outcome] = {}
        for item in items:
            binary = from_json(answer["binaries"][item.name], self.root / "units" / unit / library.name)
            entry = self._entry(item.key)
            prepared = staging / item.key
            prepared.mkdir()
            save(binary, prepared)
            if load(entry) is None:
                shutil.rmtree(entry, ignore_errors=True)
            # Fails where another process finished the same build first; ours is as good, for this call.
            with contextlib.suppress(OSError):
                prepared.rename(entry)
            outcomes[item.key] = binary
        return outcomes

    @contextlib.contextmanager
    def _child(self) -> Iterator[Child | Ended]:
        child = self._idle.get()
        try:
            if child is None or not child.alive:
                child = self._start()
                ready = child.receive(_START_TIMEOUT)
                if isinstance(ready, Ended):
                    yield ready
                    return
            yield child
        finally:
            self._idle.put(child)

    def _start(self) -> Child:
        child = Child("dace_transfer.building.child", {}, self.root)
        self._children.append(child)
        return child


def _refused(items: Iterable[_Item], failures: dict[str, str]) -> dict[str, Outcome]:
    return {item.key: Failure("codegen", failures[item.name]) for item in items if item.name in failures}


def _shared(sdfg: dace.SDFG) -> frozenset[str]:
    """What of an SDFG reaches everything it is compiled with: the compiler's options, and declarations of tasklets."""
    tasklets = (node for node, _ in sdfg.all_nodes_recursive() if isinstance(node, dace.nodes.Tasklet))
    return options_of(sdfg).union(tasklet.code_global.as_string or "" for tasklet in tasklets) - {""}


def _units(items: Sequence[_Item], workers: int) -> list[Sequence[_Item]]:
    """Share items out evenly, in units that a compiler still takes quickly and in which all share the same."""
    groups: dict[frozenset[str], list[_Item]] = {}
    for item in items:
        groups.setdefault(item.shared, []).append(item)
    return [unit for group in groups.values() for unit in _chunks(group, workers * len(group) // len(items))]


def _chunks(items: Sequence[_Item], count: int) -> list[Sequence[_Item]]:
    """Cut into about `count` chunks of about equal size, none of them too large."""
    chunks = max(1, min(count, len(items)), -(-len(items) // _LARGEST_UNIT))
    size = -(-len(items) // chunks)
    return [items[start : start + size] for start in range(0, len(items), size)]


def _sweep(root: Path) -> None:
    """Remove what killed processes left behind."""
    for folder in root.glob(".staging-*"):
        try:
            if time.time() - folder.stat().st_mtime > _STALE:
                shutil.rmtree(folder, ignore_errors=True)
        except FileNotFoundError:
            continue
