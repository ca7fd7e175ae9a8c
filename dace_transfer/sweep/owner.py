"""Names of coordinators, which tell of a process on the same host whether it still runs."""

from __future__ import annotations

import os
import platform
import uuid

import psutil

_SAME = 5.0  # Seconds by which a process may seem to have begun at another time, when the clock was set.


def owner_name() -> str:
    """Return a name that no other coordinator has or had."""
    started = psutil.Process().create_time()
    return f"{platform.node()} {os.getpid()} {started:.2f} {uuid.uuid4().hex[:12]}"


def is_gone(owner: str) -> bool:
    """Whether a coordinator is known to have ended; of other hosts nothing is known."""
    host, process, started, _ = owner.rsplit(" ", 3)
    if host != platform.node():
        return False
    try:
        found = psutil.Process(int(process))
        another = abs(found.create_time() - float(started)) > _SAME
        # One that was killed stays until its parent asks what became of it.
        return bool(another or found.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False
