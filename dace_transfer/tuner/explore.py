"""Search: ask a strategy for recipes, try them, tell it what became of them, where most time can be saved."""

from __future__ import annotations

import math
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
from dace_transfer.search.trust import VERIFIED
from dace_transfer.tuner.candidate import Field, extended, make_field
from dace_transfer.tuner.remember import embed, remember
from dace_transfer.tuner.session import Session
from dace_transfer.tuner.trial import race_field, verify_fields, winner
from dace_transfer.workload import Workload

_PROGRAMS = {"transfer": VERIFIED, "measure": 5}  # Made of neighbours' recipes, to be verified.
_NEAREST = 5  # Neighbours' recipes that a search begins with.
_FIRST = 32  # Proposals of a search that are tried at once, so that they are built and verified together.
_ROUND = 8  # Those tried at a time afterwards.
_SHORTEST_ROUND = 10.0  # Seconds without which no further round begins.
_PORTION = 4  # Proposals of a search that are applied before it looks at the time again.
# Shares of the seconds left that one round of a search spends on applying recipes, and keeps for the race at its end.
_APPLIED, _RACED = 0.2, 0.4
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
    seconds = _APPLIED * session.time_left / max(1, len(workloads))
    with session.phase("apply"):
        return [
            Quest(_first_field(session, workload, strategy, seconds), strategy)
            for workload, strategy in zip(workloads, strategies, strict=True)
        ]


def _first_field(session: Session, workload: Workload, strategy: Strategy, seconds: float) -> Field:
    """Apply what is proposed first: in a search for some time, else until there are as many programs as are to be
    verified.

    A recipe that does not apply, or makes a program that is there, costs no build and does not count.
    """
    field = make_field(session, workload, [])
    if session.mode == "search":
        return _applied(session, field, strategy, _FIRST, seconds)
    while proposals := strategy.ask(_PROGRAMS[session.mode] - len(field.alive)):
        field = extended(session, field, proposals)
    return field


def _applied(session: Session, field: Field, strategy: Strategy, count: int, seconds: float) -> Field:
    """Apply up to `count` proposals, the most promising first; what there is no time for is not asked for."""
    begun, most = time.monotonic(), len(field.candidates) + count
    while proposals := strategy.ask(min(_PORTION, most - len(field.candidates))):
        field = extended(session, field, proposals)
        if time.monotonic() - begun > seconds:
            break
    return field


def try_first(session: Session, quests: Sequence[Quest]) -> list[Quest]:
    """Verify what was applied, all as one unit, and race it where that is allowed; what is learnt is stored."""
    fields = verify_fields(session, [quest.field for quest in quests], _verified_until(session))
    tried, raced = [], False
    for quest, field in zip(quests, fields, strict=True):
        # However long verification took, one race takes place.
        done = race_field(session, field) if session.measures and (session.time_left or not raced) else field
        raced = raced or done is not field
        remember(session, [done])
        tried.append(_told(replace(quest, field=done), done))
    return tried


def explore(session: Session, quests: Sequence[Quest]) -> list[Quest]:
    """Go on with the quest that promises to save most of the program's time, until time or ideas are spent."""
    current = list(quests)
    pieces = [_piece(str(index), quest.field) for index, quest in enumerate(current)]
    while session.time_left > _SHORTEST_ROUND:
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
    with session.phase("apply"):
        field = _applied(session, quest.field, quest.strategy, _ROUND, _APPLIED * session.time_left)
    trial = field.since(quest.field)
    if not trial.candidates:
        return replace(quest, ended=True)
    best = winner(quest.field)
    (trial,) = verify_fields(session, [trial], _verified_until(session))
    trial = race_field(session, trial, best.attempt.ratio if best else None)
    remember(session, [trial])
    return _told(replace(quest, field=quest.field.followed_by(trial)), trial)


def _verified_until(session: Session) -> float:
    """When verification has to end for a race to take place."""
    return time.monotonic() + (1.0 - _RACED) * session.time_left if session.mode == "search" else math.inf


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
