"""The recipes that come with the package, one text file each under `library/`."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

from dace_transfer.errors import RecipeError
from dace_transfer.transformations.recipe import Recipe
from dace_transfer.transformations.rewriting import expand
from dace_transfer.transformations.text import parse_recipe

_SUFFIX = ".recipe"


@functools.cache
def load_library() -> Mapping[str, Recipe]:
    """Return the shipped recipes by name, with what they include in place, so that each has an id of its own.

    Raises:
        RecipeError: A file is no recipe, is not named as the recipe in it, or includes what there is not.
    """
    written = {}
    folder = resources.files("dace_transfer.transformations").joinpath("library")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(_SUFFIX):
            continue
        written[file.name.removesuffix(_SUFFIX)] = _load(file.name, file.read_text(encoding="utf-8"))
    return MappingProxyType({name: expand(recipe, written) for name, recipe in written.items()})


def _load(file: str, text: str) -> Recipe:
    try:
        recipe = parse_recipe(text)
    except RecipeError as error:
        raise RecipeError(f"File {file!r} of the recipe library: {error}") from error
    if recipe.name + _SUFFIX != file:
        raise RecipeError(f"File {file!r} of the recipe library holds recipe {recipe.name!r}; rename one of them.")
    return recipe
