"""Survey: try the same recipes on a program and on everything it falls into, and record what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import dace
from dace.frontend.python.parser import DaceProgram

from dace_transfer.database.store import Store
from dace_transfer.search import Proposal, bank_proposals
from dace_transfer.transformations.normalization import normalize
from dace_transfer.tuner.arguments import infer_sizes
from dace_transfer.tuner.candidate import make_field
from dace_transfer.tuner.decide import cut_workload
from dace_transfer.tuner.parsing import parse
from dace_transfer.tuner.remember import remember, remember_occurrence
from dace_transfer.tuner.session import Session, open_session
from dace_transfer.tuner.trial import verify_fields
from dace_transfer.workload import Workload, workload_of

_TOGETHER = 4  # Workloads that are built and verified as one unit, and lost together when a survey is stopped.


def survey(
    program: dace.SDFG | DaceProgram,
    args: Mapping[str, Any] | None = None,
    *,
    device: str = "cpu",
    database: str | Path | Store | None = None,
    family: str = "",
) -> int:
    """Rate every recipe of the bank on the normal form of a program and on all its pieces, and choose nothing.

    Recipes are verified, and the runs of verification are their times. What the database holds of a workload for this
    device is not tried again, so that a survey that was stopped, or that came before a recipe, goes on where it was.

    Args:
        program: A `@dace.program` or an SDFG. It is not changed.
        args: Argument values by name, for the sizes they tell; see `tune`.
        device: "cpu".
        database: File, URL or open store; the user's own database by default.
        family: Kernel family recorded with what is learnt.

    Returns:
        How many workloads recipes were rated on.

    Raises:
        DaceTransferError: The device is unknown, or a size is missing.
        WorkloadError: A size of the program is not known.
    """
    original = parse(program)
    sizes = infer_sizes(original, args or {})
    with open_session(
        original.name,
        "search",
        budget=None,
        device=device,
        database=database,
        family=family,
        exclude_families=(),
    ) as session:
        with session.phase("normalize"):
            root = workload_of(normalize(original), sizes)
        return _rate(session, {workload.digest: workload for workload in (*_pieces(session, root), root)})


def _pieces(session: Session, workload: Workload) -> Iterator[Workload]:
    """All workloads within one, the smallest first; one that holds nothing but another is left out."""
    parts = [site.workload for site in cut_workload(session, workload).sites]
    for part in parts:
        yield from _pieces(session, part)
    if len(parts) > 1:
        yield from parts


def _rate(session: Session, workloads: Mapping[str, Workload]) -> int:
    bank = bank_proposals(session.library)
    unknown = []
    for workload in workloads.values():
        if missing := _missing(session, workload, bank):
            unknown.append((workload, missing))
        else:
            remember_occurrence(session, workload)
    waiting = iter(unknown)
    while together := list(islice(waiting, _TOGETHER)):
        with session.phase("apply"):
            fields = [make_field(session, workload, proposals) for workload, proposals in together]
        remember(session, verify_fields(session, fields))
    return len(unknown)


def _missing(session: Session, workload: Workload, bank: Sequence[Proposal]) -> list[Proposal]:
    known = {record.recipe for record in session.store.tunings(workload.digest, session.target.digest)}
    return [proposal for proposal in bank if proposal.recipe.id not in known]
