"""Tune a whole program: decide for its parts, put it together, check the whole against the original."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import dace
from dace.codegen.compiled_sdfg import CompiledSDFG
from dace.frontend.python.parser import DaceProgram
from dace.transformation.auto.auto_optimize import auto_optimize

from dace_transfer import toolchain
from dace_transfer.database.store import Store
from dace_transfer.embeddings.encoders import DEFAULT
from dace_transfer.report import Report
from dace_transfer.transformations.finalize import finalize
from dace_transfer.transformations.normalization import normalize
from dace_transfer.tuner.arguments import complete_arguments, infer_sizes
from dace_transfer.tuner.decide import Decided, decide
from dace_transfer.tuner.parsing import parse
from dace_transfer.tuner.session import Session, open_session
from dace_transfer.tuner.whole import Choice, Version, choose
from dace_transfer.workload import workload_of


@dataclass(frozen=True)
class TuningResult:
    """A tuned program.

    Attributes:
        sdfg: The version to use, specialised to the sizes it was tuned for and ready to compile.
        report: What was decided, and why.
    """

    sdfg: dace.SDFG
    report: Report

    @cached_property
    def compiled(self) -> CompiledSDFG:
        """The compiled program, to be called with the arguments of `sdfg` by keyword."""
        toolchain.activate()
        return copy.deepcopy(self.sdfg).compile()


def tune(
    program: dace.SDFG | DaceProgram,
    args: Mapping[str, Any] | None = None,
    *,
    mode: str = "transfer",
    budget: float | None = None,
    device: str = "cpu",
    database: str | Path | Store | None = None,
    family: str = "",
    exclude_families: Sequence[str] = (),
    encoder: str = DEFAULT,
) -> TuningResult:
    """Tune a program for the sizes of its arguments.

    Args:
        program: A `@dace.program` or an SDFG. It is not changed.
        args: Argument values by name: arrays, scalars, and values for symbols no array shape tells. Arrays are
            not changed; the whole tuned program is checked on copies of them.
        mode: "transfer" (recipes of the nearest tuned workloads, verified), "measure" (timed as well),
            "search" (more recipes within the budget) or "replay" (only what is recorded for exactly this).
        budget: Seconds after which no new candidate is tried.
        device: "cpu".
        database: File, URL or open store; the user's own database by default.
        family: Kernel family recorded with what is learnt.
        exclude_families: Families that may not donate, for evaluations.
        encoder: What finds neighbours: "features" (written by hand), "learnt" (the trained network that is shipped) or
            a file of weights that `dace-transfer train` wrote.

    Raises:
        DaceTransferError: The mode, the device or the encoder is unknown, or a size is missing.
        NoRecordError: In mode "replay", when the database holds nothing for this program and target.
        WorkloadError: A size of the program is not known.
        StoreError: The database cannot be opened, or holds no vectors of the encoder.
    """
    original = parse(program)
    sizes = infer_sizes(original, args or {})
    arguments = complete_arguments(original, args or {}, sizes)
    with open_session(
        original.name,
        mode,
        budget=budget,
        device=device,
        database=database,
        family=family,
        exclude_families=exclude_families,
        encoder=encoder,
    ) as session:
        return _tune(session, original, sizes, arguments)


def _tune(
    session: Session, original: dace.SDFG, sizes: Mapping[str, int], arguments: Mapping[str, Any]
) -> TuningResult:
    with session.phase("normalize"):
        root = workload_of(_attempt(lambda: normalize(original)) or original, sizes)
        optimized = _attempt(lambda: auto_optimize(copy.deepcopy(original), dace.DeviceType.CPU, symbols=dict(sizes)))
    decided = decide(session, [root])[0]
    with session.phase("check"):
        versions = _versions(decided, sizes, hopes=session.measures)
        choice = choose(session, original, versions, optimized, arguments)
    return TuningResult(choice.sdfg, _report(session, original, sizes, decided, choice))


def _versions(decided: Decided, sizes: Mapping[str, int], *, hopes: bool) -> list[Version]:
    """What can be used of a decision, specialised to its sizes; with `hopes`, also what another race may decide on."""
    same = "it computes the same as the original."
    wanted = [(decided.sdfg, "tuned", same.capitalize()), (decided.assembled, "tuned", f"Tuned piece by piece, {same}")]
    if decided.sdfg is None:
        reason = "No recipe was found; the normal form of the program is used, as auto_optimize leaves it."
        wanted = [(decided.baseline, "normalized", reason)]
    if hopes:
        wanted.append((decided.hopeful, "tuned", "A first race had left open whether this recipe is faster."))
    versions = []
    for sdfg, label, reason in wanted:
        final = None if sdfg is None else _attempt(partial(finalize, sdfg, sizes))
        versions += [] if final is None else [Version(final, label, reason)]
    return versions


def _attempt(make: Callable[[], dace.SDFG]) -> dace.SDFG | None:
    try:
        return make()
    except Exception:  # noqa: BLE001  DaCe raises all kinds of errors; without this version others remain.
        return None


def _report(
    session: Session, original: dace.SDFG, sizes: Mapping[str, int], decided: Decided, choice: Choice
) -> Report:
    return Report(
        program=original.name,
        mode=session.mode,
        target=session.target.digest,
        device=f"{session.target.model}, {session.target.threads} threads",
        sizes=dict(sizes),
        verdict=choice.verdict,
        reason=choice.reason,
        used=choice.used,
        ratio=choice.ratio,
        decision=decided.decision,
        seconds=dict(session.seconds),
    )
