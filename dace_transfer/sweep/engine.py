"""What carries orders to workers and answers back; and the one that needs nothing but threads of this process."""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from dace_transfer.errors import told
from dace_transfer.sweep.task import LOST, Answer, Order, again

T = TypeVar("T")


class Engine(Protocol):
    """Has workers carry out orders, and says which were, in the order in which that happens.

    Every method raises EngineLostError where the workers cannot be reached. An order whose worker is lost is answered
    all the same, by `again(LOST, ...)`; nothing is retried here, since only the ledger knows what became of a task.
    There is no way to take back one order: what comes of a lost lease is dropped by the ledger.
    """

    @property
    def dashboard(self) -> str:
        """Where to look at it in a browser, "" where there is nothing to see."""
        ...

    def capacity(self, role: str) -> int:
        """Workers of a role at the moment."""
        ...

    def submit(self, order: Order) -> None:
        """Have an order carried out by a worker of its role."""
        ...

    def completed(self, timeout: float) -> list[tuple[str, Answer]]:
        """Return the ids of orders with their answers, as soon as there are any or the time, in seconds, is up."""
        ...

    def close(self) -> None:
        """Forget all orders that are under way and release the workers."""
        ...


class InProcess:
    """Workers that are threads of this process; what they do, they have children do."""

    dashboard = ""

    def __init__(
        self, slots: Mapping[str, int], work: Callable[[Order], Answer], stop: Callable[[], None] = lambda: None
    ) -> None:
        """Prepare the threads.

        Args:
            slots: Workers of each role.
            work: What they do with an order.
            stop: Ends what they do at once.
        """
        self._slots, self._work, self._stop = slots, work, stop
        self._pools = {role: ThreadPoolExecutor(count, f"sweep-{role}") for role, count in slots.items()}
        self._done: queue.SimpleQueue[tuple[str, Answer]] = queue.SimpleQueue()

    def capacity(self, role: str) -> int:
        """See `Engine`."""
        return self._slots.get(role, 0)

    def submit(self, order: Order) -> None:
        """See `Engine`."""
        self._pools[order.role].submit(self._carry_out, order)

    def completed(self, timeout: float) -> list[tuple[str, Answer]]:
        """See `Engine`."""
        return drained(self._done, timeout)

    def close(self) -> None:
        """See `Engine`."""
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
        self._stop()
        for pool in self._pools.values():
            pool.shutdown(wait=True)

    def _carry_out(self, order: Order) -> None:
        try:
            answer = self._work(order)
        except Exception as error:  # noqa: BLE001  Whatever goes wrong in a worker is not the coordinator's end.
            answer = again(LOST, f"The worker failed: {told(error)}")
        self._done.put((order.id, answer))


def drained(things: queue.SimpleQueue[T], timeout: float) -> list[T]:
    """Wait for a first thing, and take all that are there by then."""
    found: list[T] = []
    try:
        found.append(things.get(timeout=timeout) if timeout > 0 else things.get_nowait())
        while True:
            found.append(things.get_nowait())
    except queue.Empty:
        return found
