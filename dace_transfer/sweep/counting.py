"""Where sweeps stand, read from the database; whoever asks need not be the one who runs them."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import case, func, select

from dace_transfer.database.dialects import clock
from dace_transfer.database.models import SweepRow, SweepTallyRow, SweepTaskRow, table_of
from dace_transfer.database.sql import SqlStore
from dace_transfer.sweep.task import FAILED, FINAL

_RECENT = 600.0  # Seconds over which the rate is taken.

_SWEEPS, _TASKS, _TALLIES = table_of(SweepRow), table_of(SweepTaskRow), table_of(SweepTallyRow)


@dataclass(frozen=True)
class Counts:
    """Where a sweep stands.

    Attributes:
        states: Tasks of every state.
        leased: Tasks that somebody works on, or has waiting for a worker.
        failures: Tasks that failed, by what failed.
        outcomes: Candidates by how they ended.
        recent: Tasks that got their final states within the last minutes.
        span: Seconds in which they did.
    """

    states: dict[str, int]
    leased: int
    failures: dict[str, int]
    outcomes: dict[str, int]
    recent: int
    span: float

    @property
    def total(self) -> int:
        """Tasks known so far; more may follow from what programs fall into."""
        return sum(self.states.values())

    @property
    def finished(self) -> int:
        """Tasks with a final state."""
        return sum(self.states.get(state, 0) for state in FINAL)

    @property
    def rate(self) -> float:
        """Tasks a second that get their final states."""
        return self.recent / self.span if self.recent else 0.0

    @property
    def left(self) -> float:
        """Seconds until the end at this rate, infinite where nothing gets done."""
        open_ = self.total - self.finished
        return open_ / self.rate if self.rate else (math.inf if open_ else 0.0)


@dataclass(frozen=True)
class Begun:
    """A sweep that a database knows of."""

    id: str
    name: str
    created: float


def begun(store: SqlStore) -> list[Begun]:
    """All sweeps of a database, oldest first."""
    c = _SWEEPS.c
    with store.connection() as connection:
        rows = connection.execute(select(c.id, c.name, c.created).order_by(c.created, c.id)).all()
    return [Begun(row.id, row.name, row.created) for row in rows]


def count(store: SqlStore, sweep: str) -> Counts:
    """Where a sweep stands; one look at all its tasks."""
    c = _TASKS.c
    leased = func.sum(case((c.owner != "", 1), else_=0))
    query = select(c.state, c.failure, func.count(), leased).where(c.sweep == sweep).group_by(c.state, c.failure)
    with store.connection() as connection:
        rows = connection.execute(query).all()
        tallies = select(_TALLIES.c.outcome, _TALLIES.c["count"]).where(_TALLIES.c.sweep == sweep)
        outcomes = connection.execute(tallies.order_by(_TALLIES.c.outcome)).all()
        now = clock(connection)
        ended = select(func.count(), func.min(c.finished)).where(c.sweep == sweep, c.finished > now - _RECENT)
        recent, first = connection.execute(ended).one()
    states: Counter[str] = Counter()
    for state, _, number, _ in rows:
        states[state] += number
    return Counts(
        states=dict(states),
        leased=sum(int(owned or 0) for *_, owned in rows),
        failures={failure: number for state, failure, number, _ in rows if state == FAILED},
        outcomes={outcome: number for outcome, number in outcomes},
        recent=recent,
        span=max(now - (first or now), 1.0),
    )
