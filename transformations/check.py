"""Finds, before anything runs, roles that cannot mean anything: unknown, unbound or already consumed.

A step consumes the nodes it rewrites, and yields new ones. A name for consumed nodes is dead, and so is every
other name for the same nodes. Steps in `KEEPS_TARGETS` only set properties, so what they touch stays alive. A
step without a role, or with role `sdfg`, may rewrite anything and consumes every name.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dace_transfer.errors import RecipeError
from dace_transfer.transformations.knobs import Knob
from dace_transfer.transformations.recipe import Alternatives, Do, Include, Item, Recipe, first_include, step_fields
from dace_transfer.transformations.rewriting import expand, knobs_of, steps_of
from dace_transfer.transformations.roles import BASES, RESERVED, choices, closest, parse_role

KEEPS_TARGETS = frozenset(("schedule", "library", "storage", "vector_math"))
"""Names of the steps that leave the nodes they are applied to in place."""


@dataclass(frozen=True)
class _Names:
    """Which names are alive, as the number of what they stand for, and which step consumed the dead ones."""

    alive: dict[str, int] = field(default_factory=dict)
    dead: dict[str, str] = field(default_factory=dict)

    def without(self, group: int, reason: str) -> _Names:
        gone = {name: reason for name, number in self.alive.items() if number == group}
        return _Names({n: g for n, g in self.alive.items() if n not in gone}, self.dead | gone)

    def with_names(self, names: Sequence[str], group: int) -> _Names:
        dead = {name: reason for name, reason in self.dead.items() if name not in names}
        return _Names(self.alive | dict.fromkeys(names, group), dead)

    def with_none(self, reason: str) -> _Names:
        return _Names({}, self.dead | dict.fromkeys(self.alive, reason))


def check(recipe: Recipe, library: Mapping[str, Recipe] | None = None) -> None:
    """Check the fields, roles, names and knobs of a recipe.

    Args:
        recipe: What to check.
        library: What it may include, checked along with it; None to take on trust what it includes.

    Raises:
        RecipeError: A field is of another type; a role is unknown or malformed; a name is bound that means
            something else already, or used before it is bound or after what it stands for was consumed; knobs of
            one name differ; or what is included is not in `library`.
    """
    if library is not None:
        recipe = expand(recipe, library)
    for do in steps_of(recipe.body):
        step_fields(do.step)
    if first_include(recipe.body) is None:
        knobs_of(recipe)
    try:
        _check_body(recipe.body, _Names(), itertools.count())
    except RecipeError as error:
        raise RecipeError(f"Recipe {recipe.name!r}: {error}") from error


def _check_body(body: Sequence[Item], names: _Names, numbers: Iterator[int]) -> _Names:
    for item in body:
        if isinstance(item, Do):
            names = _check_step(item, names, numbers)
        elif isinstance(item, Include):
            names = names.with_names(("it",), next(numbers))
        else:
            names = _check_alternatives(item, names, numbers)
    return names


def _check_step(do: Do, names: _Names, numbers: Iterator[int]) -> _Names:
    if do.bind in RESERVED:
        raise RecipeError(f"Step {do.step.name!r} binds {do.bind!r}, which is a word of roles; rename it.")
    targets = _target_roles(do)
    yielded = next(numbers)
    for target in targets:
        role = parse_role(target)
        if role.base == "sdfg" and do.step.name not in KEEPS_TARGETS:
            names = names.with_none(f"step {do.step.name!r} on the whole SDFG")
        if not role.handle:
            continue
        group = _group_of(role.handle, target, do, names)
        if do.step.name in KEEPS_TARGETS:
            yielded = group
        elif role.is_whole_handle:
            names = names.without(group, f"step {do.step.name!r}")
    if not targets:
        names = names.with_none(f"step {do.step.name!r} on the whole SDFG")
    return names.with_names(("it", do.bind) if do.bind else ("it",), yielded)


def _target_roles(do: Do) -> tuple[str, ...]:
    target = getattr(do.step, "target", None)
    if isinstance(target, Knob):
        return tuple(map(str, target.options))
    return (target,) if isinstance(target, str) else ()


def _group_of(handle: str, target: str, do: Do, names: _Names) -> int:
    if handle in names.alive:
        return names.alive[handle]
    if handle in names.dead:
        raise RecipeError(
            f"Step {do.step.name!r} is for {target!r}, but {names.dead[handle]} has consumed {handle!r}; "
            f"bind what that step yields, or use another role."
        )
    if handle == "it":
        raise RecipeError(f"Step {do.step.name!r} is for 'it', but no step comes before it; use another role.")
    bound = tuple(name for name in names.alive if name != "it")
    raise RecipeError(
        f"Step {do.step.name!r} is for the unknown role {target!r}{closest(handle, (*BASES, *bound))}; "
        f"{choices(bound)}."
    )


def _check_alternatives(item: Alternatives, names: _Names, numbers: Iterator[int]) -> _Names:
    ends = [_check_body(branch, names, numbers) for branch in item.branches]
    common = set.intersection(*(set(end.alive) for end in ends))
    alive = {name: _merged([end.alive[name] for end in ends], numbers) for name in common}
    dead = {name: reason for end in ends for name, reason in end.dead.items()}
    missing = {name: "not every alternative binds it, or one" for end in ends for name in end.alive}
    dead = missing | dead
    return replace(names, alive=alive, dead={name: why for name, why in dead.items() if name not in alive})


def _merged(groups: Sequence[int], numbers: Iterator[int]) -> int:
    return groups[0] if len(set(groups)) == 1 else next(numbers)
