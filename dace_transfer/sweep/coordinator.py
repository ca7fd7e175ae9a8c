"""The loop of a sweep: lease tasks, hand them to workers, take in what comes back, write it in batches."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from dace_transfer.errors import EngineLostError, StoreError, SweepError
from dace_transfer.sweep.engine import Engine
from dace_transfer.sweep.ledger import Done, Ledger, refused
from dace_transfer.sweep.task import POSTPONED, Answer, Order, Task, failed


@dataclass(frozen=True)
class Pace:
    """How often things are done; times are in seconds.

    Attributes:
        poll: Longest wait for an answer before all else is looked at; what wakes up often disturbs who measures.
        write: Time after which answers are written, and at most as much is lost when the coordinator is killed.
        batch: Answers that are written at once, however little time has passed.
        beat: Between two prolongations of leases.
        reclaim: Between two looks for tasks whose coordinators are gone.
        pause: Wait after a disk was found full, or workers were lost, before going on.
        patience: How long it is waited for a database or workers that cannot be used.
    """

    poll: float = 1.0
    write: float = 0.5
    batch: int = 256
    beat: float = 20.0
    reclaim: float = 15.0
    pause: float = 5.0
    patience: float = 600.0


class Coordinator:
    """Runs the tasks of a sweep to their ends, together with any other coordinators of it."""

    def __init__(
        self,
        ledger: Ledger,
        roles: Sequence[str],
        open_engine: Callable[[], Engine],
        order_of: Callable[[Task], Order | Answer],
        gone: Callable[[str], bool],
        pace: Pace | None = None,
        hear: Callable[[str, str], None] = lambda trouble, dashboard: None,
    ) -> None:
        """Prepare.

        Args:
            ledger: Where the tasks are.
            roles: Roles of workers there may be.
            open_engine: Starts or finds workers; asked again when they are lost.
            order_of: Makes an order of a task, or answers it where nothing has to be done.
            gone: Says of the name of another coordinator whether its process is known to have ended.
            pace: How often things are done.
            hear: Called every turn with what is in the way, "" when nothing is, and the engine's dashboard.
        """
        self._ledger, self._roles, self._open = ledger, roles, open_engine
        self._order_of, self._gone, self._hear = order_of, gone, hear
        self._pace = pace or Pace()
        self._under_way: dict[str, Task] = {}
        self._fresh: list[Task] = []
        self._answered: list[Done] = []
        self._written, self._reclaimed = time.monotonic(), -self._pace.reclaim
        self._paused_until = 0.0
        self._trouble, self._since = "", 0.0

    def run(self, stopping: threading.Event) -> None:
        """Work until every task has its final state, or it is to stop; then nothing stays leased.

        Raises:
            StoreError: The database could not be used for longer than there is patience.
            SweepError: Workers could not be had for as long.
        """
        with self._beating():
            try:
                # What cannot be started at all is said at once; what was lost is waited for.
                engine: Engine | None = self._open()
                while not stopping.is_set():
                    try:
                        if self._run_with(engine or self._open(), stopping):
                            return
                    except EngineLostError as error:
                        self._bear(error, stopping)
                    engine = None
            finally:
                self._wind_up()

    def _run_with(self, engine: Engine, stopping: threading.Event) -> bool:
        """Turn until the end with one engine; says whether there is nothing more to do."""
        try:
            while not stopping.is_set():
                if not self._turn(engine, stopping):
                    return True
            with suppress(StoreError):
                self._take_in(engine.completed(0.0))
            return False
        finally:
            engine.close()
            self._forget()

    def _turn(self, engine: Engine, stopping: threading.Event) -> bool:
        """One round of everything; says whether there is more to do."""
        try:
            self._reclaim()
            self._hand_out(engine)
            self._take_in(engine.completed(self._waiting()))
            self._write()
            more = bool(self._under_way or self._answered) or self._ledger.unfinished()
        except StoreError as error:
            self._bear(error, stopping)
            return True
        if time.monotonic() > self._paused_until:
            self._trouble = ""
        self._hear(self._trouble, engine.dashboard)
        return more

    def _hand_out(self, engine: Engine) -> None:
        """Keep workers busy, each with one order waiting; leases are taken several at a time."""
        if time.monotonic() < self._paused_until:
            return
        for role in self._roles:
            window = 2 * engine.capacity(role)
            free = window - sum(task.role == role for task in self._under_way.values())
            if window and 4 * free >= window:
                self._fresh += self._ledger.lease(role, free)
        while self._fresh:
            self._begin(engine, self._fresh[0])
            del self._fresh[0]

    def _begin(self, engine: Engine, task: Task) -> None:
        # A lease that was lost and taken again: what comes of the first order is not waited for.
        self._under_way = {key: other for key, other in self._under_way.items() if other.id != task.id}
        order = self._order_of(task)
        if isinstance(order, Answer):
            self._answered.append(Done(task, order))
            return
        self._under_way[order.id] = task
        engine.submit(order)

    def _waiting(self) -> float:
        """How long answers are waited for: not beyond the time at which others are to be written."""
        due = self._written + self._pace.write - time.monotonic()
        return min(self._pace.poll, max(due, 0.0)) if self._answered else self._pace.poll

    def _take_in(self, answers: Sequence[tuple[str, Answer]]) -> None:
        postponed = []
        for order, answer in answers:
            task = self._under_way.pop(order, None)
            if task is None:
                continue
            if answer.failure in POSTPONED and not answer.state:
                postponed.append(task.id)
                self._trouble, self._paused_until = answer.reason, time.monotonic() + self._pace.pause
            else:
                self._answered.append(Done(task, answer))
        if postponed:
            self._ledger.release(postponed)

    def _write(self) -> None:
        """Write answers, when there are many or they have waited for long; those the store refuses fail one by one."""
        now = time.monotonic()
        if len(self._answered) < self._pace.batch and now - self._written < self._pace.write:
            return
        while batch := self._answered[: self._pace.batch]:
            try:
                self._ledger.finish(batch)
            except StoreError as error:
                if not refused(error):
                    raise
                for one in batch:
                    self._finish_alone(one)
            del self._answered[: len(batch)]
        self._written = now

    def _finish_alone(self, done: Done) -> None:
        try:
            self._ledger.finish([done])
        except StoreError as error:
            if not refused(error):
                raise
            self._ledger.finish([Done(done.task, failed("store", str(error), done.answer.seconds))])

    def _reclaim(self) -> None:
        now = time.monotonic()
        if now - self._reclaimed > self._pace.reclaim:
            self._ledger.reclaim(self._gone, self._held())
            self._reclaimed = now

    def _bear(self, error: SweepError | StoreError, stopping: threading.Event) -> None:
        """Wait for something to become usable again."""
        now = time.monotonic()
        if not self._trouble:
            self._since = now
        self._trouble, self._paused_until = str(error), now + self._pace.pause
        self._hear(self._trouble, "")
        if now - self._since > self._pace.patience:
            raise error
        stopping.wait(self._pace.pause)

    @contextmanager
    def _beating(self) -> Iterator[None]:
        """Prolong leases from a thread of its own, however long anything else takes."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(self._pace.beat):
                with suppress(StoreError):
                    self._ledger.renew(self._held())

        thread = threading.Thread(target=beat, name="sweep-heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _held(self) -> list[str]:
        answered = [done.task for done in list(self._answered)]
        return [task.id for task in (*list(self._under_way.values()), *list(self._fresh), *answered)]

    def _forget(self) -> None:
        """Give back what a closed engine will not answer any more; where that fails, the leases end by themselves."""
        forgotten = [task.id for task in (*self._under_way.values(), *self._fresh)]
        self._under_way, self._fresh = {}, []
        with suppress(StoreError):
            self._ledger.release(forgotten)

    def _wind_up(self) -> None:
        self._written = -self._pace.write
        with suppress(StoreError):
            self._write()
