"""Tunes all forms of one computation in this process and times them side by side; writes its rows after every step.

python -m benchmarks.pairs.one SETTINGS.json KERNEL FORMS ROWS.json
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import dace

from benchmarks import versions
from benchmarks.case import Case
from benchmarks.context import describe
from benchmarks.one import begin, prepare, put, right, tune_once
from benchmarks.pairs.row import FormRow, fill_looks
from benchmarks.settings import Settings
from benchmarks.suites import open_suite
from benchmarks.timing import binary_rounds, interleave
from dace_transfer.building.binary import Binary, Failure
from dace_transfer.building.builder import Builder
from dace_transfer.measure.inputs import Inputs, save_arguments
from dace_transfer.target import Target
from dace_transfer.workload import digest

_SIDES = ("ours", "auto_optimize")


@dataclass(frozen=True)
class Bench:
    """What all steps of one computation work with.

    Attributes:
        settings: Of the run.
        target: Device all sides run on.
        cases: The program and its arguments, by form.
        rows: What was found out so far, by form.
        file: Where the rows go.
    """

    settings: Settings
    target: Target
    cases: Mapping[str, Case]
    rows: Mapping[str, FormRow]
    file: Path

    def enter(self, stage: str) -> None:
        """Write the rows, and say what comes next."""
        for row in self.rows.values():
            row.stage = stage
        put([asdict(row) for row in self.rows.values()], self.file)


def run(bench: Bench, folder: Path) -> None:
    """Take all steps: normalise, tune, build, time all versions of all forms side by side, check the baselines."""
    bench.enter("reference")
    expected = next(iter(bench.cases.values())).expected()
    prepared = {form: prepare(case) for form, case in bench.cases.items()}
    bench.enter("normalizing")
    fill_looks(bench.rows, {form: (sdfg, sizes) for form, (sdfg, sizes, _) in prepared.items()}, bench.target)
    binaries: dict[str, Binary] = {}
    for form, (original, sizes, arguments) in prepared.items():
        bench.enter(f"tuning {form}")
        tuned = tune_once(bench.settings, bench.cases[form], bench.rows[form], arguments, expected)
        bench.enter(f"building {form}")
        binaries |= _build(bench, form, tuned, original, sizes, folder)
    bench.enter("timing")
    arguments = next(iter(prepared.values()))[2]
    inputs = save_arguments(arguments, folder)
    _time(bench, binaries, inputs)
    bench.enter("checking")
    for form, case in bench.cases.items():
        if (side := f"{form} auto_optimize") in binaries:
            bench.rows[form].baseline_valid["auto_optimize"] = right(case, binaries[side], inputs, expected)
    bench.enter("done")


def _build(
    bench: Bench, form: str, tuned: dace.SDFG | None, original: dace.SDFG, sizes: Mapping[str, int], folder: Path
) -> dict[str, Binary]:
    """Build both versions of a form, in a folder of its own so that not even equal forms share a binary."""
    row = bench.rows[form]

    def optimized() -> dace.SDFG:
        start = time.perf_counter()
        sdfg = versions.optimized(original, sizes)
        row.auto_optimize_s = time.perf_counter() - start
        return sdfg

    if tuned is not None:
        row.tuned_digest = digest(tuned, sizes)
    with Builder(bench.target, folder / f"builds-{form}", workers=1) as builder:
        ours = {} if tuned is None else {"ours": lambda: tuned}
        built = versions.build(builder, {**ours, "auto_optimize": optimized})
    for side, outcome in built.items():
        if isinstance(outcome, Failure):
            row.blame(f"{side} was not built ({outcome.kind}): {outcome.message}")
    return {f"{form} {side}": outcome for side, outcome in built.items() if isinstance(outcome, Binary)}


def _time(bench: Bench, binaries: Mapping[str, Binary], inputs: Inputs) -> None:
    """All sides of all forms take turns; those tuned come first, so that one of them sets the calls per batch."""
    lanes = [f"{form} {side}" for side in _SIDES for form in bench.rows]
    rounds = binary_rounds({lane: binaries[lane] for lane in lanes if lane in binaries}, inputs, bench.target)
    samples, failures = interleave(rounds, bench.settings.rounds)
    for form, row in bench.rows.items():
        row.samples_ms = {side: samples[lane] for side in _SIDES if (lane := f"{form} {side}") in samples}
        for side in _SIDES:
            if reason := failures.get(f"{form} {side}"):
                row.blame(f"{side} did not run ({reason})")


def main(settings_file: str, kernel: str, forms: str, rows_file: str) -> None:
    """Run one computation; see the module."""
    settings, target = begin(settings_file)
    context: dict[str, Any] = describe(target)
    cases = {form: open_suite(settings.suite).load(f"{kernel}-{form}", settings.preset) for form in forms}
    rows = {form: FormRow(case.name, kernel, settings.identity, context=context) for form, case in cases.items()}
    with tempfile.TemporaryDirectory(prefix="dace-transfer-pairs-") as folder:
        run(Bench(settings, target, cases, rows, Path(rows_file)), Path(folder))


if __name__ == "__main__":
    import sys

    main(*sys.argv[1:])
