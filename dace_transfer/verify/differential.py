"""Differential verification of candidates against the cutout or program they are to replace."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import dace

from dace_transfer.building.binary import Binary, Failure
from dace_transfer.building.builder import Builder
from dace_transfer.measure.inputs import Inputs, save_arguments
from dace_transfer.measure.tables import integers_at, tables_of
from dace_transfer.target import Target
from dace_transfer.transformations.finalize import with_fast_libraries
from dace_transfer.verify.laboratory import Experiment, Judgement, Laboratory, Trial
from dace_transfer.verify.precision import bounds, reference
from dace_transfer.verify.sizes import reduced_sizes
from dace_transfer.verify.verification import Verification
from dace_transfer.workload import Workload

_REDUCED_TRIALS = 3
_REDUCED_TIMEOUT = 10.0
_REAL_TIMEOUT = 120.0
_BUDGET = 0.25
_SHORTEST = 20.0  # Seconds that the original has at its real sizes, however late it is.
_REDUCED_SHARE = 0.3  # Of the seconds there are, after which no further smaller sizes are tried.
_FAST = "fast"

Outcome = Binary | Failure


@dataclass
class _Record:
    """What all trials of one group found out."""

    trials: list[Trial] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, trial: Trial) -> bool:
        """Keep a trial; says whether the baseline could be run."""
        if trial.problem:
            self.problems.append(trial.problem)
            return False
        self.trials.append(trial)
        return True

    def failed(self) -> set[str]:
        return {who for trial in self.trials for who, verdict in trial.judgements.items() if verdict.kind != "ok"}


@dataclass(frozen=True)
class _Group:
    """One baseline with the candidates that were built, and the baseline with fast library nodes."""

    workload: dace.SDFG
    sizes: Mapping[str, int]
    baseline: Outcome
    reference: Outcome | None
    candidates: Sequence[Outcome]
    fast: Outcome | None = None

    def built(self, without: set[str]) -> dict[str, Binary]:
        everyone = {_FAST: self.fast, **{str(index): binary for index, binary in enumerate(self.candidates)}}
        return {who: b for who, b in everyone.items() if isinstance(b, Binary) and who not in without}

    def hastened(self, record: _Record) -> _Group:
        """The group with the fast baseline, where that proved right: plain products of matrices take minutes."""
        proven = any(_FAST in trial.judgements for trial in record.trials) and _FAST not in record.failed()
        return replace(self, baseline=self.fast if self.fast and proven else self.baseline, fast=None)


def verify(
    pairs: Sequence[tuple[Workload, Sequence[dace.SDFG]]],
    builder: Builder,
    target: Target,
    *,
    seed: int = 0,
    build_timeout: float = 120.0,
    until: float = math.inf,
) -> list[list[Verification]]:
    """Run each candidate against its workload on generated inputs, in child processes.

    Everything is built together. Each group then runs at up to three sets of smaller sizes that expose edges, and
    once at its real sizes, where it is also timed and judged again afterwards, by its workload with the fastest
    library nodes installed, if that proved right at the smaller sizes. The data alternates between
    positive and signed, results that are only written between NaN and random, and the guard regions round all
    buffers between NaN and a finite pattern. An error is compared with a run in double precision, where the
    program has less, and with what rounding errors in the inputs do to the baseline. Where that is beyond all bounds,
    as in a chaotic system that runs for long, other sizes have to tell.

    Args:
        pairs: Workloads, each with the candidates that are to replace it.
        builder: Compiles all of them.
        target: Where they run.
        seed: Seed of the generated data.
        build_timeout: Seconds one compilation may take.
        until: `time.monotonic()` after which no further candidate begins to run at real sizes, but for the first three.

    Returns:
        One verification per candidate, in the order given. A workload that cannot be run on generated inputs, or
        that is chaotic on all of them, makes all of its candidates unverifiable.
    """
    groups = _build(pairs, builder, build_timeout)
    with Laboratory(target) as laboratory:
        return [_verify_group(group, laboratory, seed, until) for group in groups]


def prepare(
    pairs: Sequence[tuple[Workload, Sequence[dace.SDFG]]], builder: Builder, build_timeout: float = 120.0
) -> None:
    """Build everything that `verify` will run, so that it finds it in the builder's cache."""
    _build(pairs, builder, build_timeout)


