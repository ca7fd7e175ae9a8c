"""Runs differential trials in a child, survives its death, and finds out who caused it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any

from dace_transfer.building.binary import Binary
from dace_transfer.child import Child, Ended
from dace_transfer.measure.inputs import Inputs, to_json
from dace_transfer.measure.running import memory_limit, runner, wire
from dace_transfer.measure.trial import Bounds
from dace_transfer.target import Target

_SHORTEST_TIMEOUT = 8.0
_PATIENCE = 5.0
_LEAST = 1.0  # Seconds for running candidates, however late it is.


@dataclass(frozen=True)
class Judgement:
    """What one trial, or the death of the child in it, says about one candidate.

    Attributes:
        kind: "ok", or a failing kind of `Verification`.
        reason: One sentence; empty when ok.
        error: Largest error.
        allowed: What that error was allowed to be.
    """

    kind: str
    reason: str
    error: float = 0.0
    allowed: float = 0.0


@dataclass(frozen=True)
class Experiment:
    """What a trial runs.

    Attributes:
        baseline: What is right.
        reference: The same in higher precision, if there is such.
        inputs: What all run on.
        bounds: Largest errors.
        budget: Seconds to spend on timing; 0 times nothing.
        timeout: Seconds the baseline may take; candidates get a multiple of what the fastest took.
        until: `time.monotonic()` after which no further candidate is begun.
    """

    baseline: Binary
    reference: Binary | None
    inputs: Inputs
    bounds: Bounds
    budget: float = 0.0
    timeout: float = 60.0
    until: float = math.inf

    def request(self, candidates: Mapping[str, Binary]) -> dict[str, Any]:
        """What the child is sent."""
        return {
            "op": "trial",
            "baseline": wire(self.baseline),
            "reference": None if self.reference is None else wire(self.reference),
            "candidates": {who: wire(binary) for who, binary in candidates.items()},
            "inputs": to_json(self.inputs),
            "tolerance": self.bounds.tolerance,
            "cap": self.bounds.cap,
            "budget": self.budget,
            "allowance": None if self.until == math.inf else max(_LEAST, self.until - time.monotonic()),
            "memory": memory_limit(),
        }


@dataclass
class Trial:
    """What one trial found out.

    Attributes:
        problem: Why the baseline could not be used; empty if it could.
        informative: Per array the baseline changed, whether it holds mostly numbers afterwards.
        blurred: Arrays that rounding errors alone change beyond all bounds.
        judgements: Per candidate; a failure stays.
        samples: Seconds per run, of "baseline" and per candidate, where it was timed.
    """

    problem: str = ""
    informative: dict[str, bool] = field(default_factory=dict)
    blurred: list[str] = field(default_factory=list)
    judgements: dict[str, Judgement] = field(default_factory=dict)
    samples: dict[str, list[float]] = field(default_factory=dict)

    def is_right(self, who: str) -> bool:
        """Whether a candidate has run and agreed so far."""
        return who in self.judgements and self.judgements[who].kind == "ok"


class Laboratory:
    """A running child that is replaced when it dies."""

    def __init__(self, target: Target) -> None:
        """Prepare; the child starts with the first trial."""
        self._target = target
        self._stack = ExitStack()
        self._child: Child | Ended | None = None

    def __enter__(self) -> Laboratory:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def run(self, experiment: Experiment, candidates: Mapping[str, Binary]) -> Trial:
        """Run one trial to its end, whatever dies on the way.

        Who was running when the child died is to blame, unless somebody ran before it in the same child and may
        have spoilt its memory: then it gets a second chance, as the first in a new child. The more candidates took
        too long, the less time the others get. Who had not begun when time was up is "skipped".
        """
        trial = Trial()
        remaining = dict(candidates)
        forgiven: set[str] = set()
        late = 0
        while True:
            fresh = not isinstance(self._child, Child)
            culprit, end = self._attempt(experiment, remaining, trial, _SHORTEST_TIMEOUT / 2**late)
            if end is None:
                return _completed(trial, candidates)
            self._discard()
            if culprit == "timing" and end.kind != "crash":
                return trial
            first = fresh and (culprit == "baseline" or culprit == next(iter(remaining), None))
            if end.kind == "crash" and not first and culprit not in forgiven:
                forgiven.add(culprit)
                remaining = {culprit: remaining[culprit], **remaining} if culprit in remaining else remaining
                continue
            if culprit in ("baseline", "timing"):
                trial.problem = f"The original does not run on these inputs: {end.message}"
                return trial
            if culprit == "reference":
                experiment = replace(experiment, reference=None)
                continue
            late += end.kind == "timeout"
            trial.judgements[culprit] = Judgement(end.kind, end.message)
            del remaining[culprit]
            if time.monotonic() > experiment.until:
                # Those that are right are still timed; how long they take is known.
                remaining = {who: b for who, b in remaining.items() if trial.is_right(who)}
                experiment = replace(experiment, until=math.inf)
            if not remaining:
                return _completed(trial, candidates)

    def _attempt(
        self, experiment: Experiment, candidates: Mapping[str, Binary], trial: Trial, shortest: float
    ) -> tuple[str, Ended | None]:
        """Run a trial until it is done or the child dies; returns who was running, and how it died.

        A candidate has the time that preparing took, and that of many runs of the fastest so far, but at least
        `shortest`.
        """
        child = self._start()
        if isinstance(child, Ended):
            return "baseline", child
        child.send(experiment.request(candidates))
        running, began = "baseline", time.monotonic()
        patience = experiment.timeout
        while True:
            event = child.receive(patience)
            if isinstance(event, Ended):
                return running, event
            if "event" not in event:
                return running, Ended(event["kind"], event["reason"])
            if event["event"] == "done":
                return running, None
            if event["event"] == "running":
                # The baseline's results are in before it is timed.
                running = "timing" if event["who"] == "baseline" and running != "baseline" else event["who"]
            if event["event"] == "baseline":
                running, slowest = "timing", event.get("seconds", 0.0)
                fastest, prepared = slowest, time.monotonic() - began - slowest
            if event["event"] in ("baseline", "judged"):
                fastest = min(fastest, event.get("seconds", fastest))
                patience = max(shortest, prepared + _PATIENCE * fastest)
            if running == "timing":
                patience = max(patience, prepared + _PATIENCE * slowest)
            _note(trial, event)

    def _start(self) -> Child | Ended:
        if not isinstance(self._child, Child):
            self._child = self._stack.enter_context(runner(self._target))
        return self._child

    def _discard(self) -> None:
        self._stack.close()
        self._child = None


def _completed(trial: Trial, candidates: Iterable[str]) -> Trial:
    """The trial in which those that did not run are said to be skipped, unless the baseline did not run either."""
    if not trial.problem:
        skipped = Judgement("skipped", "There was no time left to run it.")
        trial.judgements = dict.fromkeys(candidates, skipped) | trial.judgements
    return trial


def _note(trial: Trial, event: Mapping[str, Any]) -> None:
    if event["event"] == "baseline":
        trial.problem = event["problem"] or ""
        trial.informative = event.get("informative", {})
        trial.blurred = event.get("blurred", [])
    if event["event"] == "timed":
        trial.samples = event["samples"]
    if event["event"] == "judged":
        judgement = Judgement(event["kind"], event["reason"], event.get("error", 0.0), event.get("allowed", 0.0))
        known = trial.judgements.get(event["who"])
        if known is None or known.kind == "ok":
            trial.judgements[event["who"]] = judgement
