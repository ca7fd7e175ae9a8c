"""Times one version of a case that runs in Python, in this fresh process, and prints what it found as JSON.

    python -m benchmarks.peer_run SUITE NAME PRESET VERSION [RESULTS]

VERSION is "numpy" for the reference, or one of the versions in `benchmarks.peers`. The first call, in which peers
compile, is not among the samples; what it gives goes to the file RESULTS.
"""

from __future__ import annotations

import json
import pickle
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.case import Case, named
from benchmarks.peers import PEERS, kept, load
from benchmarks.suites import open_suite
from dace_transfer.errors import DaceTransferError, told

NUMPY = "numpy"

_SAMPLES = 5
_MOST_SAMPLES = 1000
_SHORT_SECONDS = 0.05
_ENOUGH_SECONDS = 1.0
_LONGEST_MESSAGE = 300


@dataclass(frozen=True)
class Sampled:
    """What one process measured.

    Attributes:
        first_call_s: Seconds from loading the version to its first result.
        samples_s: Seconds of every later call.
    """

    first_call_s: float
    samples_s: list[float]


@dataclass(frozen=True)
class Runner:
    """A version that was loaded.

    Attributes:
        call: Runs it; what it returns is finished.
        arguments: Makes the arguments of one call.
        in_place: Whether it writes into its arguments, as the reference does; otherwise it returns every result.
    """

    call: Callable[..., Any]
    arguments: Callable[[], list[Any]]
    in_place: bool = True


def measure(case: Case, version: str) -> tuple[Sampled, dict[str, np.ndarray]]:
    """Run a version until there are enough samples; also returns what the first call gave, by name.

    One sample is enough when a call takes a second. Short calls are repeated for a while, so that neither side is
    judged by how threads and caches wake up.
    """
    start = time.perf_counter()
    runner = _load(case, version)
    arguments = runner.arguments()
    results = named(runner.call(*arguments))
    first = time.perf_counter() - start
    if runner.in_place:
        results |= dict(zip(case.reference_arguments, arguments, strict=True))
    return Sampled(first, _samples(runner)), {name: np.asarray(value) for name, value in results.items()}


def _samples(runner: Runner) -> list[float]:
    samples: list[float] = []
    spent = 0.0
    while len(samples) < _MOST_SAMPLES and spent < (_SHORT_SECONDS if len(samples) >= _SAMPLES else _ENOUGH_SECONDS):
        samples.append(_seconds(runner))
        spent += samples[-1]
    return samples


def _load(case: Case, version: str) -> Runner:
    if version == NUMPY:
        return Runner(case.reference, case.fresh_arguments)
    if version not in case.peers:
        raise DaceTransferError(f"'{case.name}' has no version '{version}'; it has {', '.join(case.peers) or 'none'}.")
    if version in PEERS["jax"].versions:
        return _load_jax(case, version)
    return Runner(kept(case.peers[version]()), case.fresh_arguments)


def _load_jax(case: Case, version: str) -> Runner:
    """JAX works on arrays of its own, which nothing can write into: all calls share them."""
    jax = load("jax")
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")
    function = case.peers[version]()
    own = [jax.numpy.array(value) if isinstance(value, np.ndarray) else value for value in case.fresh_arguments()]
    return Runner(lambda *arguments: jax.block_until_ready(function(*arguments)), lambda: own, in_place=False)


def _seconds(runner: Runner) -> float:
    arguments = runner.arguments()
    start = time.perf_counter()
    runner.call(*arguments)
    return time.perf_counter() - start


def main(suite: str, name: str, preset: str, version: str, results_file: str = "") -> None:
    """Measure one version; see the module. An error is printed as JSON too."""
    case = open_suite(suite).load(name, preset)
    try:
        sampled, results = measure(case, version)
    except Exception as error:  # noqa: BLE001  Peers raise all kinds of errors, and each belongs in the row.
        print(json.dumps({"error": " ".join(told(error).split())[:_LONGEST_MESSAGE]}))
        return
    if results_file:
        Path(results_file).write_bytes(pickle.dumps(results))
    print(json.dumps(asdict(sampled)))


if __name__ == "__main__":
    main(*sys.argv[1:])
