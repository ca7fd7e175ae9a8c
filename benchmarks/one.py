"""Runs one program of a suite in this process and writes its row to a file after every step.

    python -m benchmarks.one SETTINGS.json NAME ROW.json

The row is on disk before anything that may crash or hang is begun, so that whoever started this process can take
up what there is.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import dace
import numpy as np

from benchmarks import versions
from benchmarks.case import RETURN, Case, disagreement
from benchmarks.context import describe
from benchmarks.peer_run import NUMPY
from benchmarks.peers import installed
from benchmarks.screening import Screen, peer_rounds
from benchmarks.settings import Row, Settings
from benchmarks.suites import open_suite
from benchmarks.timing import binary_rounds, interleave, peer_round
from dace_transfer import toolchain, tune
from dace_transfer.building.binary import Binary, Failure
from dace_transfer.building.builder import Builder
from dace_transfer.errors import RunError, told
from dace_transfer.hardware import describe_cpu
from dace_transfer.measure.inputs import Inputs, save_arguments
from dace_transfer.target import Target
from dace_transfer.tuner.arguments import complete_arguments, infer_sizes
from dace_transfer.tuner.parsing import parse
from dace_transfer.whole import whole


@dataclass(frozen=True)
class Bench:
    """What all steps of one row work with.

    Attributes:
        settings: Of the run.
        case: The program and its arguments.
        target: Device all sides run on.
        row: What was found out so far.
        file: Where the row goes.
    """

    settings: Settings
    case: Case
    target: Target
    row: Row
    file: Path

    def enter(self, stage: str) -> None:
        """Write the row, and say what comes next."""
        self.row.stage = stage
        put(asdict(self.row), self.file)


def put(data: Any, file: Path) -> None:
    """Write JSON so that whoever reads the file meets all of it or what was there before."""
    with whole(file) as part:
        part.write_text(json.dumps(data))


def run(bench: Bench, folder: Path) -> None:
    """Take all steps: tune, check, build the baselines, try the peers, time all side by side, check the baselines."""
    case, row = bench.case, bench.row
    bench.enter("reference")
    expected = case.expected()
    original, sizes, arguments = prepare(case)
    bench.enter("tuning")
    tuned = tune_once(bench.settings, case, row, arguments, expected)
    bench.enter("building")
    with Builder(bench.target, folder / "builds", workers=1) as builder:
        begin = time.monotonic()
        built = versions.build(builder, {"auto_optimize": lambda: versions.optimized(prepare(case)[0], sizes)})
        row.untuned_s = time.monotonic() - begin if isinstance(built["auto_optimize"], Binary) else None
        others = {"simplify": lambda: versions.simplified(original)}
        built |= versions.build(builder, others if tuned is None else {"ours": lambda: tuned, **others})
    binaries = {side: outcome for side, outcome in built.items() if isinstance(outcome, Binary)}
    for side, outcome in built.items():
        if isinstance(outcome, Failure):
            row.blame(f"{side} was not built ({outcome.kind}): {outcome.message}")
    is_same = "ours" in binaries and binaries["ours"] == binaries.get("auto_optimize")
    if is_same:
        del binaries["ours"]
    bench.enter("screening peers")
    peers = peer_rounds(Screen(bench.settings, case, bench.target, expected, folder), row)
    bench.enter("timing")
    inputs = save_arguments(arguments, folder)
    rounds = binary_rounds(binaries, inputs, bench.target)
    rounds["numpy"] = peer_round(bench.settings, case.name, NUMPY, bench.target, folder)
    row.samples_ms, failures = interleave(rounds | peers, bench.settings.rounds)
    if is_same:
        row.samples_ms["ours"] = row.samples_ms.get("auto_optimize", [])
    for side, reason in failures.items():
        if side in peers:
            row.screened[row.peer_versions.pop(side)]["problem"] = reason
        else:
            row.blame(f"{side} did not run ({reason})")
    bench.enter("checking")
    for side in ("auto_optimize", "simplify"):
        if side in binaries:
            row.baseline_valid[side] = right(case, binaries[side], inputs, expected)
    bench.enter("done")


def prepare(case: Case) -> tuple[dace.SDFG, dict[str, int], dict[str, Any]]:
    """The simplified SDFG of a case, its sizes, and a value for each of its arguments."""
    original = parse(case.load_program())
    sizes = infer_sizes(original, case.arguments)
    complete = complete_arguments(original, case.arguments, sizes)
    return original, sizes, {name: value for name, value in complete.items() if not name.startswith(RETURN)}


def tune_once(
    settings: Settings, case: Case, row: Row, arguments: Mapping[str, Any], expected: Mapping[str, Any]
) -> dace.SDFG | None:
    """Tune and run once, as a first call does; fills in what the tuner said and whether its result is right."""
    own = {name: np.copy(v) if isinstance(v, np.ndarray) else v for name, v in arguments.items()}
    start = time.monotonic()
    try:
        result = tune(
            case.load_program(),
            arguments,
            mode=settings.mode,
            budget=settings.budget,
            database=settings.database,
            family=case.family,
            exclude_families=case.families if settings.leave_family_out else (),
        )
        returned = result.compiled(**own)
    except Exception as error:  # noqa: BLE001  Whatever goes wrong belongs in the row; the others still run.
        row.blame(f"ours failed: {told(error)}")
        return None
    row.first_call_s = time.monotonic() - start
    row.used, row.reason, row.seconds = result.report.used, result.report.reason, dict(result.report.seconds)
    names = sorted(name for name in result.sdfg.arrays if name.startswith(RETURN))
    own |= dict(zip(names, returned if len(names) > 1 else (returned,), strict=False))
    problem = disagreement(case, expected, own)
    row.valid = not problem
    row.blame(problem)
    return result.sdfg


def right(case: Case, binary: Binary, inputs: Inputs, expected: Mapping[str, Any]) -> bool:
    """Whether a binary gives the results of the reference."""
    try:
        found = versions.results(binary, replace(inputs, poison=True), list(expected))
    except RunError:
        return False
    return not disagreement(case, expected, found)


def begin(settings_file: str) -> tuple[Settings, Target]:
    """What a child process starts with: it ends when its parent does, and knows its settings and device."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    toolchain.activate()
    return Settings(**json.loads(Path(settings_file).read_text())), describe_cpu()


def _end_with_parent() -> None:
    """The parent holds the other end of standard input for as long as it lives."""
    sys.stdin.read()
    os._exit(1)


def main(settings_file: str, name: str, row_file: str) -> None:
    """Run one program; see the module."""
    settings, target = begin(settings_file)
    case = open_suite(settings.suite).load(name, settings.preset)
    context = describe(target)
    context["versions"] |= installed(settings.peers)
    row = Row(name, case.family, settings.identity, context=context)
    with tempfile.TemporaryDirectory(prefix="dace-transfer-bench-") as folder:
        run(Bench(settings, case, target, row, Path(row_file)), Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
