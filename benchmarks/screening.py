"""Runs every version of every peer once, checks what it gives, and chooses the ones to be timed."""

from __future__ import annotations

import itertools
import pickle
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.case import Case, disagreement
from benchmarks.peers import PEERS
from benchmarks.settings import Row, Settings
from benchmarks.timing import Round, peer_round, run_peer
from dace_transfer.errors import RunError
from dace_transfer.target import Target

_LONGEST = 120.0


@dataclass(frozen=True)
class Screen:
    """What screening works with.

    Attributes:
        settings: Of the run.
        case: The program and its arguments.
        target: Device all sides run on.
        expected: What the reference gives.
        folder: For results of other processes, and what peers compiled.
    """

    settings: Settings
    case: Case
    target: Target
    expected: Mapping[str, Any]
    folder: Path


def peer_rounds(screen: Screen, row: Row) -> dict[str, Round]:
    """Choose the fastest right version of each peer.

    Args:
        screen: What to try.
        row: Gets what was tried and what was chosen.

    Returns:
        By peer, a round of what was chosen; a peer of which nothing is right has none.
    """
    rounds: dict[str, Round] = {}
    for peer in screen.settings.peers:
        tried = {name: _try(screen, name) for name in PEERS[peer].versions if name in screen.case.peers}
        row.screened |= tried
        right = {name: outcome["ms"] for name, outcome in tried.items() if not outcome["problem"]}
        if right:
            row.peer_versions[peer] = min(right, key=right.__getitem__)
            version = row.peer_versions[peer]
            rounds[peer] = peer_round(screen.settings, screen.case.name, version, screen.target, screen.folder)
        if any(outcome["ms"] is not None for outcome in tried.values()):
            row.baseline_valid[peer] = bool(right)
    return rounds


def _try(screen: Screen, version: str) -> dict[str, Any]:
    """Milliseconds and seconds to the first result, None where it did not run, and what is wrong with it."""
    file, called = screen.folder / f"{version}.results", (screen.settings, screen.case.name, version, screen.target)
    try:
        sampled = run_peer(*called, screen.folder, results=file, timeout=_LONGEST)
    except RunError as error:
        return {"ms": None, "first_call_s": None, "problem": str(error)}
    found: dict[str, np.ndarray] = pickle.loads(file.read_bytes())
    ordered = version in PEERS["jax"].versions
    problem = _disagreement_in_order(screen, found) if ordered else disagreement(screen.case, screen.expected, found)
    milliseconds = 1e3 * statistics.median(sampled.samples_s)
    return {"ms": milliseconds, "first_call_s": sampled.first_call_s, "problem": problem}


def _disagreement_in_order(screen: Screen, found: Mapping[str, np.ndarray]) -> str:
    """The same for a version that returns, without names, what the reference returns or writes in place.

    It does so in the order of the reference or another one, and not always all of it.
    """
    values, first = list(found.values()), ""
    for names in itertools.permutations(screen.expected, min(len(values), len(screen.expected))):
        problem = disagreement(screen.case, screen.expected, dict(zip(names, values, strict=False)))
        if not problem:
            return ""
        first = first or problem
    return first
