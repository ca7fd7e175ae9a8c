"""What a benchmark run is to do, and what it found: plain data that crosses process borders as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

SIDES = ("auto_optimize", "ours", "simplify", "numpy")


@dataclass(frozen=True)
class Settings:
    """How a suite is run.

    Attributes:
        suite: "examples" or the folder of an NPBench checkout.
        preset: Size of every program.
        mode: Mode of the tuner.
        leave_family_out: Whether records of a program's own family may not donate.
        database: Database of the tuner; None is the user's own.
        budget: Seconds the tuner may take to try candidates; None is the mode's own.
        rounds: Interleaved fresh processes per side.
        timeout: Seconds after which one program is given up.
        peers: Others that are compared, of `benchmarks.peers`.
    """

    suite: str
    preset: str
    mode: str
    leave_family_out: bool = True
    database: str | None = None
    budget: float | None = None
    rounds: int = 5
    timeout: float = 1200.0
    peers: Sequence[str] = ()

    @property
    def options(self) -> str:
        """What asks for the same on the command line, without folders and how often or long anything is run."""
        said = f"--preset {self.preset} --mode {self.mode}"
        said += "" if self.budget is None else f" --budget {self.budget:g}"
        said += "" if self.leave_family_out else " --all"
        return said + (f" --peers {','.join(self.peers)}" if self.peers else "")

    @property
    def identity(self) -> dict[str, Any]:
        """What must be equal for two rows to answer the same question; no folders, since results are published."""
        return {
            "suite": Path(self.suite).name,
            "database": self.database and Path(self.database).name,
            "preset": self.preset,
            "mode": self.mode,
            "leave_family_out": self.leave_family_out,
            "budget": self.budget,
            "rounds": self.rounds,
            "peers": ",".join(self.peers) or None,
        }


@dataclass
class Row:
    """What was found out about one program; filled in step by step.

    Attributes:
        program: Its name.
        family: Its kernel family.
        settings: Of the run, as `Settings.identity` has them.
        stage: What is being done, "done" at the end.
        samples_ms: By side, the median of every round.
        valid: Whether our result agrees with NumPy; None where it could not be compared.
        baseline_valid: The same for "simplify", "auto_optimize" and peers, of which one right version is enough.
        first_call_s: Seconds from nothing tuned to the first result: tuning, compiling and running.
        untuned_s: Seconds of parsing the program, of auto_optimize and of compiling what that makes, beside no tuning.
        seconds: Where those of the first call went, by phase of the tuner.
        used: Which version the tuner chose.
        reason: Why, in its words.
        error: Everything that went wrong, "" if nothing did.
        screened: By version of a peer, milliseconds ("ms") and seconds to the first result ("first_call_s") of one
            process, None where it did not run, and what was wrong with it ("problem").
        peer_versions: By peer, the version that was timed.
        context: Machine, versions and date.
    """

    program: str
    family: str
    settings: dict[str, Any]
    stage: str = "starting"
    samples_ms: dict[str, list[float]] = field(default_factory=dict)
    valid: bool | None = None
    baseline_valid: dict[str, bool] = field(default_factory=dict)
    first_call_s: float | None = None
    untuned_s: float | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    used: str = ""
    reason: str = ""
    screened: dict[str, dict[str, Any]] = field(default_factory=dict)
    peer_versions: dict[str, str] = field(default_factory=dict)
    error: str = ""
    context: dict[str, Any] = field(default_factory=dict)

    def blame(self, message: str) -> None:
        """Add to what went wrong."""
        self.error = f"{self.error} {message}".strip()

    def flat(self) -> dict[str, Any]:
        """The form of the result file: settings and a median, lowest and highest round per side at the top level."""
        row = asdict(self)
        flat = {"program": row.pop("program"), "family": row.pop("family"), **row.pop("settings")}
        for side in (*reversed(SIDES), *peers_of(flat)):
            rounds = sorted(self.samples_ms.get(side, []))
            middle = len(rounds) // 2
            median = (rounds[middle] + rounds[~middle]) / 2 if rounds else None
            flat[f"{side}_ms"] = median
            flat[f"{side}_ms_low"] = rounds[0] if rounds else None
            flat[f"{side}_ms_high"] = rounds[-1] if rounds else None
        del row["stage"]
        return flat | row


def peers_of(flat: Mapping[str, Any]) -> list[str]:
    """The peers that were asked for when a flat row was made, some of them before there were any."""
    return [name for name in (flat.get("peers") or "").split(",") if name]
