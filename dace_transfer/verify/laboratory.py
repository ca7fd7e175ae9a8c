"""Runs differential trials in a child, survives its death, and finds out who caused it."""

from __future__ import annotations

import time
from collections.abc import Mapping
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

_SHORTEST_TIMEOUT = 20.0
_PATIENCE = 5.0


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
        timeout: Seconds the baseline may take; candidates get a multiple of what it took.
    """

    baseline: Binary
    reference: Binary | None
    inputs: Inputs
    bounds: Bounds
    budget: float = 0.0
    timeout: float = 60.0

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
        have spoilt its memory: then it gets a second chance, as the first in a new child.
        """
        trial = Trial()
        remaining = dict(candidates)
        forgiven: set[str] = set()
        while True:
            fresh = not isinstance(self._child, Child)
            culprit, end = self._attempt(experiment, remaining, trial)
            if end is None:
                return trial
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
            trial.judgements[culprit] = Judgement(end.kind, end.message)
            del remaining[culprit]
            if not remaining:
                return trial

    def _attempt(
        self, experiment: Experiment, candidates: Mapping[str, Binary], trial: Trial
    ) -> tuple[str, Ended | None]:
        """Run a trial until it is done or the child dies; returns who was running, and how it died."""
        child = self._start()
        if isinstance(child, Ended):
            return "baseline", child
        child.send(experiment.request(candidates))
        running, patience, began = "baseline", experiment.timeout, time.monotonic()
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
                running = "timing"
                patience = max(_SHORTEST_TIMEOUT, _PATIENCE * (time.monotonic() - began))
            _note(trial, event)

    def _start(self) -> Child | Ended:
        if not isinstance(self._child, Child):
            self._child = self._stack.enter_context(runner(self._target))
        return self._child

    def _discard(self) -> None:
        self._stack.close()
        self._child = None


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
