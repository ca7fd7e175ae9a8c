"""The worker's side: takes an order, has a child do it, and answers with plain data. It never sees the database."""

from __future__ import annotations

import errno
import functools
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from dace_transfer.cache import cache_folder
from dace_transfer.child import Child, Ended
from dace_transfer.sweep.locks import alone, beside
from dace_transfer.sweep.task import BUILD, CUT, DISK, START, Answer, NewTask, Order, again, failed

_START_TIMEOUT = 120.0
_ROOM = 256 * 2**20  # Bytes that have to be free, or compilers and databases fail in all kinds of ways.
_PROCESSORS = "cpu"
_CHILD = "dace_transfer.sweep.child"


class Crew:
    """The children of one process: one for each thread that works, started anew when it died."""

    def __init__(self, module: str = _CHILD) -> None:
        """Prepare; children start with the first orders.

        Args:
            module: What children run.
        """
        self._module = module
        self._children: dict[tuple[int, int], Child] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._guard = threading.Lock()
        self._over = False

    def work(self, order: Order) -> Answer:
        """Carry out an order, whatever becomes of the child; devices are waited for as long as it takes."""
        if not _has_room():
            return again(DISK, f"Less than {_ROOM >> 20} MiB are free for temporary files or in '{cache_folder()}'.")
        with _devices(order, lambda: self._over):
            start = time.monotonic()
            answer = self._ask(order)
        if not _has_room() or _tells_of_full_disk(answer):
            return again(DISK, "The disk ran full, so that what came out cannot be trusted.")
        return replace(answer, seconds=time.monotonic() - start)

    def stop(self) -> None:
        """End all children; orders that are under way come to nothing, and no further ones are taken."""
        self._over = True
        with self._guard:
            children, self._children = list(self._children.values()), {}
            folder, self._folder = self._folder, None
        for child in children:
            child.kill()
        if folder is not None:
            folder.cleanup()

    def _ask(self, order: Order) -> Answer:
        child = self._child(threads_of(order))
        if isinstance(child, Ended):
            return again(START, f"A child cannot be started: {child.message}")
        child.send({"step": order.step, "device": order.device, "arguments": dict(order.arguments)})
        reply = child.receive(order.timeout)
        if not isinstance(reply, Ended):
            return answer_of(reply)
        self._discard(child)
        return failed("timeout", reply.message) if reply.kind == "timeout" else again(reply.kind, reply.message)

    def _child(self, threads: int) -> Child | Ended:
        """This thread's child for a number of OpenMP threads, which a process cannot change."""
        key = (threading.get_ident(), threads)
        child = self._children.get(key)
        if child is not None and child.alive:
            return child
        with self._guard:
            if self._over:
                return Ended("crash", "The worker was stopped.")
            self._folder = self._folder or _folder()
            child = Child(self._module, _environment(threads), Path(tempfile.mkdtemp(dir=self._folder.name)))
            self._children[key] = child
        ready = child.receive(_START_TIMEOUT)
        if isinstance(ready, Ended):
            self._discard(child)
            return ready
        return child

    def _discard(self, child: Child) -> None:
        child.close()
        with self._guard:
            self._children = {key: other for key, other in self._children.items() if other is not child}


@functools.cache
def crew() -> Crew:
    """The crew of this process."""
    return Crew()


def work(order: Order) -> Answer:
    """Carry out an order with the crew of this process; what Dask's workers are asked to call."""
    return crew().work(order)


def threads_of(order: Order) -> int:
    """OpenMP threads of an order here, whatever Dask or the shell has set."""
    return order.threads or len(os.sched_getaffinity(0))


def answer_of(reply: Mapping[str, Any]) -> Answer:
    """The answer that a child's reply says."""
    if "state" not in reply:
        return failed("protocol", f"The child replied with {', '.join(reply) or 'nothing'}.")
    return Answer(
        state=reply["state"],
        failure=reply.get("failure", ""),
        reason=reply.get("reason", ""),
        records=tuple((name, values) for name, values in reply.get("records", ())),
        follow=tuple(NewTask(**new) for new in reply.get("follow", ())),
    )


@contextmanager
def _devices(order: Order, over: Callable[[], bool]) -> Iterator[None]:
    """Hold what an order needs: a device to measure on, alone; and the processors, unless that is what they are for."""
    measures = order.step not in (CUT, BUILD)
    with ExitStack() as stack:
        if measures:
            stack.enter_context(alone(_device(order.device), over))
        if not measures or order.device != _PROCESSORS:
            stack.enter_context(beside(_PROCESSORS, over))
        yield


def _device(target: str) -> str:
    """The name of the device on this host that a worker was given; of several GPUs each worker sees one."""
    return target if target == _PROCESSORS else f"{target}-{os.environ.get('CUDA_VISIBLE_DEVICES', '0')}"


def _environment(threads: int) -> dict[str, str]:
    """Sets are ordered by hashes of strings, and equal programs have to be written down equally to be found built."""
    return {"OMP_NUM_THREADS": str(threads), "PYTHONHASHSEED": "0"}


def _folder() -> tempfile.TemporaryDirectory[str]:
    """What children write into; what those that were killed had started may do so for a moment longer."""
    return tempfile.TemporaryDirectory(prefix="dace-transfer-worker-", ignore_cleanup_errors=True)


def _tells_of_full_disk(answer: Answer) -> bool:
    """Whether a compiler, or anything else that was run, had no room, though there is some again."""
    reasons = (answer.reason, *(str(values.get("reason", "")) for _, values in answer.records))
    return any(os.strerror(errno.ENOSPC) in reason for reason in reasons)


def _has_room() -> bool:
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    return all(shutil.disk_usage(place).free > _ROOM for place in (cache, tempfile.gettempdir()))
