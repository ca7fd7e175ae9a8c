"""Loading the library of a binary into this process."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TIMEOUT = "OPENBLAS_THREAD_TIMEOUT"
_SHORTEST = "4"


def open_library(path: Path) -> ctypes.CDLL:
    """Load a library, and with it the BLAS it is linked to.

    OpenBLAS reads its settings while it is loaded, and starts threads that nobody needs, since it runs on those of
    OpenMP (`include/openblas.h`). They wait busily, in some processes for seconds, on CPUs that the program needs: a
    product that takes 34 ms took 60 to 100. So they are told to sleep at once, unless the user told them something.

    Raises:
        OSError: It cannot be loaded.
    """
    with _sleeping_threads():
        return ctypes.CDLL(str(path))


@contextmanager
def _sleeping_threads() -> Iterator[None]:
    """For nobody else: what other libraries that are loaded later do is theirs."""
    if _TIMEOUT in os.environ:
        yield
        return
    os.environ[_TIMEOUT] = _SHORTEST
    try:
        yield
    finally:
        os.environ.pop(_TIMEOUT, None)
