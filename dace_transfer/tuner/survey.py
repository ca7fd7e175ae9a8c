"""Survey: try the same recipes on a program and on everything it falls into, and record what becomes of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import dace
from dace.frontend.python.parser import DaceProgram

from dace_transfer.database.store import Store
from dace_transfer.search import Proposal, bank_proposals
from dace_transfer.transformations.normalization import normalize
from dace_transfer.tuner.arguments import infer_sizes
from dace_transfer.tuner.candidate import Field, make_field
from dace_transfer.tuner.decide import cut_workload
from dace_transfer.tuner.parsing import parse
from dace_transfer.tuner.remember import remember, remember_occurrence
from dace_transfer.tuner.session import Session, open_session
from dace_transfer.tuner.trial import build_fields, verify_fields
from dace_transfer.workload import Workload, workload_of

Trial = tuple[Workload, Sequence[Proposal]]  # What is tried on what.

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
        return _rate_missing(session, pieces_of(session, original, sizes))


def pieces_of(session: Session, original: dace.SDFG, sizes: Mapping[str, int]) -> dict[str, Workload]:
    """The normal form of a parsed program and all it falls into by digest, the smallest first."""
    with session.phase("normalize"):
        root = workload_of(normalize(original), sizes)
    return {workload.digest: workload for workload in (*_pieces(session, root), root)}


def missing(session: Session, known: Collection[str]) -> list[Proposal]:
    """The bank but for those recipes, by id, of which is known what becomes of them."""
    return [proposal for proposal in bank_proposals(session.library) if proposal.recipe.id not in known]


def rate(session: Session, trials: Sequence[Trial]) -> None:
    """Verify recipes on workloads, which are built as one unit, and record what becomes of them."""
    remember(session, verify_fields(session, _fields(session, trials)))


def build(session: Session, trials: Sequence[Trial]) -> None:
    """Build what `rate` will run, so that it finds it in the builder's cache; nothing is run."""
    build_fields(session, _fields(session, trials))


def _pieces(session: Session, workload: Workload) -> Iterator[Workload]:
    """All workloads within one, the smallest first; one that holds nothing but another is left out."""
    parts = [site.workload for site in cut_workload(session, workload).sites]
    for part in parts:
        yield from _pieces(session, part)
    if len(parts) > 1:
        yield from parts


def _rate_missing(session: Session, workloads: Mapping[str, Workload]) -> int:
    trials = []
    for workload in workloads.values():
        known = {record.recipe for record in session.store.tunings(workload.digest, session.target.digest)}
        if proposals := missing(session, known):
            trials.append((workload, proposals))
        else:
            remember_occurrence(session, workload)
    waiting = iter(trials)
    while together := list(islice(waiting, _TOGETHER)):
        rate(session, together)
    return len(trials)


def _fields(session: Session, trials: Sequence[Trial]) -> list[Field]:
    with session.phase("apply"):
        return [make_field(session, workload, proposals) for workload, proposals in trials]
