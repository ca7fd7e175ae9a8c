"""Choose the version of the whole program that is used: nothing wrong, and nothing slower than auto_optimize."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
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

_RIGHT = {
    "tuned": "It computes the same as the original.",
    "normalized": "No recipe was found; the normal form of the program is used, as auto_optimize leaves it.",
}


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
    label: str,
    tuned: dace.SDFG | None,
    optimized: dace.SDFG | None,
    arguments: Mapping[str, Any],
) -> Choice:
    """Check the versions of a program against the original on copies of its arguments, and choose one.

    Args:
        session: Tools and mode.
        original: The program as simplified by DaCe, the reference.
        label: "tuned" where a recipe was accepted, else "normalized".
        tuned: The assembled program, or auto_optimize of the normal form; None where it could not be made.
        optimized: The program as auto_optimize leaves it, None where that fails.
        arguments: Values of the arguments and symbols; never changed.
    """
    reference = with_fast_libraries(original)
    best = _check(session, reference, optimized, arguments)
    fallback = (optimized, "auto_optimize") if optimized is not None and best.ok else (reference, "simplified")
    if tuned is None:
        return Choice(*fallback, Verdict.FAILED, "The tuned program could not be made.")
    check = _check(session, reference, tuned, arguments)
    if not check.ok:
        verdict = Verdict.WRONG if check.kind in ("wrong", "guard") else Verdict.FAILED
        return Choice(*fallback, verdict, f"The {label} program is not used: {check.reason}")
    if not best.ok or optimized is None:
        return Choice(tuned, label, Verdict.AMBIGUOUS, f"auto_optimize is not used: {best.reason}")
    if session.measures:
        return _race(session, label, tuned, optimized, arguments)
    ratio = check.ratio / best.ratio if check.ratio and best.ratio else None
    if ratio is None:
        return Choice(*fallback, Verdict.SAME, f"The {label} program was not timed against auto_optimize's.", 1.0)
    if ratio < 1 / CLEAR:
        return Choice(*fallback, Verdict.SLOWER, f"The {label} program was slower than auto_optimize's.", 1.0)
    return Choice(tuned, label, Verdict.FASTER if ratio > CLEAR else Verdict.SAME, _RIGHT[label], ratio)


def _check(
    session: Session, original: dace.SDFG, version: dace.SDFG | None, arguments: Mapping[str, Any]
) -> Verification:
    """Compare a version with the original; on random arguments where the given ones tell nothing."""
    if version is None:
        return Verification(False, "codegen", "It could not be made.")
    outcome = verify_program(original, version, arguments, session.builder, session.target)
    if outcome.kind != "unverifiable":
        return outcome
    sizes = infer_sizes(original, arguments)
    return verify_program(original, version, complete_arguments(original, {}, sizes), session.builder, session.target)


def _race(session: Session, label: str, tuned: dace.SDFG, optimized: dace.SDFG, arguments: Mapping[str, Any]) -> Choice:
    baseline, candidate = session.builder.build([optimized, tuned])
    if isinstance(baseline, Failure) or isinstance(candidate, Failure):
        return Choice(optimized, "auto_optimize", Verdict.FAILED, "The tuned program could not be built again.")
    with tempfile.TemporaryDirectory(prefix="dace-transfer-race-") as folder:
        inputs = save_arguments(arguments, Path(folder))
        runner = race(baseline, [candidate], inputs, session.target).runners[0]
    ratio = runner.comparison.ratio if runner.comparison else None
    if runner.verdict is Verdict.FASTER:
        return Choice(tuned, label, runner.verdict, _RIGHT[label], ratio)
    reason = runner.reason or f"it is no faster than auto_optimize in {len(runner.rounds)} rounds."
    return Choice(optimized, "auto_optimize", runner.verdict, f"The {label} program is not used: {reason}", 1.0)
