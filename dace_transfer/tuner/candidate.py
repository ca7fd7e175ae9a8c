"""Candidates of a workload: applied recipes on their way through verification and measurement."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import dace

from dace_transfer.database.records import TuningRecord
from dace_transfer.errors import DaceTransferError, NotApplicableError
from dace_transfer.measure.compare import Comparison
from dace_transfer.report import Attempt, StepTrace
from dace_transfer.search import Proposal
from dace_transfer.search.portfolio import BASELINE
from dace_transfer.transformations import Applied, apply_all, format_recipe
from dace_transfer.transformations.finalize import finalize
from dace_transfer.tuner.session import Session
from dace_transfer.verdict import Verdict
from dace_transfer.verify import Verification
from dace_transfer.workload import Workload, digest


@dataclass(frozen=True)
class Candidate:
    """A recipe applied to a workload.

    Attributes:
        proposal: The recipe and where it came from.
        sdfg: What applying made; None when it did not apply.
        attempt: What is known about it so far, for the report.
        final: The same, finalised for any sizes; None exactly where `sdfg` is.
        verification: How it was verified, None where it was not in this run.
        comparison: Statistics of the race it took part in, None where there was none.
        baseline_samples: Seconds of the baseline timed beside it.
        recalled: The record of an earlier run that the verdict is from, None where it is not from one.
        twin: Id of the recipe that made the same program before, "" where none did.
    """

    proposal: Proposal
    sdfg: dace.SDFG | None
    attempt: Attempt
    final: dace.SDFG | None = None
    verification: Verification | None = None
    comparison: Comparison | None = None
    baseline_samples: tuple[float, ...] = ()
    recalled: TuningRecord | None = None
    twin: str = ""

    @property
    def alive(self) -> bool:
        """Whether nothing has ruled it out yet, and it is no twin of another one."""
        return not self.twin and self.attempt.verdict in (Verdict.AMBIGUOUS, Verdict.FASTER)

    @property
    def raced(self) -> bool:
        """Whether a race, in this run or an earlier one, said how fast it is, and not verification's runs alone."""
        return self.comparison is not None or (self.recalled is not None and self.recalled.low is not None)

    def ended(self, verdict: Verdict, reason: str, **facts: object) -> Candidate:
        """The candidate with another verdict; `facts` are fields of the attempt."""
        return replace(self, attempt=replace(self.attempt, verdict=verdict, reason=reason, **facts))  # type: ignore[arg-type]

    def like(self, other: Candidate) -> Candidate:
        """The candidate with what is known about another one that is the same program."""
        known = replace(self, comparison=other.comparison, baseline_samples=other.baseline_samples)
        reason = f"It makes the same program as {other.attempt.recipe}."
        return known.ended(other.attempt.verdict, reason, ratio=other.attempt.ratio, samples=other.attempt.samples)


@dataclass(frozen=True)
class Field:
    """A workload, its baseline and everything that is tried against it."""

    workload: Workload
    baseline: Candidate
    candidates: tuple[Candidate, ...]

    @property
    def sound(self) -> bool:
        """Whether the baseline could be made and is not known to be wrong."""
        return self.baseline.attempt.verdict in (Verdict.SAME, Verdict.AMBIGUOUS)

    @property
    def alive(self) -> list[Candidate]:
        """Candidates not ruled out."""
        return [candidate for candidate in self.candidates if candidate.alive]

    def with_twins(self) -> Field:
        """The field where recipes that made the same program have one verdict."""
        known = {candidate.attempt.recipe_id: candidate for candidate in (self.baseline, *self.candidates)}
        return replace(self, candidates=tuple(c.like(known[c.twin]) if c.twin else c for c in self.candidates))


def make_field(session: Session, workload: Workload, proposals: Sequence[Proposal]) -> Field:
    """Apply the baseline and every proposal to a workload; equal results are tried once."""
    (baseline,) = _apply(session, workload, [Proposal(session.library[BASELINE], "baseline")])
    return extended(session, Field(workload, baseline, ()), proposals)


