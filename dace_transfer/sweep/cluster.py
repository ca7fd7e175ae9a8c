"""Workers that Dask finds, starts and watches: on this machine, in jobs of SLURM, or those of a running scheduler."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import itertools
import logging
import queue
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from dace_transfer.errors import EngineLostError, SweepError
from dace_transfer.sweep.engine import drained
from dace_transfer.sweep.spec import LOCAL, SLURM, Workers
from dace_transfer.sweep.task import COMPILE, LOST, Answer, Order, again, measuring
from dace_transfer.sweep.work import work as carry_out

_CONNECT = 30.0  # Seconds.
_LOOK = 2.0  # Seconds between two looks at which workers there are.

# Nothing is stolen from who measures; the ledger decides what is tried again; children are allowed; and workers have no
# settings of threads but ours.
_SETTINGS: Mapping[str, Any] = {
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.allowed-failures": 0,
    "distributed.worker.daemon": False,
    "distributed.nanny.pre-spawn-environ": {},
}


class Dask:
    """An engine over a client of Dask. Workers offer the roles they play as resources, one of each."""

    def __init__(self, client: Any, cluster: Any, work: Callable[[Order], Answer]) -> None:
        """Take over a client and, where it is ours, a cluster.

        Args:
            client: A `distributed.Client`.
            cluster: What is closed with it, None for nothing.
            work: What workers do with an order.
        """
        self._client, self._cluster, self._work = client, cluster, work
        self._orders: dict[str, str] = {}
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        # Two coordinators may use one scheduler, whose keys are everybody's.
        self._name, self._count = uuid.uuid4().hex[:8], itertools.count()
        self._futures: dict[str, Any] = {}
        self._roles: dict[str, int] = {}
        self._looked = -_LOOK

    @property
    def dashboard(self) -> str:
        """See `Engine`."""
        return str(self._client.dashboard_link or "") if importlib.util.find_spec("bokeh") else ""

    def capacity(self, role: str) -> int:
        """See `Engine`."""
        if time.monotonic() - self._looked > _LOOK:
            with _reached(self._client):
                workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
            self._looked = time.monotonic()
            roles = {name for worker in workers for name in worker["resources"]}
            self._roles = {name: int(sum(w["resources"].get(name, 0) for w in workers)) for name in roles}
        return self._roles.get(role, 0)

    def submit(self, order: Order) -> None:
        """See `Engine`."""
        key = f"sweep-{self._name}-{next(self._count)}"
        how = {"key": key, "resources": {order.role: 1}, "retries": 0, "pure": False}
        with _reached(self._client):
            future = self._client.submit(self._work, order, **how)
        self._orders[key], self._futures[key] = order.id, future
        future.add_done_callback(self._done.put)

    def completed(self, timeout: float) -> list[tuple[str, Answer]]:
        """See `Engine`."""
        found = {future.key: future for future in drained(self._done, timeout) if future.key in self._orders}
        with _reached(self._client):
            finished = {key: future for key, future in found.items() if future.status == "finished"}
            answers = self._client.gather(finished, errors="skip") if finished else {}
        told = [(self._orders[key], answers.get(key) or _lost(future)) for key, future in found.items()]
        for key in found:
            # The scheduler forgets a result when nobody holds its future any more.
            del self._orders[key], self._futures[key]
        return told

    def close(self) -> None:
        """See `Engine`."""
        with contextlib.suppress(Exception):
            self._client.cancel(list(self._futures.values()))
        self._futures.clear()
        for closed in (self._client, self._cluster):
            if closed is not None:
                with contextlib.suppress(Exception):
                    closed.close(timeout=10)


def open_dask(workers: Workers, devices: Sequence[str], work: Callable[[Order], Answer] = carry_out) -> Dask:
    """Start or find workers.

    Args:
        workers: Which and how many.
        devices: What is measured on.
        work: What they do with an order; has to be importable where they are.

    Raises:
        SweepError: Dask is not installed, or the scheduler cannot be reached.
    """
    dask, distributed = _package("dask", "sweep"), _package("distributed", "sweep")
    starters: Mapping[str, Callable[[], Any]] = {
        LOCAL: lambda: _local(distributed, workers, devices),
        SLURM: lambda: _slurm(workers, devices),
    }
    with dask.config.set(_SETTINGS), _started(workers.engine):
        cluster = starters[workers.engine]() if workers.engine in starters else None
        try:
            address = workers.engine if cluster is None else cluster
            client = distributed.Client(address, timeout=_CONNECT, set_as_default=False)
        except Exception:
            if cluster is not None:
                cluster.close(timeout=10)
            raise
    return Dask(client, cluster, work)


def local_workers(workers: Workers, devices: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The workers of this machine by name, each with the resources and the environment it is started with.

    Of those that measure on anything but the processors, each sees one device.
    """
    specified: dict[str, dict[str, Any]] = {
        f"{COMPILE}-{i}": {"resources": {COMPILE: 1}, "env": {}} for i in range(workers.compile)
    }
    for device in devices:
        for i in range(workers.measure):
            seen = {} if device == "cpu" else {"CUDA_VISIBLE_DEVICES": str(i)}
            specified[f"{measuring(device)}-{i}"] = {"resources": {measuring(device): 1}, "env": seen}
    return specified


