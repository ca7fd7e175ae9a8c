"""The tasks of a sweep in the database, and every change of their states, in batches.

Several coordinators may work on one sweep: who has a task leased is written down with it, every change asks for that,
and what an answer brings is stored in the transaction that gives its task the new state, or not at all.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, and_, bindparam, or_, select, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError

from dace_transfer.database.codec import KINDS, canonical, from_json
from dace_transfer.database.dialects import clock, upsert
from dace_transfer.database.models import SweepRow, SweepTallyRow, SweepTaskRow, table_of
from dace_transfer.database.records import Record
from dace_transfer.database.sql import SqlStore
from dace_transfer.errors import StoreError
from dace_transfer.sweep.spec import Spec
from dace_transfer.sweep.tally import tally
from dace_transfer.sweep.task import FINAL, LOST, QUEUED, Answer, NewTask, Task, failed, role_of

LEASE = 90.0  # Seconds after which a task whose coordinator has not been heard of is anybody's.
# How often a task may be lost before it counts as failed: workers are ended for many reasons, and a child that dies has
# most often itself to blame.
_MOST_LOST, _MOST_CRASHES = 20, 3
_AT_ONCE = 20_000  # Tasks that are added in one transaction.

_SWEEPS, _TASKS, _TALLIES = table_of(SweepRow), table_of(SweepTaskRow), table_of(SweepTallyRow)
_ORDER = {name: place for place, name in enumerate(KINDS)}


@dataclass(frozen=True)
class Done:
    """A task that was leased, with what came of it."""

    task: Task
    answer: Answer


class Ledger:
    """The tasks of one sweep, as one coordinator changes them."""

    def __init__(self, store: SqlStore, sweep: str, owner: str, lease: float = LEASE) -> None:
        """Look at a sweep, which need not be there yet.

        Args:
            store: Where it is.
            sweep: Its id.
            owner: Names this coordinator among all there are and ever were.
            lease: Seconds that a lease lasts.
        """
        self.sweep, self.owner = sweep, owner
        self._store, self._lease = store, lease

    def begin(self, spec: Spec) -> bool:
        """Put down a sweep that is not there yet; says whether all its tasks are there already."""
        with self._writing() as connection:
            row = {"id": self.sweep, "name": spec.name, "spec": spec.model_dump_json(), "planned": False}
            row["created"] = clock(connection)
            connection.execute(upsert(connection, _SWEEPS).on_conflict_do_nothing(), row)
            return bool(connection.execute(select(_SWEEPS.c.planned).where(_SWEEPS.c.id == self.sweep)).scalar_one())

    def plan(self, tasks: Iterable[NewTask]) -> None:
        """Add the tasks that a sweep begins with, those that are there already once; all or, when stopped, some."""
        numbered = enumerate(tasks)
        while batch := list(islice(numbered, _AT_ONCE)):
            with self._writing() as connection:
                self._add(connection, batch)
        with self._writing() as connection:
            connection.execute(update(_SWEEPS).where(_SWEEPS.c.id == self.sweep).values(planned=True))

    def lease(self, role: str, count: int) -> list[Task]:
        """Take at most `count` tasks whose next step is for a role, in the order of the plan."""
        c = _TASKS.alias("free").c
        free = select(c.id).where(c.sweep == self.sweep, c.role == role, c.owner == "")
        free = free.order_by(c.position).limit(count)
        with self._writing() as connection:
            taken = {"owner": self.owner, "expires": clock(connection) + self._lease}
            # Asking again for no owner makes it safe where others write at the same time.
            wanted = update(_TASKS).where(_TASKS.c.id.in_(free), _TASKS.c.owner == "").values(taken)
            rows = connection.execute(wanted.returning(*_columns())).mappings().all()
        return sorted((_task(dict(row)) for row in rows), key=lambda task: (task.position, task.id))

    def renew(self, tasks: Collection[str]) -> None:
        """Prolong leases of this coordinator; those that it has lost stay lost."""
        if not tasks:
            return
        with self._writing() as connection:
            until = clock(connection) + self._lease
            connection.execute(self._mine(tasks).values(expires=until))

    def release(self, tasks: Collection[str]) -> None:
        """Give tasks back as they were."""
        if not tasks:
            return
        with self._writing() as connection:
            connection.execute(self._mine(tasks).values(owner="", expires=0.0))

    def reclaim(self, gone: Callable[[str], bool], held: Collection[str] = ()) -> int:
        """Free tasks whose leases have ended or whose coordinators are known to be gone.

        Args:
            gone: Says of another coordinator whether it is.
            held: Tasks that this one knows it works on.

        Returns:
            How many were freed.
        """
        c = _TASKS.c
        with self._writing() as connection:
            leased = and_(c.sweep == self.sweep, c.expires > 0.0, c.id.not_in(list(held)))
            owners = connection.execute(select(c.owner).where(leased).distinct()).scalars().all()
            dead = [owner for owner in owners if owner != self.owner and gone(owner)]
            ended = or_(c.expires < clock(connection), c.owner.in_(dead))
            freed = update(_TASKS).where(leased, ended).values(owner="", expires=0.0)
            return connection.execute(freed).rowcount

    def finish(self, done: Sequence[Done]) -> list[Done]:
        """Give tasks their new states and store what their answers bring, all or nothing.

        What is answered for a task that somebody else has leased meanwhile is dropped, with all it brings.

        Returns:
            What was not dropped.
        """
        c = _TASKS.c
        with self._writing() as connection:
            ids = [one.task.id for one in done]
            mine = select(c.id).where(c.id.in_(ids), c.owner == self.owner).with_for_update()
            held = set(connection.execute(mine).scalars())
            kept = [_settled(one) for one in done if one.task.id in held]
            if kept:
                self._store.put_all(_records(kept))
                self._add(connection, [(one.task.position, new) for one in kept for new in one.answer.follow])
                self._change(connection, kept)
                self._count(connection, kept)
        return kept

    def unfinished(self) -> bool:
        """Whether any task has a step before it, whoever has it leased."""
        open_ = select(_TASKS.c.id).where(_TASKS.c.sweep == self.sweep, _TASKS.c.role > "").limit(1)
        with self._store.connection() as connection:
            return connection.execute(open_).first() is not None

    def _mine(self, tasks: Collection[str]) -> Any:
        return update(_TASKS).where(_TASKS.c.id.in_(list(tasks)), _TASKS.c.owner == self.owner)

    def _add(self, connection: Connection, tasks: Sequence[tuple[int, NewTask]]) -> None:
        rows = [self._row(position, new) for position, new in tasks]
        if rows:
            connection.execute(upsert(connection, _TASKS).on_conflict_do_nothing(), rows)

    def _row(self, position: int, new: NewTask) -> dict[str, Any]:
        row = {"id": new.id(self.sweep), "sweep": self.sweep, "position": position, "kind": new.kind}
        row |= {"device": new.device, "label": new.label, "payload": canonical(dict(new.payload)), "state": QUEUED}
        row |= {"role": role_of(new.kind, QUEUED, new.device), "owner": "", "expires": 0.0, "tries": 0}
        return row | {"failure": "", "reason": "", "seconds": 0.0, "finished": 0.0}

    def _change(self, connection: Connection, done: Sequence[Done]) -> None:
        names = ("state", "role", "tries", "failure", "reason", "finished")
        changed = update(_TASKS).where(_TASKS.c.id == bindparam("which"), _TASKS.c.owner == self.owner)
        new: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
        seconds = _TASKS.c.seconds + bindparam("more")
        now = clock(connection)
        rows = [
            {f"new_{name}": value for name, value in _changes(one, now).items()}
            | {"which": one.task.id, "more": one.answer.seconds}
            for one in done
        ]
        connection.execute(changed.values(**new, seconds=seconds, owner="", expires=0.0), rows)

    def _count(self, connection: Connection, done: Sequence[Done]) -> None:
        counts: Counter[str] = Counter()
        for one in done:
            counts += tally(one.answer.records)
        rows = [{"sweep": self.sweep, "outcome": outcome, "count": count} for outcome, count in counts.items()]
        if rows:
            added = upsert(connection, _TALLIES)
            more = {"count": _TALLIES.c["count"] + added.excluded["count"]}
            connection.execute(added.on_conflict_do_update(index_elements=("sweep", "outcome"), set_=more), rows)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._store.transaction(), self._store.connection() as connection:
            yield connection


def refused(error: StoreError) -> bool:
    """Whether the store refuses what it was given, and is not itself in trouble."""
    cause = error.__cause__
    return not isinstance(cause, DBAPIError) or isinstance(cause, (IntegrityError, DataError, ProgrammingError))


def _columns() -> list[Any]:
    return [_TASKS.c[name] for name in ("id", "position", "kind", "device", "label", "payload", "state", "tries")]


def _task(row: dict[str, Any]) -> Task:
    return Task(**{**row, "payload": json.loads(row["payload"])})


def _records(done: Iterable[Done]) -> list[Record]:
    """All records, what others refer to first; batches of one kind are written faster."""
    told = (record for one in done for record in one.answer.records)
    return [from_json(KINDS[name], values) for name, values in sorted(told, key=lambda record: _ORDER[record[0]])]


def _settled(done: Done) -> Done:
    """What counts as failed after all where a task was lost too often."""
    task, answer = done.task, done.answer
    most = _MOST_LOST if answer.failure == LOST else _MOST_CRASHES
    if answer.state or task.tries + 1 < most:
        return done
    reason = f"It was tried {task.tries + 1} times. {answer.reason}"
    return Done(task, failed(answer.failure, reason, answer.seconds))


def _changes(done: Done, now: float) -> dict[str, Any]:
    task, answer = done.task, done.answer
    state = answer.state or task.state
    return {
        "state": state,
        "role": role_of(task.kind, state, task.device),
        "tries": task.tries + (0 if answer.state else 1),
        "failure": answer.failure,
        "reason": answer.reason,
        "finished": now if state in FINAL else 0.0,
    }
