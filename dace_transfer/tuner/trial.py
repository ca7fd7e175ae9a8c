"""Put candidates to the test: verify them together, then time those that are right."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import dace

import dace_transfer
from dace_transfer.building.binary import Failure
from dace_transfer.database.records import TuningRecord
from dace_transfer.measure.inputs import Inputs
from dace_transfer.measure.race import Race, race
from dace_transfer.measure.tables import integers_at, tables_of
from dace_transfer.tuner.candidate import Candidate, Field, try_finalize
from dace_transfer.tuner.session import Session
from dace_transfer.verdict import Verdict
from dace_transfer.verify import Verification, prepare, verify
from dace_transfer.workload import Workload

_SHORTEST_RACE, _LONGEST_RACE = 30.0, 60.0  # Seconds; fewer rounds would decide nothing.
_SHORTEST_SEARCHED = 10.0  # What a search still races for when its time is up: a few rounds of few candidates.
_PER_ENTRANT = 4.0  # Seconds of a race for every entrant.
_ENTRANTS, _SEARCHED = 5, 10  # How many are raced; the slowest in verification's runs are left out.
_FAR = 1.3  # What every round of an unfinished race must show to agree with verification's timings.
# How far verification's timings may be off. They are of programs for all sizes; compilers make more of sizes that are
# constants, and a search does not let go of what profits most from that.
_ROUGH, _ROUGHER = 1.5, 4.0
CLEAR = 1.05  # Ratio of rough timings beyond which one version is clearly faster than the other.


def verify_fields(session: Session, fields: Sequence[Field], until: float = math.inf) -> list[Field]:
    """Verify all living candidates of all fields as one unit; the verdicts rest on verification's own timings.

    What was verified and timed on this machine before keeps its verdict without running again.

    Args:
        session: Tools and time.
        fields: What to verify.
        until: `time.monotonic()` after which no more candidates are begun.
    """
    fields = _recalled(session, fields)
    tested = [field for field in fields if _untested(field)]
    with session.phase("verify"):
        outcomes = verify(_pairs(tested), session.builder, session.target, until=until) if tested else []
    judged = iter([_judge(f, list(o)) for f, o in zip(tested, outcomes, strict=True)])
    return [(next(judged) if _untested(field) else field).with_twins() for field in fields]


def build_fields(session: Session, fields: Sequence[Field]) -> None:
    """Build what `verify_fields` will run, so that it finds it in the builder's cache; nothing is run."""
    with session.phase("build"):
        prepare(_pairs([field for field in _recalled(session, fields) if _untested(field)]), session.builder)


def _recalled(session: Session, fields: Sequence[Field]) -> list[Field]:
    return [replace(f, candidates=tuple(_recall(session, f.workload, c) for c in f.candidates)) for f in fields]


def _pairs(fields: Sequence[Field]) -> list[tuple[Workload, list[dace.SDFG]]]:
    return [(f.workload, [c.final for c in (f.baseline, *_untested(f)) if c.final is not None]) for f in fields]


def _untested(field: Field) -> list[Candidate]:
    return [c for c in field.candidates if c.attempt.verdict is Verdict.AMBIGUOUS and not c.twin]


def _recall(session: Session, workload: Workload, candidate: Candidate) -> Candidate:
    """Give a candidate the verdict of the newest record of it, if it is known to be right."""
    recipe, target = candidate.attempt.recipe_id, session.target.digest
    if session.evaluates or not candidate.alive:
        return candidate
    if not session.store.verified(workload.digest, recipe, target, dace.__version__):
        return candidate
    records = [r for r in session.store.tunings(workload.digest, target) if r.recipe == recipe and _is_current(r)]
    if not records:
        return candidate
    record = records[-1]
    reason = f"Verified before, and timed on {record.created[:10]}."
    return replace(candidate.ended(Verdict[record.verdict], reason, ratio=record.ratio), recalled=record)


def _is_current(record: TuningRecord) -> bool:
    """Whether a record was timed, and made by the code that runs now."""
    versions = (record.dace_version, record.package_version)
    return record.ratio is not None and versions == (dace.__version__, dace_transfer.__version__)


def _judge(field: Field, outcomes: list[Verification]) -> Field:
    baseline, speed = field.baseline, 1.0
    if baseline.sdfg is not None:
        outcome = outcomes.pop(0)
        baseline = replace(baseline, verification=outcome)
        baseline = baseline.ended(*_baseline_verdict(outcome), samples=outcome.samples, ratio=1.0)
        speed = outcome.ratio or 1.0 if outcome.ok else 1.0
    rated = {
        candidate.attempt.recipe_id: _rate(candidate, outcome, speed)
        for candidate, outcome in zip(_untested(field), outcomes, strict=True)
    }
    candidates = [rated.get(candidate.attempt.recipe_id, candidate) for candidate in field.candidates]
    return replace(field, baseline=baseline, candidates=tuple(candidates))


def _baseline_verdict(outcome: Verification) -> tuple[Verdict, str]:
    if outcome.ok:
        return Verdict.SAME, "It is the baseline."
    return _refusal(outcome)


def _refusal(outcome: Verification) -> tuple[Verdict, str]:
    wrong = outcome.kind in ("wrong", "guard")
    return (Verdict.WRONG if wrong else Verdict.FAILED), outcome.reason


