"""What is done in a sweep, and what comes of it: plain data that crosses the borders of processes and machines."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dace_transfer.database.codec import canonical

# Kinds of tasks.
CUT, RATE, TUNE = "cut", "rate", "tune"

# States: what was achieved for a task. Who works on it is told by its lease, so that losing a lease loses nothing else.
QUEUED, COMPILED = "queued", "compiled"
DONE_CUTTING, MEASURED, FAILED = "cut", "measured", "failed"
OPEN, FINAL = (QUEUED, COMPILED), (DONE_CUTTING, MEASURED, FAILED)

# Steps: what a worker is asked to do.
BUILD = "build"

COMPILE = "compile"  # The role of workers that only compute.

# What is no answer, and ends in another try: the worker is gone, there is no room on its disk, or its children cannot
# be started. The latter two are not the task's fault, however often they happen.
LOST, DISK, START = "lost", "disk", "start"
POSTPONED = (DISK, START)


def measuring(device: str) -> str:
    """The role of workers that measure on a device."""
    return f"measure-{device}"


def role_of(kind: str, state: str, device: str) -> str:
    """Which workers the next step of a task is for, "" when there is none."""
    if state in FINAL:
        return ""
    return COMPILE if kind == CUT or (kind == RATE and state == QUEUED) else measuring(device)


@dataclass(frozen=True)
class NewTask:
    """A task that is to be added to a sweep.

    Attributes:
        kind: `CUT` (a program into its workloads), `RATE` (the bank of recipes on one workload) or `TUNE` (a program).
        device: What it is measured on.
        subject: What names it among all tasks of its kind and device, so that it is added once.
        label: What people call it.
        payload: What a worker needs to know.
    """

    kind: str
    device: str
    subject: str
    label: str
    payload: Mapping[str, Any]

    def id(self, sweep: str) -> str:
        """Equal for equal tasks of a sweep, however often it is planned."""
        text = canonical([sweep, self.kind, self.device, self.subject])
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Task:
    """A task of a sweep, as it was when it was leased.

    Attributes:
        id: Its identity.
        position: Its place in the plan; tasks that follow from it have the same.
        kind: See `NewTask`.
        device: See `NewTask`.
        label: See `NewTask`.
        payload: See `NewTask`.
        state: What was achieved.
        tries: How often it was lost.
    """

    id: str
    position: int
    kind: str
    device: str
    label: str
    payload: Mapping[str, Any]
    state: str
    tries: int

    @property
    def role(self) -> str:
        """Which workers its next step is for."""
        return role_of(self.kind, self.state, self.device)

    @property
    def step(self) -> str:
        """What is to be done next."""
        return BUILD if self.kind == RATE and self.state == QUEUED else self.kind


@dataclass(frozen=True)
class Order:
    """What a worker is asked to do; all it needs is in it.

    Attributes:
        id: Names the order; a task that is tried again makes another one.
        step: `CUT`, `BUILD`, `RATE` or `TUNE`.
        role: Which workers it is for.
        device: What is measured on.
        arguments: JSON values.
        threads: OpenMP threads, None for all processors that the worker may use.
        timeout: Seconds after which it is given up.
    """

    id: str
    step: str
    role: str
    device: str
    arguments: Mapping[str, Any]
    threads: int | None = None
    timeout: float = 3600.0


@dataclass(frozen=True)
class Answer:
    """What came of an order.

    Attributes:
        state: What the task's state is now; "" where it has to be tried again.
        failure: In a word, why it failed or has to be tried again; "" otherwise.
        reason: One sentence.
        records: What is to be stored, each as its kind and its JSON values, what others refer to first.
        follow: Tasks that follow from it.
        seconds: Time the worker spent on it.
    """

    state: str
    failure: str = ""
    reason: str = ""
    records: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    follow: tuple[NewTask, ...] = ()
    seconds: float = 0.0


def again(failure: str, reason: str) -> Answer:
    """The answer that there is none yet."""
    return Answer("", failure, reason)


def failed(failure: str, reason: str, seconds: float = 0.0) -> Answer:
    """The answer that the task cannot be done."""
    return Answer(FAILED, failure, reason, seconds=seconds)
