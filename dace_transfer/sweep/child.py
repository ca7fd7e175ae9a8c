"""A worker's child: takes orders until the worker is gone. What ends it costs one order."""

from __future__ import annotations

import errno
import os
import resource

from dace_transfer.errors import told
from dace_transfer.serving import Reply, Request, serve
from dace_transfer.sweep.steps import STEPS
from dace_transfer.sweep.task import DISK, FAILED

# Set by Dask for the processes it starts; what is measured must not depend on who started it.
_OF_DASK = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "MALLOC_TRIM_THRESHOLD_")


def handle(request: Request, reply: Reply) -> None:
    """Answer `{"step", "device", "arguments"}` with the fields of an `Answer`; see `dace_transfer.sweep.work`."""
    try:
        answer = STEPS[request["step"]](request["device"], request["arguments"])
    except MemoryError as error:
        answer = {"state": FAILED, "failure": "memory", "reason": f"There is not enough memory: {error}"}
    except Exception as error:  # noqa: BLE001 -- a program may be broken in any way
        answer = {"state": FAILED, "failure": type(error).__name__, "reason": told(error)}
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            answer |= {"state": "", "failure": DISK}
    reply(answer)


def main() -> None:
    """Serve orders until the parent ends."""
    for name in _OF_DASK:
        os.environ.pop(name, None)
    _limit_memory(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    serve(handle)


def _limit_memory(most: int) -> None:
    """Use no more address space than there is memory: a program that asks for more fails, and nothing else does."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or hard > most:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