def _rate(candidate: Candidate, outcome: Verification, baseline_speed: float) -> Candidate:
    samples = outcome.baseline_samples
    candidate = replace(candidate, verification=outcome, baseline_samples=samples, recalled=None)
    if outcome.kind == "skipped":
        return candidate.ended(Verdict.AMBIGUOUS, outcome.reason)
    if not outcome.ok:
        return candidate.ended(*_refusal(outcome))
    if outcome.ratio is None:
        return candidate.ended(Verdict.AMBIGUOUS, f"{_same(outcome)} and was not timed.")
    ratio = outcome.ratio / baseline_speed
    known = {"ratio": ratio, "samples": outcome.samples}
    if ratio > CLEAR:
        return candidate.ended(Verdict.FASTER, f"{_same(outcome)} and verification's runs took less time.", **known)
    if ratio < 1 / CLEAR:
        return candidate.ended(Verdict.SLOWER, f"{_same(outcome)} but verification's runs took more time.", **known)
    return candidate.ended(Verdict.SAME, f"{_same(outcome)} in the same time.", **known)


def _same(outcome: Verification | None) -> str:
    """How exact a candidate is, which recipes that round otherwise owe; unknown where it was verified before."""
    if outcome is None:
        return "It computes the same"
    return f"It computes the same up to {outcome.max_error:.1e} ({outcome.tolerance:.1e} allowed)"


def race_field(session: Session, field: Field, known: float | None = None) -> Field:
    """Time the candidates that are right against the baseline, in interleaved fresh processes.

    Args:
        session: Tools and time.
        field: What was verified.
        known: The ratio of what was found before; who is clearly slower in verification's runs is not raced.
    """
    searches = session.mode == "search"
    budget = max(_SHORTEST_SEARCHED if searches else _SHORTEST_RACE, min(session.time_left, _LONGEST_RACE))
    entrants = _entrants(field, known or 0.0, thorough=searches)[: max(2, int(budget / _PER_ENTRANT))]
    if not entrants:
        return field
    against = field.baseline.sdfg if field.sound and field.baseline.sdfg is not None else field.workload.sdfg
    sizes = field.workload.sizes
    made = [try_finalize(sdfg, sizes) for sdfg in (against, *(c.sdfg for c in entrants if c.sdfg))]
    ready = [(c, sdfg) for c, sdfg in zip(entrants, made[1:], strict=True) if sdfg is not None]
    if made[0] is None or not ready:
        return _without_race(field, {})
    with session.phase("build"):
        baseline, *others = session.builder.build([made[0], *(sdfg for _, sdfg in ready)])
    if isinstance(baseline, Failure):
        return _without_race(field, {})
    built = [(c, binary) for (c, _), binary in zip(ready, others, strict=True)]
    failed = {c.attempt.recipe_id: c.ended(Verdict.FAILED, b.message) for c, b in built if isinstance(b, Failure)}
    started = [(c, b) for c, b in built if not isinstance(b, Failure)]
    with session.phase("measure"):
        inputs = Inputs(sizes, integers=integers_at(tables_of(field.workload.sdfg), sizes))
        outcome = race(baseline, [b for _, b in started], inputs, session.target, budget=budget)
    return _without_race(
        field, failed | {c.attempt.recipe_id: _placed(c, outcome, i) for i, (c, _) in enumerate(started)}
    )


def _without_race(field: Field, raced: Mapping[str, Candidate]) -> Field:
    """The field with what came out of a race; who was not in it cannot win."""
    reason = "It was not raced: others took less time in verification's runs, or the baseline could not be built."
    candidates = [
        raced.get(c.attempt.recipe_id)
        or (c.ended(Verdict.AMBIGUOUS, reason) if c.alive and c.attempt.verdict is Verdict.FASTER else c)
        for c in field.candidates
    ]
    return replace(field, candidates=tuple(candidates)).with_twins()


def _entrants(field: Field, known: float, *, thorough: bool) -> list[Candidate]:
    """The candidates that may be the fastest, as far as verification's timings tell."""
    rated = {c.attempt.recipe_id: c.attempt.ratio or 0.0 for c in field.candidates}
    least = max([known, *rated.values()]) / (_ROUGHER if thorough else _ROUGH)
    timed = (Verdict.FASTER, Verdict.SAME, Verdict.SLOWER)
    right = [c for c in field.candidates if c.attempt.verdict in timed and c.sdfg is not None]
    near = [c for c in right if rated[c.attempt.recipe_id] > least]
    return sorted(near, key=lambda c: -rated[c.attempt.recipe_id])[: _SEARCHED if thorough else _ENTRANTS]


def _placed(candidate: Candidate, outcome: Race, index: int) -> Candidate:
    runner = outcome.runners[index]
    comparison = runner.comparison if runner.comparison is not None and runner.comparison.rounds else None
    timed = replace(candidate, baseline_samples=_flat(outcome.baseline), comparison=comparison, recalled=None)
    ratio = comparison.ratio if comparison is not None else candidate.attempt.ratio
    ahead = comparison is not None and comparison.low > _FAR and candidate.attempt.verdict is Verdict.FASTER
    if runner.verdict is Verdict.AMBIGUOUS and ahead:
        reason = f"Time was up after {len(runner.rounds)} rounds; all of them and verification's runs agree."
        return timed.ended(Verdict.FASTER, reason, ratio=ratio, samples=_flat(runner.rounds))
    reason = runner.reason or f"{_same(candidate.verification)} and was timed in {len(runner.rounds)} processes."
    return timed.ended(runner.verdict, reason, ratio=ratio, samples=_flat(runner.rounds))


def _flat(rounds: Sequence[Sequence[float]]) -> tuple[float, ...]:
    return tuple(sample for round_ in rounds for sample in round_)


def winner(field: Field) -> Candidate | None:
    """The fastest of those that are right and faster than the baseline; of equal ones the one that replay takes."""
    faster = [c for c in field.candidates if c.attempt.verdict is Verdict.FASTER]
    return min(faster, key=lambda c: (-(c.attempt.ratio or 1.0), c.attempt.recipe_id), default=None)
