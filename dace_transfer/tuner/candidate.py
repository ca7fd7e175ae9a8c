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
from dace_transfer.transformations import Applied, Workbench, format_recipe
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
        digest: Of `sdfg` at the sizes of the workload; "" where it is None.
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
    digest: str = ""

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
    """A workload, its baseline and everything that is tried against it.

    Attributes:
        workload: What recipes are applied to.
        baseline: What they are compared with.
        candidates: In the order in which they were proposed.
        workbench: Where recipes are applied; None where no more will be.
    """

    workload: Workload
    baseline: Candidate
    candidates: tuple[Candidate, ...]
    workbench: Workbench | None = None

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
        return replace(self, candidates=tuple(c.like(known[c.twin]) if c.twin in known else c for c in self.candidates))

    def since(self, earlier: Field) -> Field:
        """The field with nothing but the candidates that are new since it was an earlier one."""
        return replace(self, candidates=self.candidates[len(earlier.candidates) :])

    def followed_by(self, later: Field) -> Field:
        """The field with the candidates of a later one behind its own."""
        return replace(self, candidates=self.candidates + later.candidates).with_twins()


def make_field(session: Session, workload: Workload, proposals: Sequence[Proposal]) -> Field:
    """Apply the baseline and every proposal to a workload; equal results are tried once."""
    workbench = Workbench(workload.sdfg, session.library)
    (baseline,) = _apply(session, workload, workbench, [Proposal(session.library[BASELINE], "baseline")])
    return extended(session, Field(workload, _finalized(baseline), (), workbench), proposals)


def extended(session: Session, field: Field, proposals: Sequence[Proposal]) -> Field:
    """Apply more proposals to the workload of a field; what makes a program that is there is not tried again."""
    made = (field.baseline, *(candidate for candidate in field.candidates if candidate.sdfg is not None))
    first = {candidate.digest: candidate for candidate in made}
    candidates = list(field.candidates)
    workbench = field.workbench or Workbench(field.workload.sdfg, session.library)
    for candidate in _apply(session, field.workload, workbench, proposals):
        other = first.get(candidate.digest) if candidate.alive else None
        if other is not None:
            candidate = replace(candidate.like(other), twin=other.attempt.recipe_id, sdfg=None, digest="")
        candidates.append(candidate if other is not None else _finalized(candidate))
        if candidates[-1].alive:
            first[candidate.digest] = candidates[-1]
    return replace(field, candidates=tuple(candidates))


def trace_json(attempt: Attempt) -> str:
    """The trace as JSON text, as the database keeps it."""
    return json.dumps([[t.step, t.matched, t.outcome, t.detail] for t in attempt.trace])


def _apply(
    session: Session, workload: Workload, workbench: Workbench, proposals: Sequence[Proposal]
) -> list[Candidate]:
    refuted = {
        proposal.recipe.id
        for proposal in proposals
        if not session.evaluates and session.store.refuted(workload.digest, proposal.recipe.id)
    }
    wrong = "It gave a wrong result on this workload before."
    return [
        _candidate(proposal, None, Verdict.WRONG, wrong)
        if proposal.recipe.id in refuted
        else _applied(proposal, workbench.apply(proposal.recipe), workload)
        for proposal in proposals
    ]


def _applied(proposal: Proposal, outcome: Applied | DaceTransferError, workload: Workload) -> Candidate:
    if isinstance(outcome, NotApplicableError):
        return _candidate(proposal, None, Verdict.NOT_APPLICABLE, str(outcome), outcome)
    if not isinstance(outcome, Applied):
        return _candidate(proposal, None, Verdict.FAILED, str(outcome), outcome)
    candidate = _candidate(proposal, outcome.sdfg, Verdict.AMBIGUOUS, "It was applied and not timed.", outcome)
    return replace(candidate, digest=digest(outcome.sdfg, workload.sizes))


def _finalized(candidate: Candidate) -> Candidate:
    final = try_finalize(candidate.sdfg) if candidate.sdfg is not None else None
    if candidate.sdfg is None or final is not None:
        return replace(candidate, final=final)
    failed = candidate.ended(Verdict.FAILED, "What it makes cannot be prepared for compilation.")
    return replace(failed, sdfg=None, digest="")


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