def verify_program(
    original: dace.SDFG,
    versions: Sequence[dace.SDFG],
    arguments: Mapping[str, Any],
    builder: Builder,
    target: Target,
    *,
    build_timeout: float = 300.0,
) -> list[Verification]:
    """Run versions of a whole program against the original on copies of the user's own arguments.

    Arrays that are not given, such as return values, are compared too. A program that is chaotic on these arguments
    may differ by as much as rounding errors in them change its results; the verification is not `sharp` then.

    Args:
        original: The program as the user wrote it.
        versions: What is to replace it.
        arguments: A NumPy array or scalar per argument of `original`, symbols included; never changed.
        builder: Compiles all of them.
        target: Where they run.
        build_timeout: Seconds one compilation may take.

    Returns:
        One verification per version, in the order given.
    """
    wide = reference(original)
    baseline, *built = builder.build([original, *versions, *([] if wide is None else [wide])], build_timeout)
    with tempfile.TemporaryDirectory(prefix="dace-transfer-arguments-") as folder:
        inputs = save_arguments(arguments, Path(folder))
        sizes = dict(inputs.sizes)
        exact = built[-1] if wide is not None else None
        group = _Group(original, sizes, baseline, exact, built[: len(versions)])
        if isinstance(group.baseline, Failure):
            return [_unverifiable(f"The original does not build: {group.baseline.message}") for _ in versions]
        record = _Record()
        with Laboratory(target) as laboratory:
            # The second seed differs in the guards' pattern; the data is the user's in both.
            first = _run(group, laboratory, record, replace(inputs, seed=1), _REAL_TIMEOUT, 0.0)
            second = _run(group, laboratory, record, replace(inputs, seed=0, poison=True), _REAL_TIMEOUT, _BUDGET)
    both = first and second
    return [_conclude(one, str(index), record, trusted=both) for index, one in enumerate(group.candidates)]


def _build(pairs: Sequence[tuple[Workload, Sequence[dace.SDFG]]], builder: Builder, timeout: float) -> list[_Group]:
    wides = [reference(workload.sdfg) for workload, _ in pairs]
    wanted = []
    for (workload, candidates), wide in zip(pairs, wides, strict=True):
        wanted += [workload.sdfg, *([] if wide is None else [wide]), *candidates, with_fast_libraries(workload.sdfg)]
    built: Iterator[Outcome] = iter(builder.build(wanted, timeout))
    groups = [
        _Group(
            workload.sdfg,
            workload.sizes,
            next(built),
            None if wide is None else next(built),
            [next(built) for _ in candidates],
            next(built),
        )
        for (workload, candidates), wide in zip(pairs, wides, strict=True)
    ]
    return [replace(group, fast=None) if group.fast == group.baseline else group for group in groups]


def _verify_group(group: _Group, laboratory: Laboratory, seed: int, until: float) -> list[Verification]:
    if isinstance(group.baseline, Failure):
        verification = _unverifiable(f"The original does not build: {group.baseline.message}")
        return [verification for _ in group.candidates]
    record, tables = _Record(), tables_of(group.workload)

    def generated(sizes: Mapping[str, int], **how: Any) -> Inputs:
        return Inputs(sizes, integers=integers_at(tables, sizes), **how)

    runs, begun = 0, time.monotonic()
    enough = begun + _REDUCED_SHARE * (until - begun)
    for sizes in reduced_sizes(group.sizes):
        if runs == _REDUCED_TRIALS or (runs and time.monotonic() > enough):
            break
        inputs = generated(sizes, seed=2 * seed + runs, poison=runs % 2 == 0, signed=runs % 2 == 1)
        runs += _run(group, laboratory, record, inputs, _REDUCED_TIMEOUT, 0.0)
    group = group.hastened(record)
    timeout = min(_REAL_TIMEOUT, max(_SHORTEST, until - time.monotonic()))
    if not runs:
        inputs = generated(group.sizes, seed=2 * seed + 1, signed=True)
        _run(group, laboratory, record, inputs, timeout, 0.0, until)
    real = generated(group.sizes, seed=2 * seed, poison=True)
    trusted = _run(group, laboratory, record, real, timeout, _BUDGET, until)
    return [
        _sharp(_conclude(candidate, str(index), record, trusted=trusted))
        for index, candidate in enumerate(group.candidates)
    ]


