"""Racing: many candidates, few measurements, one baseline."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from dace_transfer.building.binary import Binary
from dace_transfer.measure.compare import Comparison, compare, far
from dace_transfer.measure.inputs import Inputs
from dace_transfer.measure.running import LONGEST_RUN, RunFailure, Timing, time_once
from dace_transfer.target import Target
from dace_transfer.verdict import Verdict

_DROP = 1.5
_FINALISTS = 3
_EARLIEST_STOP = 5
_SHORTEST_TIMEOUT = 20.0
_PATIENCE = 3.0

T = TypeVar("T")
Timer = Callable[[Binary, int | None, float], Timing | RunFailure]


@dataclass(frozen=True)
class Runner:
    """How one candidate fared in a race.

    Attributes:
        verdict: FASTER, SAME, SLOWER, AMBIGUOUS, or FAILED.
        reason: One sentence: the failure, or at which stage it was dropped.
        comparison: The statistics, for finalists.
        rounds: Seconds per run: every sample of every round.
    """

    verdict: Verdict
    reason: str
    comparison: Comparison | None
    rounds: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Race:
    """A race, with every sample that was taken.

    Attributes:
        baseline: Seconds per run of the baseline: every sample of every round.
        runners: One per candidate, in the order given.
        best: Index of the fastest candidate that is FASTER than the baseline, or None.
    """

    baseline: tuple[tuple[float, ...], ...]
    runners: tuple[Runner, ...]
    best: int | None


@dataclass
class _Lane:
    """What is known of one binary while the race runs."""

    binary: Binary
    screened: list[tuple[float, ...]] = field(default_factory=list)
    final: list[tuple[float, ...]] = field(default_factory=list)
    failure: RunFailure | None = None
    dropped: str = ""

    @property
    def running(self) -> bool:
        return self.failure is None and not self.dropped

    @property
    def seconds(self) -> float:
        """Fastest round so far: noise only ever adds."""
        return min((float(np.median(samples)) for samples in self.screened), default=float("inf"))

    @property
    def rounds(self) -> tuple[tuple[float, ...], ...]:
        return (*self.screened, *self.final)


def race(
    baseline: Binary,
    candidates: Sequence[Binary],
    inputs: Inputs,
    target: Target,
    *,
    rounds: int = 10,
    budget: float = 60.0,
    timer: Timer | None = None,
) -> Race:
    """Find the fastest candidate, and whether it beats the baseline.

    One fresh process each screens out what fails or is 1.5 times slower than the best; halving with further
    rounds leaves three finalists; these meet the baseline in interleaved fresh processes, with the order rotated.
    Only the final rounds are compared, since the others chose the finalists. The final stops after five rounds
    if every finalist is further from the baseline than a factor of 1.3 in all of them.

    Args:
        baseline: What is to be beaten.
        candidates: Verified alternatives that take the same arguments.
        inputs: What all of them run on.
        target: Whose environment to run in.
        rounds: Paired rounds of the final.
        budget: Seconds after which no further round begins; the verdicts then rest on what there is.
        timer: Times one binary once; for tests.
    """
    deadline = time.monotonic() + budget
    clock = timer or _process_timer(inputs, target)
    lead = _Lane(baseline)
    calls = _measure(lead, clock, None, LONGEST_RUN)
    if calls is None:
        return _broken(lead, len(candidates))
    lanes = [_Lane(binary) for binary in candidates]
    timeout = max(_SHORTEST_TIMEOUT, _PATIENCE * _longest(lead, calls))
    for lane in lanes:
        if time.monotonic() > deadline:
            lane.dropped = "The time budget was spent before it ran."
        else:
            _measure(lane, clock, calls, timeout)
    _drop_slow(lead, lanes)
    _halve(lanes, clock, calls, timeout, deadline)
    finalists = [lane for lane in lanes if lane.running]
    _final(lead, finalists, clock, calls, timeout, rounds, deadline)
    return _result(lead, lanes, [lane for lane in finalists if lane.running])


def time_interleaved(
    binaries: Sequence[Binary], inputs: Inputs, target: Target, *, rounds: int = 10
) -> list[list[float]]:
    """Time binaries round robin, each round in a fresh process, with the order rotated.

    Returns:
        Per binary, the median seconds per run of each round; empty for one that does not run.
    """
    clock = _process_timer(inputs, target)
    lanes = [_Lane(binary) for binary in binaries]
    calls: dict[int, int] = {}
    for number in range(rounds):
        for index in _rotated(range(len(lanes)), number):
            lane = lanes[index]
            if lane.running:
                used = _measure(lane, clock, calls.get(index), LONGEST_RUN)
                calls |= {} if used is None else {index: used}
    return [[float(np.median(round_)) for round_ in lane.rounds] if lane.running else [] for lane in lanes]


def _process_timer(inputs: Inputs, target: Target) -> Timer:
    return lambda binary, calls, timeout: time_once(binary, inputs, target, calls=calls, timeout=timeout)


def _measure(lane: _Lane, clock: Timer, calls: int | None, timeout: float, final: bool = False) -> int | None:
    """Add one round to a lane, or its failure; returns the calls per batch."""
    outcome = clock(lane.binary, calls, timeout)
    if isinstance(outcome, RunFailure):
        lane.failure = outcome
        return None
    (lane.final if final else lane.screened).append(outcome.samples)
    return outcome.calls


def _longest(lead: _Lane, calls: int) -> float:
    """Seconds the baseline's whole process took at most: warm-up, and batches of calls."""
    return sum(sum(samples) * calls for samples in lead.screened) + 3 * lead.seconds


