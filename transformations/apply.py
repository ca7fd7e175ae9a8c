"""Applying a recipe: a transaction on a copy, with a trace of what each step did."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import dace

from dace_transfer.errors import DaceTransferError, NotApplicableError, RecipeError, StepFailedError, message_of
from dace_transfer.transformations.check import check
from dace_transfer.transformations.recipe import Alternatives, Do, Item, Recipe
from dace_transfer.transformations.resolve import live, resolve
from dace_transfer.transformations.rewriting import expand, knobs_of
from dace_transfer.transformations.roles import parse_role
from dace_transfer.transformations.shipped import load_library
from dace_transfer.transformations.steps.base import Done, Handle
from dace_transfer.transformations.text import format_step
from dace_transfer.transformations.trace import RecipeFailedError, RecipeNotApplicableError, TraceEntry


@dataclass(frozen=True)
class Applied:
    """A rewritten SDFG, and what each step did to get there."""

    sdfg: dace.SDFG
    trace: tuple[TraceEntry, ...]


@dataclass(frozen=True)
class _Point:
    """Where a recipe has got to: the copy it works on, and what names (and `it`) stand for."""

    sdfg: dace.SDFG
    bound: Mapping[str, tuple[Handle, ...]] = field(default_factory=dict)


def apply(recipe: Recipe, sdfg: dace.SDFG, library: Mapping[str, Recipe] | None = None) -> Applied:
    """Apply `recipe` to a copy of `sdfg`, which itself is never changed.

    Args:
        recipe: What to do; its knobs must be filled.
        sdfg: An outermost SDFG.
        library: The recipes it may include, by name; None for those that are shipped.

    Returns:
        A new, valid SDFG and the trace.

    Raises:
        RecipeError: The recipe is malformed or has unfilled knobs; nothing was tried.
        RecipeNotApplicableError: A step that must apply does not; its `trace` tells the rest.
        RecipeFailedError: A step broke or left an invalid SDFG; its `trace` tells the rest.
    """
    (outcome,) = apply_all([recipe], sdfg, library)
    if isinstance(outcome, Applied):
        return outcome
    raise outcome


def apply_all(
    recipes: Sequence[Recipe], sdfg: dace.SDFG, library: Mapping[str, Recipe] | None = None
) -> list[Applied | RecipeError | RecipeNotApplicableError | RecipeFailedError]:
    """Apply every recipe to a copy of `sdfg`; what several of them begin with is done once.

    Args:
        recipes: What to do; their knobs must be filled.
        sdfg: An outermost SDFG; never changed.
        library: The recipes they may include, by name; None for those that are shipped.

    Returns:
        For each recipe in the order given what `apply` returns or raises.
    """
    known = load_library() if library is None else library
    runs = [_Run(recipe.name) for recipe in recipes]
    ready = []
    for recipe, run in zip(recipes, runs, strict=True):
        try:
            ready.append((_prepared(recipe, known), run))
        except RecipeError as error:
            run.end = error
    _run_together(ready, _Point(copy.deepcopy(sdfg)), ())
    return [run.end for run in runs if run.end is not None]


@dataclass
class _Run:
    """A recipe on its way, and how it ended."""

    recipe: str
    end: Applied | RecipeError | RecipeNotApplicableError | RecipeFailedError | None = None

    def fail(self, error: NotApplicableError | StepFailedError, trace: Sequence[TraceEntry]) -> None:
        kind = RecipeFailedError if isinstance(error, StepFailedError) else RecipeNotApplicableError
        self.end = kind(f"Recipe {self.recipe!r}: {error}", tuple(trace))
        self.end.__cause__ = error


def _prepared(recipe: Recipe, library: Mapping[str, Recipe]) -> tuple[Item, ...]:
    expanded = expand(recipe, library)
    check(expanded)
    if knobs := [knob.name for knob in knobs_of(expanded)]:
        raise RecipeError(f"Recipe {recipe.name!r} has unfilled knobs: {', '.join(knobs)}; give them values.")
    return tuple(expanded.body)


def _run_together(runs: Sequence[tuple[tuple[Item, ...], _Run]], at: _Point, trace: tuple[TraceEntry, ...]) -> None:
    """Finish the runs that have no more to do; take the next item once for all those that share it."""
    going: dict[Item, list[tuple[tuple[Item, ...], _Run]]] = {}
    for body, run in runs:
        if body:
            going.setdefault(body[0], []).append((body[1:], run))
    ended = [run for body, run in runs if not body]
    for number, run in enumerate(ended, 1):
        is_last = not going and number == len(ended)
        _end(run, at.sdfg if is_last else copy.deepcopy(at.sdfg), list(trace))
    for number, (item, group) in enumerate(going.items(), 1):
        before = at if number == len(going) else _copied(at)
        done = list(trace)
        try:
            after = _run((item,), before, done)
        except (NotApplicableError, StepFailedError) as error:
            for _, run in group:
                run.fail(error, done)
            continue
        _run_together(group, after, tuple(done))


def _end(run: _Run, sdfg: dace.SDFG, trace: list[TraceEntry]) -> None:
    try:
        _validate(sdfg, trace)
    except StepFailedError as error:
        run.fail(error, trace)
        return
    run.end = Applied(sdfg, tuple(trace))


def _run(body: Sequence[Item], at: _Point, trace: list[TraceEntry]) -> _Point:
    for item in body:
        if isinstance(item, Alternatives):
            at = _run_alternatives(item, at, trace)
        elif isinstance(item, Do):
            at = _run_step(item, at, trace)
    return at


def _run_alternatives(item: Alternatives, at: _Point, trace: list[TraceEntry]) -> _Point:
    """Each branch runs on its own copy, so one that fails halfway leaves nothing for the next."""
    reasons = []
    for branch in item.branches:
        try:
            end = _run(branch, _copied(at), trace)
            if branch:
                _validate(end.sdfg, trace)
            return end
        except (NotApplicableError, StepFailedError) as error:
            reasons.append(str(error))
    raise NotApplicableError(f"None of {len(reasons)} alternatives applies. {' '.join(reasons)}")


def _run_step(do: Do, at: _Point, trace: list[TraceEntry]) -> _Point:
    text = format_step(do)
    trial = _copied(at) if do.on_fail == "skip" else at
    targets: list[Handle] = []
    try:
        targets = _targets(do, trial)
        done = _guarded(do, trial.sdfg, targets)
    except NotApplicableError as error:
        skips = do.on_fail == "skip"
        trace.append(TraceEntry(text, len(targets), "skipped" if skips else "failed", str(error)))
        if skips:
            return at
        raise
    except StepFailedError as error:
        trace.append(TraceEntry(text, len(targets), "failed", str(error)))
        raise
    trace.append(TraceEntry(text, len(targets), "done", done.detail))
    names = ("it", do.bind) if do.bind else ("it",)
    return _Point(trial.sdfg, {**trial.bound, **dict.fromkeys(names, tuple(done.yields))})


def _targets(do: Do, at: _Point) -> list[Handle]:
    target = getattr(do.step, "target", "sdfg")
    role = parse_role(target)
    targets = resolve(role, at.sdfg, at.bound)
    if not targets and role.base != "sdfg":
        raise NotApplicableError(f"Step {do.step.name!r} is for {target!r}, which matches nothing here.")
    return targets


def _guarded(do: Do, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
    try:
        return do.step.apply(sdfg, targets)
    except DaceTransferError:
        raise
    # DaCe's transformations raise KeyError, NameError, AssertionError and more on graphs they do not foresee. This
    # is the one place that turns them all into a recorded outcome; the copy they broke is discarded by callers.
    except Exception as error:
        raise StepFailedError(f"Step {do.step.name!r} broke with {type(error).__name__}: {_one_line(error)}") from error


def _validate(sdfg: dace.SDFG, trace: list[TraceEntry]) -> None:
    try:
        sdfg.validate()
    # Validation runs into the same surprises as transformations do, besides InvalidSDFGError.
    except Exception as error:
        message = f"The rewritten SDFG is invalid: {_one_line(error)}"
        trace.append(TraceEntry("validate", 0, "failed", message))
        raise StepFailedError(message) from error


def _one_line(error: Exception) -> str:
    return " ".join(message_of(error).split())[:300]


def _copied(at: _Point) -> _Point:
    """Handles are copied along with the SDFG, so that they name the nodes of the copy."""
    bound = {name: live(handles, at.sdfg) for name, handles in at.bound.items()}
    return _Point(*copy.deepcopy((at.sdfg, bound)))
