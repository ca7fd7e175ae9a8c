"""Decide for a program and, where no recipe fits the whole, for the pieces it falls into."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import dace

from dace_transfer.embeddings.walk import walk
from dace_transfer.errors import NoRecordError, WorkloadError
from dace_transfer.report import Decision
from dace_transfer.search import Proposal
from dace_transfer.search.portfolio import BASELINE
from dace_transfer.transformations import parse_recipe
from dace_transfer.tuner.abstain import believed
from dace_transfer.tuner.candidate import Candidate, Field, make_field
from dace_transfer.tuner.explore import explore, first_quests, try_first
from dace_transfer.tuner.session import Session
from dace_transfer.tuner.trial import CLEAR, winner
from dace_transfer.verdict import Verdict
from dace_transfer.workload import Cut, Workload, assemble, cut

_NEGLIGIBLE = 0.01  # Share of the estimated work below which a piece is left as it is.
_WHOLE = 0.5  # Share of a search's time that is spent on the whole program before its pieces.


@dataclass(frozen=True)
class Decided:
    """A decision with what it leads to.

    Attributes:
        decision: For the report.
        sdfg: The tuned workload, or None where it stays as auto_optimize leaves it.
        assembled: What its tuned pieces make together, where a recipe was found for the whole as well.
        baseline: The workload as auto_optimize leaves it, None where that fails.
        hopeful: What looked fastest where a race could not tell and nothing was found.
    """

    decision: Decision
    sdfg: dace.SDFG | None
    baseline: dace.SDFG | None
    assembled: dace.SDFG | None = None
    hopeful: dace.SDFG | None = None


def decide(session: Session, workloads: Sequence[Workload], depth: int = 0) -> list[Decided]:
    """Decide for workloads that are independent of one another.

    All workloads of one level are verified as one unit. Those for which nothing is faster are cut, and the
    pieces of all of them make the next level. A search also cuts a program for which something is faster, since its
    pieces may want different recipes.

    Args:
        session: Tools and mode.
        workloads: What to decide for.
        depth: How often they were cut from the program.

    Returns:
        One decision per workload, in the order given.
    """
    unique = {_identity(workload): workload for workload in workloads}
    fields = _fields(session, list(unique.values()), depth)
    results = dict(
        zip(unique, _decide_parts(session, fields, [conclude(field) for field in fields], depth), strict=True)
    )
    return [results[_identity(workload)] for workload in workloads]


def _identity(workload: Workload) -> tuple[str, str]:
    """Equal only for pieces that also use the same names, so that one tuned version fits all their sites."""
    return workload.digest, str(workload.sdfg.hash_sdfg())


def _fields(session: Session, workloads: Sequence[Workload], depth: int) -> list[Field]:
    """Try recipes on every workload."""
    if session.mode == "replay":
        return [_replay_field(session, workload) for workload in workloads]
    quests = try_first(session, first_quests(session, workloads))
    if session.mode == "search":
        halved = replace(session, deadline=time.monotonic() + _WHOLE * session.time_left)
        has_pieces = depth == 0 and any(len(cut_workload(session, workload).sites) > 1 for workload in workloads)
        quests = explore(halved if has_pieces else session, quests)
    return [quest.field if session.measures else believed(quest.field, session.trust) for quest in quests]


def _replay_field(session: Session, workload: Workload) -> Field:
    record = session.store.best(workload.digest, session.target.digest)
    if record is None:
        raise NoRecordError(
            f"The database holds nothing for workload {workload.digest[:8]} of '{session.program}' on this target; "
            "tune it once with mode='transfer', 'measure' or 'search'."
        )
    recipe = session.store.get_recipe(record.recipe) if record.verdict == Verdict.FASTER.name else None
    proposals = [Proposal(parse_recipe(recipe.text), "exact", workload.digest, session.program, 0.0)] if recipe else []
    field = make_field(session, workload, proposals)
    if proposals and not field.alive:
        raise NoRecordError(f"The recorded recipe no longer applies: {field.candidates[0].attempt.reason}")
    reason = "It is what the database holds for exactly this workload and target."
    return replace(field, candidates=tuple(c.ended(Verdict.FASTER, reason, ratio=record.ratio) for c in field.alive))


def conclude(field: Field) -> Decided:
    """Turn what is known about a field into a decision."""
    best = winner(field)
    ranked = sorted(field.candidates, key=lambda c: (c is not best, -(c.attempt.ratio or 0.0)))
    verdict, reason = _verdict(field, best)
    decision = Decision(
        workload=field.workload.digest,
        kind=field.workload.kind,
        content=_content(field.workload.sdfg),
        sizes=dict(field.workload.sizes),
        verdict=verdict,
        reason=reason,
        chosen=best.attempt.recipe if best else "",
        attempts=tuple(candidate.attempt for candidate in ranked),
    )
    hopeful = None if best else _most_hopeful(field)
    return Decided(
        decision,
        sdfg=best.sdfg if best else None,
        baseline=field.baseline.sdfg if field.sound else None,
        hopeful=hopeful.sdfg if hopeful else None,
    )


def _most_hopeful(field: Field) -> Candidate | None:
    """The right candidate that took least time where noise or a lack of time left open whether it is faster."""
    open_ = [c for c in field.candidates if c.attempt.verdict is Verdict.AMBIGUOUS and c.verification is not None]
    timed = [c for c in open_ if c.verification and c.verification.ok and (c.attempt.ratio or 0.0) > CLEAR]
    return max(timed, key=lambda c: c.attempt.ratio or 0.0, default=None)


def _verdict(field: Field, best: Candidate | None) -> tuple[Verdict, str]:
    if best is not None:
        times = f"{best.attempt.ratio:.2f} times as fast as" if best.attempt.ratio else "faster than"
        against = BASELINE if field.sound else f"what it replaces ({BASELINE} fails)"
        return Verdict.FASTER, f"'{best.attempt.recipe}' is right and {times} {against}."
    if not field.candidates:
        return Verdict.NO_NEIGHBOUR, "The database holds no workload that could donate a recipe."
    doubted = next((c for c in field.candidates if c.attempt.verdict is Verdict.NO_NEIGHBOUR), None)
    if doubted is not None:
        return Verdict.NO_NEIGHBOUR, doubted.attempt.reason
    verdicts = [candidate.attempt.verdict for candidate in field.candidates]
    for verdict in (Verdict.SAME, Verdict.AMBIGUOUS, Verdict.SLOWER, Verdict.NOT_APPLICABLE, Verdict.WRONG):
        if verdict in verdicts:
            return verdict, "No recipe was right and faster than auto_optimize."
    return Verdict.FAILED, "Every recipe failed."


def _decide_parts(session: Session, fields: Sequence[Field], whole: list[Decided], depth: int) -> list[Decided]:
    searched = session.mode == "search" and depth == 0
    cuts = [
        cut_workload(session, field.workload) if (decided.sdfg is None or searched) and session.time_left else None
        for field, decided in zip(fields, whole, strict=True)
    ]
    parts = [site.workload for cut_ in cuts if cut_ is not None for site in cut_.sites]
    below = iter(decide(session, parts, depth + 1) if parts else [])
    return [
        decided if cut_ is None else _join(decided, cut_, {site.label: next(below) for site in cut_.sites})
        for decided, cut_ in zip(whole, cuts, strict=True)
    ]


def cut_workload(session: Session, workload: Workload) -> Cut:
    """Cut a workload, leaving out the sites with a negligible share of its work."""
    with session.phase("cut"):
        try:
            result = cut(workload)
        except WorkloadError as error:
            return Cut(workload.sdfg, (), (str(error),))
    total = sum(estimated_work(site.workload) for site in result.sites)
    sites = [site for site in result.sites if estimated_work(site.workload) >= _NEGLIGIBLE * total]
    if session.mode == "replay":
        held = [s for s in sites if session.store.best(s.workload.digest, session.target.digest) is not None]
        sites = held
    return replace(result, sites=tuple(sites))


def estimated_work(workload: Workload) -> float:
    """Operations and elements moved in one run, from symbolic analysis; only good for shares."""
    works = walk(workload.sdfg, workload.sizes)
    return sum(work.executions * (sum(work.operations.values()) + work.moved) for work in works)


def _join(whole: Decided, cut_: Cut, parts: Mapping[str, Decided]) -> Decided:
    decision = replace(whole.decision, parts=tuple(part.decision for part in parts.values()))
    if all(part.sdfg is None for part in parts.values()):
        return replace(whole, decision=decision)
    chosen = {label: part.baseline if part.sdfg is None else part.sdfg for label, part in parts.items()}
    try:
        sdfg = assemble(cut_.program, {label: sdfg for label, sdfg in chosen.items() if sdfg is not None})
    except WorkloadError as error:
        return replace(whole, decision=replace(decision, reason=f"The pieces do not fit together: {error}"))
    if whole.sdfg is not None:
        return replace(whole, decision=decision, assembled=sdfg)
    return replace(whole, decision=decision, sdfg=sdfg)


def _content(sdfg: dace.SDFG) -> str:
    """The code nodes of a workload in a few words."""
    names: dict[str, int] = {}
    for node, _ in sdfg.all_nodes_recursive():
        if isinstance(node, dace.nodes.LibraryNode):
            names[type(node).__name__] = names.get(type(node).__name__, 0) + 1
        elif isinstance(node, dace.nodes.MapEntry):
            key = f"map[{node.map.get_param_num()}]"
            names[key] = names.get(key, 0) + 1
    return ", ".join(f"{count} {name}" if count > 1 else name for name, count in sorted(names.items()))
