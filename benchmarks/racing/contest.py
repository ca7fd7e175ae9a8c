"""The races: which there are, and how one is run and written down."""

from __future__ import annotations

import datetime
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dace_transfer.building.binary import Binary
from dace_transfer.measure.inputs import Inputs
from dace_transfer.measure.race import Race, race
from dace_transfer.target import Target

SAME, PLANTED, FIELD = "same", "planted", "field"
FIELD_SIZE = 4

Line = dict[str, Any]


@dataclass(frozen=True)
class Contest:
    """One race to run.

    Attributes:
        kind: "same" (a binary against itself), "planted" (against one that does more work) or "field" (one that
            does less among several that are the baseline).
        program: Name of the subject.
        slowdown: How much more work the baseline does, as a share.
        number: Tells races of one kind apart.
    """

    kind: str
    program: str
    slowdown: float
    number: int

    @property
    def right(self) -> int | None:
        """Index of the candidate that is faster than the baseline."""
        return {SAME: None, PLANTED: 0, FIELD: self.number % FIELD_SIZE}[self.kind]

    def entrants(self, binaries: Mapping[float, Binary]) -> tuple[Binary, list[Binary]]:
        """The baseline and the candidates, of binaries by how much more work they do."""
        baseline = binaries[self.slowdown]
        candidates = [baseline] * (FIELD_SIZE if self.kind == FIELD else 1)
        if self.right is not None:
            candidates[self.right] = binaries[0.0]
        return baseline, candidates


def plan(programs: Sequence[str], slowdowns: Sequence[float], counts: Mapping[str, int]) -> list[Contest]:
    """All races, as many of each kind as the counts say, programs and kinds in turn.

    Args:
        programs: Names of the subjects; they share the counts.
        slowdowns: To plant; each gets the whole count of its kind.
        counts: Races by kind.
    """
    kinds = [(SAME, 0.0), *((kind, slowdown) for slowdown in slowdowns for kind in (PLANTED, FIELD))]
    rounds = -(-max(counts.values()) // len(programs))
    return [
        Contest(kind, program, slowdown, number)
        for number in range(rounds)
        for place, program in enumerate(programs)
        for kind, slowdown in kinds
        if number * len(programs) + place < counts[kind]
    ]


def hold(contest: Contest, binaries: Mapping[float, Binary], sizes: Mapping[str, int], target: Target) -> Line:
    """Run one race; returns everything that was seen, as it is written down."""
    baseline, candidates = contest.entrants(binaries)
    begin = time.monotonic()
    outcome = race(baseline, candidates, Inputs(sizes), target)
    seconds = time.monotonic() - begin
    return {
        **asdict(contest),
        "sizes": dict(sizes),
        "target": target.digest,
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "load": round(os.getloadavg()[0], 2),
        "seconds": round(seconds, 3),
        **_told(outcome),
    }


def _told(outcome: Race) -> Line:
    return {
        "best": outcome.best,
        "verdicts": [runner.verdict.name for runner in outcome.runners],
        "reasons": [runner.reason for runner in outcome.runners],
        "comparisons": [
            asdict(runner.comparison) | {"verdict": runner.comparison.verdict.name} if runner.comparison else None
            for runner in outcome.runners
        ],
        "baseline": outcome.baseline,
        "candidates": [runner.rounds for runner in outcome.runners],
    }


def contest_of(line: Mapping[str, Any]) -> Contest:
    """Which race a line is of."""
    return Contest(line["kind"], line["program"], line["slowdown"], line["number"])


def recall(file: Path | None, target: Target, sizes: Mapping[str, Mapping[str, int]]) -> list[Line]:
    """The races that a file holds of this machine and of programs with these sizes."""
    lines = list(_read(file)) if file is not None and file.is_file() else []
    return [line for line in lines if line["target"] == target.digest and line["sizes"] == sizes.get(line["program"])]


def _read(file: Path) -> Iterator[Line]:
    for text in file.read_text().splitlines():
        try:
            yield json.loads(text)
        except ValueError:
            continue  # Whoever wrote it was ended meanwhile.


def append(line: Line, file: Path) -> None:
    """Add a race to a file; a line that was left unfinished before is ended first."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as stream:
        if stream.tell():
            stream.seek(-1, os.SEEK_END)
            torn = stream.read() != b"\n"
            stream.write(b"\n" if torn else b"")
        stream.write(json.dumps(line).encode() + b"\n")