def job_arguments(devices: Sequence[str]) -> list[str]:
    """What the one worker of a job is started with: it plays all roles, one at a time."""
    roles = ",".join(f"{role}=1" for role in (COMPILE, *map(measuring, devices)))
    return ["--nthreads", "1", "--resources", roles]


def _local(distributed: Any, workers: Workers, devices: Sequence[str]) -> Any:
    """`distributed.LocalCluster`, but with workers that differ in what they may do."""
    place = {"host": "127.0.0.1", "protocol": "tcp://"}
    scheduler = {"port": 0, "dashboard": True, "dashboard_address": ":0", **place}
    # Memory is watched where it is used, in the children.
    common = {"nthreads": 1, "memory_limit": 0, "silence_logs": logging.ERROR, **place}
    nannies = {
        name: {"cls": distributed.Nanny, "options": {**common, **own}}
        for name, own in local_workers(workers, devices).items()
    }
    return distributed.SpecCluster(
        workers=nannies,
        scheduler={"cls": distributed.Scheduler, "options": scheduler},
        silence_logs=logging.ERROR,
        name="sweep",
    )


def _slurm(workers: Workers, devices: Sequence[str]) -> Any:
    cluster = _package("dask_jobqueue", "slurm").SLURMCluster(
        processes=1, worker_extra_args=job_arguments(devices), **workers.options
    )
    cluster.scale(jobs=workers.measure)
    return cluster


def _package(name: str, extra: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise SweepError(
            f"This engine needs the package '{name}', which cannot be imported ({error}): "
            f"pip install 'dace_transfer[{extra}]', or choose the engine 'in-process'."
        ) from error


@contextmanager
def _started(engine: str) -> Iterator[None]:
    try:
        yield
    except SweepError:
        raise
    except Exception as error:
        raise EngineLostError(f"The workers of the engine '{engine}' cannot be had: {error}.") from error


@contextmanager
def _reached(client: Any) -> Iterator[None]:
    """Tell of a scheduler that is gone; Dask's own errors for that are of many kinds."""
    try:
        if client.status == "running":
            yield
            return
    except Exception as error:
        raise EngineLostError(f"The scheduler cannot be reached: {error}.") from error
    raise EngineLostError(f"The scheduler cannot be reached; its client is {client.status}.")


def _lost(future: Any) -> Answer:
    reason = f"The worker was lost ({future.status})."
    if future.status == "error":
        with contextlib.suppress(Exception):
            reason = f"The worker was lost: {future.exception(timeout=5)}"
    return again(LOST, reason)
