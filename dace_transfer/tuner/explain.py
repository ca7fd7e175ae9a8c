"""What the tuner would try for a program, without building or running anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import dace
from dace.frontend.python.parser import DaceProgram

from dace_transfer.database.store import Store
from dace_transfer.embeddings.encoders import DEFAULT
from dace_transfer.report import Decision, Report
from dace_transfer.transformations.normalization import normalize
from dace_transfer.tuner.arguments import infer_sizes
from dace_transfer.tuner.decide import conclude, cut_workload
from dace_transfer.tuner.explore import first_quests
from dace_transfer.tuner.parsing import parse
from dace_transfer.tuner.session import Session, open_session
from dace_transfer.verdict import Verdict
from dace_transfer.workload import Workload, workload_of


def explain(
    program: dace.SDFG | DaceProgram,
    args: Mapping[str, Any] | None = None,
    *,
    database: str | Path | Store | None = None,
    exclude_families: Sequence[str] = (),
    encoder: str = DEFAULT,
) -> Report:
    """Report every workload of a program, its neighbours with their distances, and what their recipes would do.

    Recipes are applied and none is verified or timed. Arguments are those of `tune`.
    """
    original = parse(program)
    sizes = infer_sizes(original, args or {})
    settings: dict[str, Any] = {"budget": None, "device": "cpu", "database": database, "family": "", "encoder": encoder}
    with open_session(original.name, "transfer", exclude_families=exclude_families, **settings) as session:
        root = workload_of(normalize(original), sizes)
        return Report(
            program=original.name,
            mode="explain",
            target=session.target.digest,
            device=f"{session.target.model}, {session.target.threads} threads",
            sizes=sizes,
            verdict=Verdict.AMBIGUOUS,
            reason="Nothing was built or run.",
            used="",
            decision=_decisions(session, [root])[0],
            seconds=dict(session.seconds),
        )


def _decisions(session: Session, workloads: list[Workload]) -> list[Decision]:
    decisions = [conclude(quest.field).decision for quest in first_quests(session, workloads)]
    parts = [[site.workload for site in cut_workload(session, workload).sites] for workload in workloads]
    return [replace(d, parts=tuple(_decisions(session, p)) if p else ()) for d, p in zip(decisions, parts, strict=True)]