def _drop_slow(lead: _Lane, lanes: Sequence[_Lane]) -> None:
    running = [lane for lane in lanes if lane.running]
    best = min([lead.seconds, *(lane.seconds for lane in running)])
    for lane in running:
        if lane.seconds > _DROP * best:
            lane.dropped = f"It was {lane.seconds / best:.2g} times slower than the best in the first round."


def _halve(lanes: Sequence[_Lane], clock: Timer, calls: int, timeout: float, deadline: float) -> None:
    """Successive halving: another round for all, the slower half leaves, until only finalists are left."""
    running = [lane for lane in lanes if lane.running]
    while len(running) > _FINALISTS:
        for lane in running:
            if time.monotonic() < deadline:
                _measure(lane, clock, calls, timeout)
        ranked = sorted((lane for lane in running if lane.running), key=lambda lane: lane.seconds)
        kept = max(_FINALISTS, -(-len(ranked) // 2))
        for lane in ranked[kept:]:
            lane.dropped = f"It was not among the fastest {kept} after {len(lane.screened)} rounds."
        running = ranked[:kept]


def _final(
    lead: _Lane,
    finalists: Sequence[_Lane],
    clock: Timer,
    calls: int,
    timeout: float,
    rounds: int,
    deadline: float,
) -> None:
    for number in range(rounds):
        running = [lane for lane in finalists if lane.running]
        if not running or lead.failure or time.monotonic() > deadline:
            return
        for lane in _rotated([lead, *running], number):
            _measure(lane, clock, calls, timeout, final=True)
        if number + 1 >= _EARLIEST_STOP and all(far(_ratios(lead, lane)) for lane in running if lane.running):
            return


def _rotated(items: Sequence[T], start: int) -> list[T]:
    shift = start % max(len(items), 1)
    return [*items[shift:], *items[:shift]]


def _ratios(lead: _Lane, lane: _Lane) -> list[float]:
    pairs = zip(lead.final, lane.final, strict=False)
    return [float(np.median(ours)) / float(np.median(theirs)) for ours, theirs in pairs]


def _result(lead: _Lane, lanes: Sequence[_Lane], finalists: Sequence[_Lane]) -> Race:
    comparisons = compare(lead.final, [lane.final for lane in finalists])
    known = {id(lane): comparison for lane, comparison in zip(finalists, comparisons, strict=True)}
    runners = tuple(_runner(lead, lane, known.get(id(lane))) for lane in lanes)
    winners = [index for index, runner in enumerate(runners) if runner.verdict is Verdict.FASTER]
    best = max(winners, key=lambda index: known[id(lanes[index])].ratio, default=None)
    return Race(lead.rounds, runners, best)


def _runner(lead: _Lane, lane: _Lane, comparison: Comparison | None) -> Runner:
    if lane.failure is not None:
        return Runner(Verdict.FAILED, f"{lane.failure.kind}: {lane.failure.reason}", None, lane.rounds)
    if comparison is not None:
        return Runner(comparison.verdict, "", comparison, lane.rounds)
    slower = bool(lane.screened) and lane.seconds > _DROP * lead.seconds
    return Runner(Verdict.SLOWER if slower else Verdict.AMBIGUOUS, lane.dropped, None, lane.rounds)


def _broken(lead: _Lane, candidates: int) -> Race:
    """Nothing can be said when the baseline itself does not run."""
    assert lead.failure is not None
    reason = f"The baseline did not run ({lead.failure.kind}): {lead.failure.reason}"
    return Race((), tuple(Runner(Verdict.FAILED, reason, None, ()) for _ in range(candidates)), None)