def extended(session: Session, field: Field, proposals: Sequence[Proposal]) -> Field:
    """Apply more proposals to the workload of a field; what makes a program that is there is not tried again."""
    made = (field.baseline, *(candidate for candidate in field.candidates if candidate.sdfg is not None))
    first = {_digest(candidate.sdfg, field.workload): candidate for candidate in made}
    candidates = list(field.candidates)
    for candidate in _apply(session, field.workload, proposals):
        if candidate.alive:
            other = first.setdefault(_digest(candidate.sdfg, field.workload), candidate)
            if other is not candidate:
                candidate = replace(candidate.like(other), twin=other.attempt.recipe_id, sdfg=None, final=None)
        candidates.append(candidate)
    return replace(field, candidates=tuple(candidates))


def trace_json(attempt: Attempt) -> str:
    """The trace as JSON text, as the database keeps it."""
    return json.dumps([[t.step, t.matched, t.outcome, t.detail] for t in attempt.trace])


def _digest(sdfg: dace.SDFG | None, workload: Workload) -> str:
    return digest(sdfg, workload.sizes) if sdfg is not None else ""


def _apply(session: Session, workload: Workload, proposals: Sequence[Proposal]) -> list[Candidate]:
    refuted = {
        proposal.recipe.id
        for proposal in proposals
        if not session.evaluates and session.store.refuted(workload.digest, proposal.recipe.id)
    }
    fresh = [proposal for proposal in proposals if proposal.recipe.id not in refuted]
    outcomes = iter(apply_all([proposal.recipe for proposal in fresh], workload.sdfg, session.library))
    wrong = "It gave a wrong result on this workload before."
    return [
        _candidate(proposal, None, Verdict.WRONG, wrong)
        if proposal.recipe.id in refuted
        else _applied(proposal, next(outcomes))
        for proposal in proposals
    ]


def _applied(proposal: Proposal, outcome: Applied | DaceTransferError) -> Candidate:
    if isinstance(outcome, NotApplicableError):
        return _candidate(proposal, None, Verdict.NOT_APPLICABLE, str(outcome), outcome)
    if not isinstance(outcome, Applied):
        return _candidate(proposal, None, Verdict.FAILED, str(outcome), outcome)
    final = try_finalize(outcome.sdfg)
    if final is None:
        return _candidate(proposal, None, Verdict.FAILED, "What it makes cannot be prepared for compilation.", outcome)
    candidate = _candidate(proposal, outcome.sdfg, Verdict.AMBIGUOUS, "It was applied and not timed.", outcome)
    return replace(candidate, final=final)


def try_finalize(sdfg: dace.SDFG, sizes: Mapping[str, int] | None = None) -> dace.SDFG | None:
    """Finalise an SDFG, or return None where DaCe cannot expand what a recipe left."""
    try:
        return finalize(sdfg, sizes)
    except Exception:  # noqa: BLE001  Expanding library nodes raises all kinds of errors; one candidate is no reason to stop.
        return None


def _candidate(
    proposal: Proposal, sdfg: dace.SDFG | None, verdict: Verdict, reason: str, source: Applied | Exception | None = None
) -> Candidate:
    trace = tuple(StepTrace(t.step, t.matched, t.outcome, t.detail) for t in getattr(source, "trace", ()))
    attempt = Attempt(
        recipe=proposal.recipe.name or proposal.recipe.id,
        recipe_id=proposal.recipe.id,
        text=format_recipe(proposal.recipe),
        origin=proposal.origin,
        donor=proposal.donor,
        donor_program=proposal.donor_program,
        distance=proposal.distance,
        doubt=proposal.doubt,
        verdict=verdict,
        reason=reason,
        trace=trace,
    )
    return Candidate(proposal, sdfg, attempt)
