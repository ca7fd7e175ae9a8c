"""Times the sides of one row in interleaved fresh processes: the binaries, NumPy and its peers."""

from __future__ import annotations

import functools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.peer_run import Sampled
from benchmarks.peers import environment
from benchmarks.settings import Settings
from dace_transfer.building.binary import Binary
from dace_transfer.errors import RunError
from dace_transfer.measure.inputs import Inputs
from dace_transfer.measure.running import RunFailure, time_once
from dace_transfer.target import Target

_BATCHES = 3
_PATIENCE = 25.0
_FEWEST_ROUNDS = 3
_LONGEST = 300.0
_TAIL = 300

Round = Callable[[], float]


@dataclass
class _Lane:
    """One side while it is timed."""

    run: Round
    samples_ms: list[float] = field(default_factory=list)
    spent: float = 0.0
    failure: str = ""

    @property
    def wants_more(self) -> bool:
        """A slow side gets fewer rounds, since its spread is small beside its time."""
        return not self.failure and (len(self.samples_ms) < _FEWEST_ROUNDS or self.spent < _PATIENCE)


def interleave(sides: Mapping[str, Round], rounds: int) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Run all sides in turn, `rounds` times, with the order rotated.

    Returns:
        By side, milliseconds of every round; and for sides that failed, why.
    """
    lanes = {side: _Lane(run) for side, run in sides.items()}
    order = list(lanes.values())
    for number in range(rounds):
        shift = number % max(len(order), 1)
        for lane in [*order[shift:], *order[:shift]]:
            if lane.wants_more:
                _add_round(lane)
    samples = {side: lane.samples_ms for side, lane in lanes.items() if not lane.failure}
    return samples, {side: lane.failure for side, lane in lanes.items() if lane.failure}


def binary_rounds(binaries: Mapping[str, Binary], inputs: Inputs, target: Target) -> dict[str, Round]:
    """A round per binary: one fresh process; all make as many calls per batch as the first one needs."""
    calls: list[int] = []

    def round_of(binary: Binary) -> float:
        outcome = time_once(
            binary, inputs, target, calls=calls[0] if calls else None, batches=_BATCHES, timeout=_LONGEST
        )
        if isinstance(outcome, RunFailure):
            raise RunError(f"{outcome.kind}: {outcome.reason}")
        calls.append(outcome.calls)
        return statistics.median(outcome.samples)

    return {side: functools.partial(round_of, binaries[side]) for side in binaries}


def run_peer(
    settings: Settings,
    name: str,
    version: str,
    target: Target,
    folder: Path,
    *,
    results: Path | None = None,
    timeout: float = _LONGEST,
) -> Sampled:
    """Run one version of a program in Python in a fresh process with as many threads as the binaries get.

    Args:
        settings: Suite and preset.
        name: The program.
        version: "numpy", or one of `benchmarks.peers`.
        target: Device of the binaries.
        folder: Where peers keep what they compiled for the next process.
        results: The file that gets what the first call gives, by name and pickled.
        timeout: Seconds for all of it.

    Raises:
        RunError: It did not run to its end.
    """
    files = [str(results)] if results else []
    command = [sys.executable, "-m", "benchmarks.peer_run", settings.suite, name, settings.preset, version, *files]
    variables = {**os.environ, **target.environment(), **environment(target.threads, folder)}
    try:
        done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=timeout, check=True)
    except subprocess.TimeoutExpired as error:
        raise RunError(f"timeout: {version} took more than {timeout:.0f} s.") from error
    except subprocess.CalledProcessError as error:
        raise RunError(f"{version} ended with status {error.returncode}: {error.stderr.strip()[-_TAIL:]}") from error
    answer = json.loads(done.stdout.splitlines()[-1])
    if "error" in answer:
        raise RunError(f"{version} failed: {answer['error']}")
    return Sampled(**answer)


def peer_round(settings: Settings, name: str, version: str, target: Target, folder: Path) -> Round:
    """A round of a program in Python; see `run_peer`."""
    return lambda: statistics.median(run_peer(settings, name, version, target, folder).samples_s)


def _add_round(lane: _Lane) -> None:
    start = time.monotonic()
    try:
        lane.samples_ms.append(1e3 * lane.run())
    except RunError as error:
        lane.failure = str(error)
    lane.spent += time.monotonic() - start
