"""Write what a tuning run sees and learns into the database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timezone

import dace
import numpy as np
from numpy.typing import NDArray

import dace_transfer
from dace_transfer.database.records import (
    EmbeddingRecord,
    RecipeRecord,
    Record,
    TargetRecord,
    TuningRecord,
    VerificationRecord,
)
from dace_transfer.database.workloads import record_of
from dace_transfer.errors import WorkloadError
from dace_transfer.search.portfolio import BASELINE
from dace_transfer.tuner.candidate import Candidate, Field, trace_json
from dace_transfer.tuner.session import Session
from dace_transfer.verdict import Verdict
from dace_transfer.verify import Verification
from dace_transfer.workload import Workload


def embed(session: Session, workloads: Sequence[Workload]) -> list[NDArray[np.float32] | None]:
    """Encode workloads; None where the encoder cannot describe one."""
    vectors: list[NDArray[np.float32] | None] = []
    with session.phase("encode"):
        for workload in workloads:
            try:
                vectors.append(session.encoder.encode([workload])[0])
            except WorkloadError:
                vectors.append(None)
    return vectors


def remember(session: Session, fields: Sequence[Field]) -> None:
    """Store the workloads, their vectors and the outcome of every candidate, all or nothing."""
    if session.mode == "replay" or session.evaluates:
        return
    vectors = embed(session, [field.workload for field in fields])
    description = json.dumps(asdict(session.target))
    records: list[Record] = [TargetRecord(session.target.digest, description)]
    for field, vector in zip(fields, vectors, strict=True):
        records.append(record_of(field.workload, session.program, session.family))
        if vector is not None:
            records.append(EmbeddingRecord(field.workload.digest, session.encoder.id, "", vector))
        for candidate in (field.baseline, *field.candidates):
            records += [] if candidate.recalled else _outcome(session, field, candidate)
    with session.phase("store"):
        session.store.put_all(records)


def remember_occurrence(session: Session, workload: Workload) -> None:
    """Store that a workload occurs in this program."""
    session.store.put_workload(record_of(workload, session.program, session.family))


def _outcome(session: Session, field: Field, candidate: Candidate) -> list[Record]:
    attempt = candidate.attempt
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    records: list[Record] = [RecipeRecord(attempt.recipe_id, attempt.recipe, attempt.text)]
    records.append(
        TuningRecord(
            workload=field.workload.digest,
            recipe=attempt.recipe_id,
            target=session.target.digest,
            baseline=BASELINE,
            verdict=attempt.verdict.name,
            ratio=attempt.ratio,
            low=candidate.comparison.low if candidate.comparison else None,
            high=candidate.comparison.high if candidate.comparison else None,
            samples=attempt.samples,
            baseline_samples=candidate.baseline_samples,
            reason=attempt.reason,
            trace=trace_json(attempt),
            mode=session.mode,
            dace_version=dace.__version__,
            package_version=dace_transfer.__version__,
            created=now,
            provenance=session.program,
        )
    )
    if candidate.verification is not None:
        records.append(_verified(session, field, candidate, candidate.verification, now))
    return records


def _verified(
    session: Session, field: Field, candidate: Candidate, outcome: Verification, now: str
) -> VerificationRecord:
    wrong = candidate.attempt.verdict is Verdict.WRONG
    return VerificationRecord(
        workload=field.workload.digest,
        recipe=candidate.attempt.recipe_id,
        target=session.target.digest,
        ok=outcome.ok,
        kind="" if outcome.ok else Verdict.WRONG.name if wrong else outcome.kind,
        reason=outcome.reason,
        max_error=outcome.max_error if outcome.trials else None,
        tolerance=outcome.tolerance if outcome.trials else None,
        trials=outcome.trials,
        dace_version=dace.__version__,
        created=now,
    )
