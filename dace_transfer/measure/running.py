"""Running binaries from outside: starts the children, enforces their limits and reads their answers."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dace_transfer.building.binary import Binary
from dace_transfer.child import Child, Ended
from dace_transfer.measure.inputs import Inputs, to_json
from dace_transfer.target import Target

BATCHES = 5
BATCH_SECONDS = 0.01
LONGEST_RUN = 120.0
_START_TIMEOUT = 60.0
_MEMORY_SHARE = 0.75


@dataclass(frozen=True)
class Timing:
    """What one fresh process measured.

    Attributes:
        samples: Seconds per call of every batch.
        calls: Calls per batch.
    """

    samples: tuple[float, ...]
    calls: int


@dataclass(frozen=True)
class RunFailure:
    """A binary that did not run to its end. An outcome, not an error.

    Attributes:
        kind: "crash", "timeout", "memory", "guard" (it wrote outside a buffer) or "abi" (other arguments).
        reason: One sentence.
    """

    kind: str
    reason: str


@contextmanager
def runner(target: Target) -> Iterator[Child | Ended]:
    """A fresh running child in the target's environment and an empty folder; ended on leaving."""
    with tempfile.TemporaryDirectory(prefix="dace-transfer-run-") as folder:
        child = Child("dace_transfer.measure.runner", target.environment(), Path(folder))
        try:
            ready = child.receive(_START_TIMEOUT)
            yield ready if isinstance(ready, Ended) else child
        finally:
            child.close()


def time_once(
    binary: Binary,
    inputs: Inputs,
    target: Target,
    *,
    calls: int | None = None,
    batches: int = BATCHES,
    timeout: float = LONGEST_RUN,
    memory: int | None = None,
) -> Timing | RunFailure:
    """Time a binary in one fresh process.

    Args:
        binary: What to time.
        inputs: What to run it on.
        target: Whose environment to run in.
        calls: Calls per batch; None lets the child find a number that makes a batch long enough.
        batches: Samples to take.
        timeout: Seconds for all of it, after which the child is killed.
        memory: Bytes of address space the child may use; None is three quarters of the machine's memory.
    """
    request = {
        "op": "time",
        "binary": wire(binary),
        "inputs": to_json(inputs),
        "batches": batches,
        "batch_seconds": BATCH_SECONDS,
        "calls": calls,
        "memory": memory or memory_limit(),
    }
    with runner(target) as child:
        if isinstance(child, Ended):
            return RunFailure(child.kind, child.message)
        child.send(request)
        answer = child.receive(timeout)
    if isinstance(answer, Ended):
        return RunFailure(answer.kind, answer.message)
    if "samples" not in answer:
        return RunFailure(answer["kind"], answer["reason"])
    return Timing(tuple(answer["samples"]), answer["calls"])


def wire(binary: Binary) -> dict[str, Any]:
    """The form of a binary that crosses a pipe."""
    return asdict(binary) | {"library": str(binary.library)}


def memory_limit() -> int:
    """Bytes of address space a child may use by default."""
    return int(_MEMORY_SHARE * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
