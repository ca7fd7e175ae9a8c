"""What a recipe looks like to the cost model: which steps with which parameters, and in which order."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

from dace_transfer.transformations import Do, Recipe
from dace_transfer.transformations.rewriting import steps_of


def recipe_features(recipe: Recipe) -> dict[str, float]:
    """Return the features of a recipe by name; those that are not named are 0.

    Every step, every value of its fields, and `fuse>tile` where a `fuse` comes anywhere before a `tile`, is a 1.
    Numbers are there a second time as a quarter of their base-2 logarithm, of several steps the largest, so that
    near values are alike. The steps of all alternatives count.

    Args:
        recipe: Includes nothing; all knobs filled.
    """
    features: dict[str, float] = {}
    before: dict[str, None] = {}
    for do in steps_of(recipe.body):
        name = do.step.name
        features |= {name: 1.0, **{f"{earlier}>{name}": 1.0 for earlier in before}}
        before[name] = None
        for key, value in _fields(do):
            features[key] = max(features.get(key, value), value)
    return features


def _fields(do: Do) -> Iterator[tuple[str, float]]:
    step: Any = do.step
    for field in dataclasses.fields(step):
        yield from _values(f"{step.name}.{field.name}", getattr(step, field.name))


def _values(key: str, value: Any) -> Iterator[tuple[str, float]]:
    if isinstance(value, tuple):
        for index, entry in enumerate(value):
            yield from _values(f"{key}[{index}]", entry)
        return
    yield f"{key}={value}", 1.0
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield key, math.copysign(math.log2(1 + abs(value)), value) / 4