def _run(
    group: _Group,
    laboratory: Laboratory,
    record: _Record,
    inputs: Inputs,
    timeout: float,
    budget: float,
    until: float = math.inf,
) -> bool:
    """Run one trial with the candidates that are still right; says whether the baseline could be run."""
    assert isinstance(group.baseline, Binary)
    wide = group.reference if isinstance(group.reference, Binary) else None
    candidates = group.built(record.failed())
    if not candidates:
        return True
    limits = bounds(group.workload, inputs.sizes)
    experiment = Experiment(group.baseline, wide, inputs, limits, budget, timeout, until)
    trial = laboratory.run(experiment, candidates)
    return record.add(trial)


def _conclude(candidate: Outcome, who: str, record: _Record, *, trusted: bool) -> Verification:
    if isinstance(candidate, Failure):
        return Verification(False, candidate.kind, candidate.message)
    judgements = [trial.judgements[who] for trial in record.trials if who in trial.judgements]
    failure = next((judgement for judgement in judgements if judgement.kind != "ok"), None)
    if failure is not None:
        return Verification(False, failure.kind, failure.reason, failure.error, failure.allowed, trials=len(judgements))
    doubt = _doubt(record, trusted)
    if doubt:
        return replace(_unverifiable(doubt), trials=len(judgements))
    telling = [trial.judgements[who] for trial in record.trials if not trial.blurred]
    worst = replace(_worst(telling or judgements), trials=len(judgements), sharp=not _always_blurred(record))
    return _timed(worst, who, record.trials)


def _sharp(verification: Verification) -> Verification:
    """Refuse what no run told from what rounding errors do."""
    if verification.sharp:
        return verification
    doubt = _unverifiable("Rounding errors in these inputs change results as much as mistakes would.")
    return replace(doubt, trials=verification.trials)


def _always_blurred(record: _Record) -> set[str]:
    """Results that no trial tells anything about."""
    useful = [({name for name, told in t.informative.items() if told}, t.blurred) for t in record.trials]
    sharp = {name for names, blurred in useful for name in names if name not in blurred}
    return {name for names, _ in useful for name in names} - sharp


def _doubt(record: _Record, trusted: bool) -> str:
    """Why agreement would prove nothing; empty if it does."""
    if not trusted or not record.trials:
        return record.problems[-1] if record.problems else "The original could not be run."
    told: dict[str, bool] = {}
    for trial in record.trials:
        for name, useful in trial.informative.items():
            told[name] = told.get(name, False) or useful
    if not told:
        return "The original changes nothing on these inputs."
    silent = sorted(name for name, useful in told.items() if not useful)
    return f"The original computes no numbers in {', '.join(silent)} on these inputs." if silent else ""


def _worst(judgements: Sequence[Judgement]) -> Verification:
    worst = max(judgements, key=lambda judgement: judgement.error)
    return Verification(True, "ok", "", worst.error, worst.allowed)


def _timed(verification: Verification, who: str, trials: Sequence[Trial]) -> Verification:
    samples = next((trial.samples for trial in reversed(trials) if who in trial.samples), None)
    if samples is None:
        return verification
    # With so few samples in one process the fastest is the most robust: disturbances only ever add.
    ratio = min(samples["baseline"]) / min(samples[who])
    return replace(
        verification,
        ratio=ratio,
        baseline_samples=tuple(samples["baseline"]),
        samples=tuple(samples[who]),
    )


def _unverifiable(reason: str) -> Verification:
    return Verification(False, "unverifiable", reason)
