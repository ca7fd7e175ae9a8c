"""Waits until the machine has nothing else to do.

One process that computes, however low its priority, takes a core from a parallel region's threads: regions of 20
microseconds then take 8 milliseconds, and what is recorded says more about that process than about programs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil

_LOOK = 0.5  # Seconds over which it is counted what processors do.
_PAUSE = 5.0
_BUSY = 0.2  # Processors; what systems do for themselves takes less.


@dataclass
class Quiet:
    """Waits for other processes to end their work, as long as there is patience.

    Attributes:
        patience: Seconds it waits in all; what is measured when they are spent is measured all the same.
    """

    patience: float

    def wait(self, say: Callable[[str], None]) -> None:
        """Wait while other processes compute; to be called while one's own do not.

        Args:
            say: Hears why it waits, and of patience that has come to its end.
        """
        told = False
        while (share := busy()) > _BUSY and self.patience > 0:
            if not told:
                say(f"waiting: other processes keep {share:.1f} processors busy")
                told = True
            time.sleep(_PAUSE)
            self.patience -= _PAUSE + _LOOK
            if self.patience <= 0:
                say("waits no longer: times will be those of a busy machine")


def busy() -> float:
    """How many processors compute at the moment, whoever they compute for."""
    before, start = _computed(), time.monotonic()
    time.sleep(_LOOK)
    return (_computed() - before) / (time.monotonic() - start)


def _computed() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system)
