"""Choose the version of the whole program that is used: nothing wrong, and nothing slower than auto_optimize."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dace

from dace_transfer.building.binary import Failure
from dace_transfer.measure.inputs import save_arguments
from dace_transfer.measure.race import race
from dace_transfer.transformations.finalize import with_fast_libraries
from dace_transfer.tuner.arguments import complete_arguments, infer_sizes
from dace_transfer.tuner.session import Session
from dace_transfer.tuner.trial import CLEAR
from dace_transfer.verdict import Verdict
from dace_transfer.verify import Verification, verify_program


@dataclass(frozen=True)
class Version:
    """A version of the program that may be used.

    Attributes:
        sdfg: Ready to compile.
        label: "tuned" or "normalized".
        reason: What is said if it is used: one sentence.
    """

    sdfg: dace.SDFG
    label: str
    reason: str


@dataclass(frozen=True)
class Choice:
    """The version of the program that is used.

    Attributes:
        sdfg: Ready to compile.
        used: "tuned", "normalized" (auto_optimize of the normal form), "auto_optimize" or "simplified".
        verdict: FASTER when it is the tuned version.
        reason: One sentence.
        ratio: Time of auto_optimize over time of the version used, None when not timed.
    """

    sdfg: dace.SDFG
    used: str
    verdict: Verdict
    reason: str
    ratio: float | None = None


def choose(
    session: Session,
    original: dace.SDFG,
    versions: Sequence[Version],
    optimized: dace.SDFG | None,
    arguments: Mapping[str, Any],
) -> Choice:
    """Check the versions of a program against the original on copies of its arguments, and choose one.

    Args:
        session: Tools and mode.
        original: The program as simplified by DaCe, the reference.
        versions: What was made of it.
        optimized: The program as auto_optimize leaves it, None where that fails.
        arguments: Values of the arguments and symbols; never changed.
    """
    reference = with_fast_libraries(original)
    best = _check(session, reference, optimized, arguments)
    fallback = (optimized, "auto_optimize") if optimized is not None and best.ok else (reference, "simplified")
    if not versions:
        return Choice(*fallback, Verdict.FAILED, "No version of the normal form is right and could be made.")
    checks = [_check(session, reference, version.sdfg, arguments) for version in versions]
    right = [(version, check) for version, check in zip(versions, checks, strict=True) if check.ok]
    if not right:
        verdict = Verdict.WRONG if checks[0].kind in ("wrong", "guard") else Verdict.FAILED
        return Choice(*fallback, verdict, f"The {versions[0].label} program is not used: {checks[0].reason}")
    version, check = max(right, key=lambda entry: entry[1].ratio or 0.0)
    if not best.ok or optimized is None:
        return Choice(version.sdfg, version.label, Verdict.AMBIGUOUS, f"auto_optimize is not used: {best.reason}")
    if session.measures:
        return _race(session, [version for version, _ in right], optimized, arguments)
    return _compare(version, check, best, fallback)


def _compare(version: Version, check: Verification, best: Verification, fallback: tuple[dace.SDFG, str]) -> Choice:
    """Choose by verification's own timings."""
    ratio = check.ratio / best.ratio if check.ratio and best.ratio else None
    label = version.label
    if ratio is None:
        return Choice(*fallback, Verdict.SAME, f"The {label} program was not timed against auto_optimize's.", 1.0)
    if ratio < 1 / CLEAR:
        return Choice(*fallback, Verdict.SLOWER, f"The {label} program was slower than auto_optimize's.", 1.0)
    return Choice(version.sdfg, label, Verdict.FASTER if ratio > CLEAR else Verdict.SAME, version.reason, ratio)


def _check(
    session: Session, original: dace.SDFG, version: dace.SDFG | None, arguments: Mapping[str, Any]
) -> Verification:
    """Compare a version with the original; also on random arguments where the given ones tell nothing, or little."""
    if version is None:
        return Verification(False, "codegen", "It could not be made.")
    outcome = verify_program(original, version, arguments, session.builder, session.target)
    if outcome.kind != "unverifiable" and (outcome.sharp or not outcome.ok):
        return outcome
    drawn = complete_arguments(original, {}, infer_sizes(original, arguments))
    other = verify_program(original, version, drawn, session.builder, session.target)
    return outcome if outcome.ok and (other.ok or other.kind == "unverifiable") else other


def _race(session: Session, versions: Sequence[Version], optimized: dace.SDFG, arguments: Mapping[str, Any]) -> Choice:
    baseline, *built = session.builder.build([optimized, *(version.sdfg for version in versions)])
    ready = [(v, binary) for v, binary in zip(versions, built, strict=True) if not isinstance(binary, Failure)]
    if isinstance(baseline, Failure) or not ready:
        return Choice(optimized, "auto_optimize", Verdict.FAILED, "The tuned program could not be built again.")
    with tempfile.TemporaryDirectory(prefix="dace-transfer-race-") as folder:
        inputs = save_arguments(arguments, Path(folder))
        outcome = race(baseline, [binary for _, binary in ready], inputs, session.target)
    if outcome.best is not None:
        version, comparison = ready[outcome.best][0], outcome.runners[outcome.best].comparison
        ratio = comparison.ratio if comparison else None
        return Choice(version.sdfg, version.label, Verdict.FASTER, version.reason, ratio)
    runner, label = outcome.runners[0], ready[0][0].label
    reason = runner.reason or f"it is no faster than auto_optimize in {len(runner.rounds)} rounds."
    return Choice(optimized, "auto_optimize", runner.verdict, f"The {label} program is not used: {reason}", 1.0)
