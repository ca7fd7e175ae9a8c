"""Search: ask a strategy for recipes, try them, tell it what became of them, where most time can be saved."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dace_transfer.search import (
    Evolution,
    Guide,
    InTurn,
    Listed,
    Outcome,
    Piece,
    Proposal,
    Strategy,
    neighbour_proposals,
    next_piece,
    observations,
    portfolio_proposals,
)
from dace_transfer.search.portfolio import BASELINE
from dace_transfer.tuner.candidate import Field, extended, make_field
from dace_transfer.tuner.remember import embed, remember
from dace_transfer.tuner.session import Session
from dace_transfer.tuner.trial import race_field, verify_fields, winner
from dace_transfer.workload import Workload

_PROGRAMS = {"transfer": 3, "measure": 5}  # Made of neighbours' recipes, to be verified.
_NEAREST = 5  # Neighbours' recipes that a search begins with.
_FIRST = 32  # Proposals of a search that are tried at once, so that they are built and verified together.
_ROUND = 8  # Those tried at a time afterwards.
_PATIENCE = 48  # Outcomes without an improvement after which there are no more variations.


@dataclass(frozen=True)
class Quest:
    """A workload that a recipe is looked for.

    Attributes:
        field: What was tried so far.
        strategy: What proposes recipes for it, and learns from what became of them.
        ended: Whether the strategy has no more to propose.
    """

    field: Field
    strategy: Strategy
    ended: bool = False


def first_quests(session: Session, workloads: Sequence[Workload]) -> list[Quest]:
    """Find the first recipes for workloads and apply them; nothing is built or run."""
    vectors = embed(session, workloads)
    with session.phase("neighbours"):
        strategies = [_strategy(session, w, vector) for w, vector in zip(workloads, vectors, strict=True)]
    with session.phase("apply"):
        return [
            Quest(_first_field(session, workload, strategy), strategy)
            for workload, strategy in zip(workloads, strategies, strict=True)
        ]


def _first_field(session: Session, workload: Workload, strategy: Strategy) -> Field:
    """Apply what is proposed first: in a search all of it, else until there are as many programs as are to be verified.

    A recipe that does not apply, or makes a program that is there, costs no build and does not count.
    """
    if session.mode == "search":
        return make_field(session, workload, strategy.ask(_FIRST))
    field = make_field(session, workload, [])
    while proposals := strategy.ask(_PROGRAMS[session.mode] - len(field.alive)):
        field = extended(session, field, proposals)
    return field


def try_first(session: Session, quests: Sequence[Quest]) -> list[Quest]:
    """Verify what was applied, all as one unit, and race it where that is allowed; what is learnt is stored."""
    fields = verify_fields(session, [quest.field for quest in quests])
    tried = []
    for quest, field in zip(quests, fields, strict=True):
        done = race_field(session, field) if session.measures else field
        remember(session, [done])
        tried.append(_told(replace(quest, field=done), done))
    return tried


def explore(session: Session, quests: Sequence[Quest]) -> list[Quest]:
    """Go on with the quest that promises to save most of the program's time, until time or ideas are spent."""
    current = list(quests)
    pieces = [_piece(str(index), quest.field) for index, quest in enumerate(current)]
    while session.time_left:
        chosen = next_piece([piece for piece, quest in zip(pieces, current, strict=True) if not quest.ended])
        if chosen is None:
            break
        index, start = int(chosen.name), time.monotonic()
        current[index] = _go_on(session, current[index])
        known = _piece(chosen.name, current[index].field)
        pieces[index] = chosen.after(time.monotonic() - start, known.time)
    return current


def _go_on(session: Session, quest: Quest) -> Quest:
    """One more round: ask, try, tell."""
    proposals = quest.strategy.ask(_ROUND)
    if not proposals:
        return replace(quest, ended=True)
    with session.phase("apply"):
        trial = make_field(session, quest.field.workload, proposals)
    best = winner(quest.field)
    trial = race_field(session, verify_fields(session, [trial])[0], best.attempt.ratio if best else None)
    remember(session, [trial])
    field = replace(quest.field, candidates=quest.field.candidates + trial.candidates)
    return _told(replace(quest, field=field), trial)


def _told(quest: Quest, tried: Field) -> Quest:
    known = [(c.proposal.recipe, c.attempt.verdict, None if c.twin else c.attempt.ratio) for c in tried.candidates]
    quest.strategy.tell([Outcome(*entry) for entry in known])
    return quest


def _piece(name: str, field: Field) -> Piece:
    """What a workload's best version takes now; 0, and so not worth a search, where it could not be timed."""
    samples = field.baseline.attempt.samples
    best = winner(field)
    ratio = best.attempt.ratio if best is not None and best.attempt.ratio else 1.0
    return Piece(name, statistics.median(samples) / ratio if samples else 0.0)


def _strategy(session: Session, workload: Workload, vector: NDArray[np.float32] | None) -> Strategy:
    """Neighbours' recipes; in a search the library's and variations follow."""
    left_out = [workload.digest] if session.evaluates else []
    near: list[Proposal] = []
    if vector is not None:
        near = neighbour_proposals(
            session.store,
            session.encoder.id,
            workload.digest,
            vector,
            exclude_families=session.exclude_families,
            exclude_digests=left_out,
        )
    if session.mode != "search":
        return Listed(near)
    history = (
        []
        if vector is None
        else observations(
            session.store,
            session.encoder.id,
            vector,
            exclude_families=session.exclude_families,
            exclude_digests=left_out,
        )
    )
    guide = Guide(vector, history)
    parents = [recipe for name, recipe in session.library.items() if name != BASELINE]
    portfolio = portfolio_proposals(session.library)
    return InTurn([Listed(near[:_NEAREST]), Listed(portfolio, guide), Evolution(parents, guide, patience=_PATIENCE)])
