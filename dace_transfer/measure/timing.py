"""Timing one binary, inside the running child."""

from __future__ import annotations

import time
from typing import Any

from dace_transfer.building.binary import Binary
from dace_transfer.errors import RunError
from dace_transfer.measure.arena import furnish
from dace_transfer.measure.inputs import Inputs

_WARM_UP = 0.02
_FEWEST_WARM_UPS = 2
_MOST_CALLS = 100_000


def time_binary(
    binary: Binary, inputs: Inputs, batches: int, batch_seconds: float, calls: int | None
) -> dict[str, Any]:
    """Warm up, then time batches of calls; what the program writes is put back before every batch.

    Args:
        binary: What to time.
        inputs: What to run it on.
        batches: Samples to take.
        batch_seconds: Shortest batch that is long enough for the clock.
        calls: Calls per batch; None finds the number that makes a batch long enough. Both sides of a
            comparison use the same number, since a program that updates its arguments goes on from them.

    Returns:
        `{"samples": seconds per call of every batch, "calls": calls per batch}` or `{"kind", "reason"}`.
    """
    try:
        arena = furnish(binary.arguments, inputs)
        program = arena.load(binary)
    except RunError as error:
        return {"kind": "abi", "reason": str(error)}
    seconds = _warm_up(program.run)
    if arena.overrun():
        return {"kind": "guard", "reason": f"It writes outside of {', '.join(arena.overrun())}."}
    touched = arena.written()
    if calls is None:
        calls = max(1, min(_MOST_CALLS, -int(-batch_seconds // max(seconds, 1e-9))))
    samples = []
    for _ in range(batches):
        arena.reset(touched)
        start = time.perf_counter()
        for _ in range(calls):
            program.run()
        samples.append((time.perf_counter() - start) / calls)
    return {"samples": samples, "calls": calls}


def _warm_up(run: Any) -> float:
    """Seconds of the fastest of the runs it takes to load caches and start threads."""
    fastest = float("inf")
    begin = time.perf_counter()
    runs = 0
    while runs < _FEWEST_WARM_UPS or time.perf_counter() - begin < _WARM_UP:
        start = time.perf_counter()
        run()
        fastest = min(fastest, time.perf_counter() - start)
        runs += 1
        # One run of a slow program warms everything there is to warm.
        if fastest > 1.0:
            break
    return fastest
