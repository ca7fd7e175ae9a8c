"""Applying a recipe: a transaction on a copy, with a trace of what each step did."""

from __future__ import annotations

import copy
from collections import OrderedDict
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

_KEPT = 48  # A copy of a program with a dozen maps takes about a megabyte.


@dataclass(frozen=True)
class Applied:
    """A rewritten SDFG, and what each step did to get there."""

    sdfg: dace.SDFG
    trace: tuple[TraceEntry, ...]


Outcome = Applied | RecipeError | RecipeNotApplicableError | RecipeFailedError
"""What became of a recipe: what it made, or the error that says why it made nothing."""


@dataclass(frozen=True)
class _Point:
    """Where a recipe has got to, never changed once it is there: the SDFG, and what names (and `it`) stand for."""

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
    outcome = Workbench(sdfg, library).apply(recipe)
    if isinstance(outcome, Applied):
        return outcome
    raise outcome


class Workbench:
    """Applies recipes to copies of one SDFG; what several of them begin with is done once, as long as it is kept.

    Args:
        sdfg: An outermost SDFG; never changed.
        library: The recipes that others may include, by name; None for those that are shipped.
        kept: How many intermediate SDFGs are kept; those that were not used for the longest time go first.
    """

    def __init__(self, sdfg: dace.SDFG, library: Mapping[str, Recipe] | None = None, kept: int = _KEPT):
        self._library = load_library() if library is None else library
        self._start = _Point(copy.deepcopy(sdfg))
        self._kept = kept
        self._made: OrderedDict[tuple[Item, ...], _Stage] = OrderedDict()

    def apply(self, recipe: Recipe) -> Outcome:
        """Return what `apply` returns or raises for a recipe."""
        try:
            body = _prepared(recipe, self._library)
        except RecipeError as error:
            return error
        stage = self._stage(body)
        trace = list(stage.trace)
        if isinstance(stage.end, _Point):
            try:
                # A copy, since whoever gets it may change it while others go on from here.
                sdfg = copy.deepcopy(stage.end.sdfg)
                _validate(sdfg, trace)
                return Applied(sdfg, tuple(trace))
            except StepFailedError as error:
                return _failure(recipe, error, trace)
        return _failure(recipe, stage.end, trace)

    def _stage(self, body: tuple[Item, ...]) -> _Stage:
        """What the items of a body lead to, from the longest beginning of it that is kept."""
        done = next((n for n in range(len(body), 0, -1) if body[:n] in self._made), 0)
        stage = self._made[body[:done]] if done else _Stage(self._start, ())
        for number in range(1, len(body) + 1):
            if number > done and isinstance(stage.end, _Point):
                stage = _next_stage(stage.end, body[number - 1], stage.trace)
                self._made[body[:number]] = stage
            if body[:number] in self._made:
                self._made.move_to_end(body[:number])
        while len(self._made) > self._kept:
            self._made.popitem(last=False)
        return stage


@dataclass(frozen=True)
class _Stage:
    """What some items have led to: a point to go on from, or why it does not go on."""

    end: _Point | NotApplicableError | StepFailedError
    trace: tuple[TraceEntry, ...]


def _next_stage(at: _Point, item: Item, before: tuple[TraceEntry, ...]) -> _Stage:
    trace = list(before)
    try:
        return _Stage(_run((item,), at, trace), tuple(trace))
    except (NotApplicableError, StepFailedError) as error:
        return _Stage(error, tuple(trace))


def _failure(
    recipe: Recipe, error: NotApplicableError | StepFailedError, trace: Sequence[TraceEntry]
) -> RecipeNotApplicableError | RecipeFailedError:
    kind = RecipeFailedError if isinstance(error, StepFailedError) else RecipeNotApplicableError
    failure = kind(f"Recipe {recipe.name!r}: {error}", tuple(trace))
    failure.__cause__ = error
    return failure


def _prepared(recipe: Recipe, library: Mapping[str, Recipe]) -> tuple[Item, ...]:
    expanded = expand(recipe, library)
    check(expanded)
    if knobs := [knob.name for knob in knobs_of(expanded)]:
        raise RecipeError(f"Recipe {recipe.name!r} has unfilled knobs: {', '.join(knobs)}; give them values.")
    return tuple(expanded.body)


def _run(body: Sequence[Item], at: _Point, trace: list[TraceEntry]) -> _Point:
    for item in body:
        if isinstance(item, Alternatives):
            at = _run_alternatives(item, at, trace)
        elif isinstance(item, Do):
            at = _run_step(item, at, trace)
    return at


def _run_alternatives(item: Alternatives, at: _Point, trace: list[TraceEntry]) -> _Point:
    """Steps copy what they change, so a branch that fails halfway leaves nothing for the next."""
    reasons = []
    for branch in item.branches:
        try:
            end = _run(branch, at, trace)
            if branch:
                _validate(end.sdfg, trace)
            return end
        except (NotApplicableError, StepFailedError) as error:
            reasons.append(str(error))
    raise NotApplicableError(f"None of {len(reasons)} alternatives applies. {' '.join(reasons)}")


def _run_step(do: Do, at: _Point, trace: list[TraceEntry]) -> _Point:
    """Run a step on a copy of where the recipe has got to; nothing is copied where there is nothing to rewrite."""
    text = format_step(do)
    targets: list[Handle] = []
    try:
        targets = _targets(do, at)
        trial, targets = _copied(at, targets)
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


def _copied(at: _Point, targets: list[Handle]) -> tuple[_Point, list[Handle]]:
    """Handles are copied along with the SDFG, so that they name the nodes of the copy."""
    bound = {name: live(handles, at.sdfg) for name, handles in at.bound.items()}
    sdfg, bound, targets = copy.deepcopy((at.sdfg, bound, targets))
    return _Point(sdfg, bound), targets
