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
from dace_transfer.transformations.finalize import finalize
from dace_transfer.tuner.session import Session
from dace_transfer.tuner.trial import CLEAR
from dace_transfer.verdict import Verdict
from dace_transfer.verify import Verification, verify_program


@dataclass(frozen=True)
class Choice:
    """The version of the program that is used.

    Attributes:
        sdfg: Ready to compile.
        used: "tuned", "auto_optimize" or "simplified".
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
    tuned: dace.SDFG | None,
    optimized: dace.SDFG | None,
    arguments: Mapping[str, Any],
    sizes: Mapping[str, int],
) -> Choice:
    """Check the versions of a program against the original on copies of its arguments, and choose one.

    Args:
        session: Tools and mode.
        original: The program as simplified by DaCe, the reference.
        tuned: The assembled program, None where no recipe was accepted.
        optimized: The program as auto_optimize leaves it, None where that fails.
        arguments: Values of the arguments and symbols; never changed.
        sizes: Values of the symbols.
    """
    simplified = finalize(original, sizes)
    best = _check(session, simplified, optimized, arguments)
    fallback = (optimized, "auto_optimize") if optimized is not None and best.ok else (simplified, "simplified")
    if tuned is None:
        verdict, reason = Verdict.SAME, "No recipe was found that is right and faster."
        return Choice(*fallback, verdict, reason + ("" if best.ok else f" auto_optimize is not used: {best.reason}"))
    check = _check(session, simplified, tuned, arguments)
    if not check.ok:
        verdict = Verdict.WRONG if check.kind in ("wrong", "guard") else Verdict.FAILED
        return Choice(*fallback, verdict, f"The tuned program is not used: {check.reason}")
    if not best.ok or optimized is None:
        return Choice(tuned, "tuned", Verdict.FASTER, f"auto_optimize is not used: {best.reason}", check.ratio)
    if session.measures:
        return _race(session, tuned, optimized, arguments)
    ratio = check.ratio / best.ratio if check.ratio and best.ratio else None
    if ratio is not None and ratio < 1 / CLEAR:
        return Choice(*fallback, Verdict.SLOWER, "The tuned program took more time than auto_optimize's.", ratio)
    return Choice(tuned, "tuned", Verdict.FASTER, "It computes the same as the original.", ratio)


def _check(
    session: Session, original: dace.SDFG, version: dace.SDFG | None, arguments: Mapping[str, Any]
) -> Verification:
    if version is None:
        return Verification(False, "codegen", "It could not be made.")
    return verify_program(original, version, arguments, session.builder, session.target)


def _race(session: Session, tuned: dace.SDFG, optimized: dace.SDFG, arguments: Mapping[str, Any]) -> Choice:
    baseline, candidate = session.builder.build([optimized, tuned])
    if isinstance(baseline, Failure) or isinstance(candidate, Failure):
        return Choice(optimized, "auto_optimize", Verdict.FAILED, "The tuned program could not be built again.")
    with tempfile.TemporaryDirectory(prefix="dace-transfer-race-") as folder:
        inputs = save_arguments(arguments, Path(folder))
        runner = race(baseline, [candidate], inputs, session.target).runners[0]
    ratio = runner.comparison.ratio if runner.comparison else None
    if runner.verdict is Verdict.FASTER:
        return Choice(tuned, "tuned", runner.verdict, "It computes the same as the original.", ratio)
    return Choice(optimized, "auto_optimize", runner.verdict, f"The tuned program is not used: {runner.reason}", 1.0)
