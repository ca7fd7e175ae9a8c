"""Whole-recipe rewrites that apply nothing: replacing every step, filling knobs, expanding includes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dace_transfer.errors import RecipeError
from dace_transfer.transformations.knobs import Knob
from dace_transfer.transformations.recipe import Alternatives, Do, Include, Item, Recipe, first_include
from dace_transfer.transformations.roles import closest, parse_role, renamed


def steps_of(body: Sequence[Item]) -> Iterator[Do]:
    """Yield every step of a body, in order, those of all branches included, those of includes not."""
    for item in body:
        if isinstance(item, Do):
            yield item
        for branch in item.branches if isinstance(item, Alternatives) else ():
            yield from steps_of(branch)


def knobs_of(recipe: Recipe) -> tuple[Knob, ...]:
    """Return the unfilled knobs of an expanded recipe, each once, in order of appearance.

    Raises:
        RecipeError: The recipe includes others, or one name stands for knobs that differ.
    """
    if (included := first_include(recipe.body)) is not None:
        raise RecipeError(f"Recipe {recipe.name!r} includes {included!r}, whose knobs are unknown; expand it first.")
    knobs: dict[str, Knob] = {}
    for do in steps_of(recipe.body):
        for knob in _knobs_in(do):
            if repr(knobs.setdefault(knob.name, knob)) != repr(knob):
                raise RecipeError(
                    f"Recipe {recipe.name!r} has two different knobs named {knob.name!r}; rename one of them."
                )
    return tuple(knobs.values())


def fill_defaults(recipe: Recipe) -> Recipe:
    """Return `recipe` with every knob at its default."""
    return fill(recipe, {knob.name: knob.default for knob in knobs_of(recipe)})


def fill(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """Return `recipe` with the named knobs replaced by values; knobs that are not named stay open.

    Raises:
        RecipeError: A name is no knob of the recipe, or a value none of its options.
    """
    knobs = {knob.name: knob for knob in knobs_of(recipe)}
    for name, value in values.items():
        if name not in knobs:
            raise RecipeError(
                f"Recipe {recipe.name!r} has no knob {name!r}{closest(name, tuple(knobs))}; "
                f"its knobs are {', '.join(knobs) or 'none'}."
            )
        if not knobs[name].accepts(value):
            raise RecipeError(f"Knob {name!r} must be one of {knobs[name].options!r}, but got {value!r}.")

    def filled(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(filled(part) for part in value)
        return values[value.name] if isinstance(value, Knob) and value.name in values else value

    def fill_step(do: Do) -> Do:
        changed = {name: filled(value) for name, value in _fields(do).items() if _knobs_within(value)}
        return replace(do, step=replace(do.step, **changed)) if changed else do  # type: ignore[type-var]

    return replace(recipe, body=_mapped(recipe.body, fill_step))


def expand(recipe: Recipe, library: Mapping[str, Recipe]) -> Recipe:
    """Return `recipe` with every include replaced by what it names.

    A name that an included recipe binds and that is already taken gets a number behind it, so that recipes
    written by different people never overwrite each other's handles.

    Raises:
        RecipeError: An included recipe is not in `library`, or includes itself.
    """
    taken = {do.bind for do in steps_of(recipe.body) if do.bind}
    return replace(recipe, body=_expanded(recipe.body, library, (recipe.name,), taken))


def _expanded(
    body: Sequence[Item], library: Mapping[str, Recipe], path: tuple[str, ...], taken: set[str]
) -> tuple[Item, ...]:
    items: list[Item] = []
    for item in body:
        if isinstance(item, Include):
            inner = _included(item, library, path)
            fresh = _with_fresh_names(inner.body, taken)
            items += _expanded(fresh, library, (*path, inner.name), taken)
        elif isinstance(item, Alternatives):
            branches = (_expanded(branch, library, path, taken) for branch in item.branches)
            items.append(Alternatives(tuple(branches)))
        else:
            items.append(item)
    return tuple(items)


def _included(include: Include, library: Mapping[str, Recipe], path: tuple[str, ...]) -> Recipe:
    if include.recipe not in library:
        raise RecipeError(
            f"Recipe {path[-1]!r} includes {include.recipe!r}{closest(include.recipe, tuple(library))}, "
            f"but the library only holds {', '.join(sorted(library)) or 'nothing'}."
        )
    if include.recipe in path:
        raise RecipeError(f"Recipe {include.recipe!r} includes itself: {' -> '.join((*path, include.recipe))}.")
    return library[include.recipe]


def _with_fresh_names(body: Sequence[Item], taken: set[str]) -> tuple[Item, ...]:
    names = {}
    for bind in dict.fromkeys(do.bind for do in steps_of(body) if do.bind):
        fresh = next(name for name in _candidates(bind) if name not in taken)
        names[bind] = fresh
        taken.add(fresh)

    def rename(do: Do) -> Do:
        target = getattr(do.step, "target", None)
        step: Any = do.step
        if isinstance(target, str) and parse_role(target).handle in names:
            step = replace(step, target=str(renamed(parse_role(target), names)))
        return replace(do, step=step, bind=names.get(do.bind, do.bind))

    return _mapped(body, rename)


def _candidates(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1


def _mapped(body: Sequence[Item], function: Callable[[Do], Do]) -> tuple[Item, ...]:
    return tuple(_mapped_item(item, function) for item in body)


def _mapped_item(item: Item, function: Callable[[Do], Do]) -> Item:
    if isinstance(item, Do):
        return function(item)
    if isinstance(item, Alternatives):
        return Alternatives(tuple(_mapped(branch, function) for branch in item.branches))
    return item


def _fields(do: Do) -> dict[str, Any]:
    step: Any = do.step
    return {field.name: getattr(step, field.name) for field in dataclasses.fields(step)}


def _knobs_in(do: Do) -> Iterator[Knob]:
    for value in _fields(do).values():
        yield from _knobs_within(value)


def _knobs_within(value: Any) -> list[Knob]:
    if isinstance(value, tuple):
        return [knob for part in value for knob in _knobs_within(part)]
    return [value] if isinstance(value, Knob) else []
