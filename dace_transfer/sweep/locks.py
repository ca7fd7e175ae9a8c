"""Who may use a device of this host: one that measures on it, alone, or any number that compute beside one another.

A process that computes next to a measurement, at whatever priority, spoils it. Locks are the kernel's (`flock`) on
files in the cache folder, so that they hold among all sweeps of a user on the host, and end with who holds them.
"""

from __future__ import annotations

import fcntl
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dace_transfer.cache import cache_folder
from dace_transfer.errors import SweepError

_LOOK = 0.2  # Seconds between two tries; whoever waits must not disturb who measures.


def never() -> bool:
    """Do not give up."""
    return False


@contextmanager
def alone(device: str, over: Callable[[], bool] = never) -> Iterator[None]:
    """Hold a device while measuring on it.

    Args:
        device: Its name on this host.
        over: Asked every now and then whether to give up waiting.

    Raises:
        SweepError: It was given up.
    """
    with _held(device, fcntl.LOCK_EX, over):
        yield


@contextmanager
def beside(device: str, over: Callable[[], bool] = never) -> Iterator[None]:
    """Compute on a device on which nobody measures meanwhile; arguments are those of `alone`."""
    with _held(device, fcntl.LOCK_SH, over):
        yield


@contextmanager
def _held(device: str, how: int, over: Callable[[], bool]) -> Iterator[None]:
    folder = cache_folder() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    # The cache may be shared by hosts, whose devices are not.
    stem = f"{platform.node()}-{device}".replace("/", "-")
    with ExitStack() as stack:
        # Who waits to be alone waits within the gate, so that others cannot take turns before it for ever.
        with _locked(folder / f"{stem}.gate", fcntl.LOCK_EX, over):
            stack.enter_context(_locked(folder / f"{stem}.lock", how, over))
        yield


@contextmanager
def _locked(path: Path, how: int, over: Callable[[], bool]) -> Iterator[None]:
    with path.open("a") as file:
        while not _taken(file.fileno(), how):
            if over():
                raise SweepError(f"The sweep was stopped while it waited for '{path.stem}'.")
            time.sleep(_LOOK)
        yield


def _taken(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
