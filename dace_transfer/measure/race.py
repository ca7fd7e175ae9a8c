"""Racing: many candidates, few measurements, one baseline."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from dace_transfer.building.binary import Binary
from dace_transfer.measure.compare import MARGIN, NARROW, PAIRED_FROM, Comparison, compare
from dace_transfer.measure.inputs import Inputs
from dace_transfer.measure.running import BATCHES, LONGEST_RUN, RunFailure, Timing, time_once
from dace_transfer.target import Target
from dace_transfer.verdict import Verdict

# After how many rounds of the final it is looked who wins, and the chance taken each time of calling FASTER what is
# not: 1 % together, however the looks depend on one another. Five rounds reach 0.4 % when all processes of one side
# are quicker than all of the other; seven reach 0.15 % so for five candidates at once.
LOOKS = {5: 0.004, 7: 0.0015, 10: 0.0015, 15: 0.001, 20: 0.001, 30: 0.001}

_DROP = 1.5
_HOPELESS = 4.0
_CHANCES = 3
_FINALISTS = 5
_PROCESS_SECONDS = 0.5
_SHORTEST_TIMEOUT = 20.0
_PATIENCE = 3.0

T = TypeVar("T")
Timer = Callable[[Binary, int | None, int, float], Timing | RunFailure]


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


@dataclass(frozen=True)
class _Pace:
    """How every process of a race is run.

    Attributes:
        clock: Times one binary once.
        calls: Calls per batch, equal for all; None until the baseline has run.
        batches: Batches of a process.
        timeout: Seconds until a process is ended.
        deadline: When no further round begins.
    """

    clock: Timer
    calls: int | None
    batches: int
    timeout: float
    deadline: float

    @property
    def over(self) -> bool:
        return time.monotonic() > self.deadline


@dataclass
class _Lane:
    """What is known of one binary while the race runs."""

    binary: Binary
    screened: list[tuple[float, ...]] = field(default_factory=list)
    final: list[tuple[float, ...]] = field(default_factory=list)
    failure: RunFailure | None = None
    dropped: str = ""
    comparison: Comparison | None = None
    decided: bool = False

    @property
    def running(self) -> bool:
        return self.failure is None and not self.dropped and not self.decided

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
    rounds: int = max(LOOKS),
    budget: float = 60.0,
    timer: Timer | None = None,
) -> Race:
    """Find the fastest candidate, and whether it beats the baseline.

    Fresh processes screen out what fails, or is 1.5 times slower than the best in the fastest of four; halving with
    further rounds leaves five finalists. These meet the baseline in interleaved fresh processes, with the order
    rotated. Only these rounds are compared, since the others chose the finalists. Five settle what is clear; whoever
    may still win goes on for up to thirty. Looking several times is paid for: the chance that anything that is no
    faster is called FASTER stays below 1 %.

    Args:
        baseline: What is to be beaten.
        candidates: Verified alternatives that take the same arguments.
        inputs: What all of them run on.
        target: Whose environment to run in.
        rounds: Rounds of the final at most; no more than thirty are used.
        budget: Seconds after which no further round begins; the verdicts then rest on what there is.
        timer: Times one binary once, given the calls per batch, the batches and a timeout; for tests.
    """
    clock = timer or _process_timer(inputs, target)
    # How long a run takes is not known yet, and a slow one must not spend the budget.
    first = _Pace(clock, None, 1, LONGEST_RUN, time.monotonic() + budget)
    lead = _Lane(baseline)
    calls = _measure(lead, first)
    if calls is None:
        return _broken(lead, len(candidates))
    pace = _settle(first, lead.seconds, calls)
    lanes = [_Lane(binary) for binary in candidates]
    _screen(lead, lanes, pace)
    _halve(lanes, pace)
    finalists = [lane for lane in lanes if lane.running]
    _final(lead, finalists, pace, min(rounds, max(LOOKS)))
    return _result(lead, lanes)


def time_interleaved(
    binaries: Sequence[Binary], inputs: Inputs, target: Target, *, rounds: int = 10
) -> list[list[float]]:
    """Time binaries round robin, each round in a fresh process, with the order rotated.

    Returns:
        Per binary, the median seconds per run of each round; empty for one that does not run.
    """
    pace = _Pace(_process_timer(inputs, target), None, BATCHES, LONGEST_RUN, float("inf"))
    lanes = [_Lane(binary) for binary in binaries]
    calls: dict[int, int] = {}
    for number in range(rounds):
        for index in _rotated(range(len(lanes)), number):
            lane = lanes[index]
            if lane.running:
                used = _measure(lane, replace(pace, calls=calls.get(index)))
                calls |= {} if used is None else {index: used}
    return [[float(np.median(round_)) for round_ in lane.rounds] if lane.running else [] for lane in lanes]


def _process_timer(inputs: Inputs, target: Target) -> Timer:
    return lambda binary, calls, batches, timeout: time_once(
        binary, inputs, target, calls=calls, batches=batches, timeout=timeout
    )


def _settle(first: _Pace, seconds: float, calls: int) -> _Pace:
    """The pace for all: processes differ more than their batches do, so that slow programs get fewer batches."""
    batches = max(1, min(BATCHES, int(_PROCESS_SECONDS / (calls * seconds))))
    longest = _PATIENCE * (batches * calls + 3) * seconds
    return replace(first, calls=calls, batches=batches, timeout=max(_SHORTEST_TIMEOUT, longest))


def _measure(lane: _Lane, pace: _Pace, final: bool = False) -> int | None:
    """Add one round to a lane, or its failure; returns the calls per batch."""
    outcome = pace.clock(lane.binary, pace.calls, pace.batches, pace.timeout)
    if isinstance(outcome, RunFailure):
        lane.failure = outcome
        return None
    (lane.final if final else lane.screened).append(outcome.samples)
    return outcome.calls


def _screen(lead: _Lane, lanes: Sequence[_Lane], pace: _Pace) -> None:
    """One round for all, more for who looks slow, since any process may be a slow one; who stays slow is dropped."""
    for lane in lanes:
        if pace.over:
            lane.dropped = "The time budget was spent before it ran."
        else:
            _measure(lane, pace)
    for _ in range(_CHANCES):
        best = _best(lead, lanes)
        for lane in lanes:
            hopeless = lane.seconds > _HOPELESS * best and len(lane.screened) > 1
            if lane.running and lane.seconds > _DROP * best and not hopeless and not pace.over:
                _measure(lane, pace)
    best = _best(lead, lanes)
    for lane in lanes:
        if lane.running and lane.seconds > _DROP * best:
            times, rounds = lane.seconds / best, len(lane.screened)
            lane.dropped = f"It was {times:.2g} times slower than the best in the fastest of {rounds} rounds."


def _best(lead: _Lane, lanes: Sequence[_Lane]) -> float:
    return min([lead.seconds, *(lane.seconds for lane in lanes if lane.running)])


def _halve(lanes: Sequence[_Lane], pace: _Pace) -> None:
    """Successive halving: another round for all, the slower half leaves, until only finalists are left."""
    running = [lane for lane in lanes if lane.running]
    while len(running) > _FINALISTS:
        for lane in running:
            if not pace.over:
                _measure(lane, pace)
        ranked = sorted((lane for lane in running if lane.running), key=lambda lane: lane.seconds)
        kept = max(_FINALISTS, -(-len(ranked) // 2))
        for lane in ranked[kept:]:
            lane.dropped = f"It was not among the fastest {kept} after {len(lane.screened)} rounds."
        running = ranked[:kept]


def _final(lead: _Lane, finalists: Sequence[_Lane], pace: _Pace, rounds: int) -> None:
    for number in range(rounds):
        running = [lane for lane in finalists if lane.running]
        if not running or lead.failure or pace.over:
            break
        for lane in _rotated([lead, *running], number):
            _measure(lane, pace, final=True)
        if len(lead.final) in LOOKS:
            _look(lead, finalists)
    if len(lead.final) not in LOOKS:
        _look(lead, finalists)


def _look(lead: _Lane, finalists: Sequence[_Lane]) -> None:
    """Compare, and decide who need not run any further."""
    sound = [lane for lane in finalists if lane.failure is None]
    level = next(level for look, level in LOOKS.items() if len(lead.final) <= look)
    # All of them are compared, those decided as well, since the correction is for as many as there were.
    for lane, comparison in zip(sound, compare(lead.final, [lane.final for lane in sound], level), strict=True):
        if not lane.decided:
            lane.comparison = comparison
    won = [lane.comparison.ratio for lane in sound if lane.comparison and lane.comparison.verdict is Verdict.FASTER]
    bar = max([MARGIN, *won])
    for lane in sound:
        lane.decided = lane.decided or not _promising(lane.comparison, bar)


def _promising(comparison: Comparison | None, bar: float) -> bool:
    """Whether further rounds may show that a candidate is the fastest."""
    if comparison is None or comparison.verdict in (Verdict.FASTER, Verdict.SLOWER):
        return False
    early = comparison.rounds < PAIRED_FROM
    return comparison.ratio > bar or (early and comparison.high > max(bar, NARROW))


def _rotated(items: Sequence[T], start: int) -> list[T]:
    shift = start % max(len(items), 1)
    return [*items[shift:], *items[:shift]]


def _result(lead: _Lane, lanes: Sequence[_Lane]) -> Race:
    runners = tuple(_runner(lead, lane) for lane in lanes)
    won = {i: r.comparison.ratio for i, r in enumerate(runners) if r.comparison and r.verdict is Verdict.FASTER}
    return Race(lead.rounds, runners, max(won, key=won.__getitem__, default=None))


def _runner(lead: _Lane, lane: _Lane) -> Runner:
    if lane.failure is not None:
        return Runner(Verdict.FAILED, f"{lane.failure.kind}: {lane.failure.reason}", None, lane.rounds)
    if lane.comparison is not None:
        return Runner(lane.comparison.verdict, "", lane.comparison, lane.rounds)
    slower = bool(lane.screened) and lane.seconds > _DROP * lead.seconds
    return Runner(Verdict.SLOWER if slower else Verdict.AMBIGUOUS, lane.dropped, None, lane.rounds)


def _broken(lead: _Lane, candidates: int) -> Race:
    """Nothing can be said when the baseline itself does not run."""
    assert lead.failure is not None
    reason = f"The baseline did not run ({lead.failure.kind}): {lead.failure.reason}"
    return Race((), tuple(Runner(Verdict.FAILED, reason, None, ()) for _ in range(candidates)), None)
