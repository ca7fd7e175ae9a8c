"""Knobs: what one may be, which a recipe has, and filling them."""

from __future__ import annotations

from typing import Any

import pytest

from dace_transfer.errors import RecipeError
from dace_transfer.transformations import Alternatives, Do, Include, Knob, Recipe, fill, knobs_of


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("not a name", (1,)), "identifier"),
        (("k", ()), "no options"),
        (("k", (1, 1)), "twice"),
        (("k", (1, 2), 3), "default"),
        (("k", (1, 2), True), "default"),
    ],
)
def test_a_senseless_knob_is_refused(arguments: tuple[Any, ...], says: str) -> None:
    with pytest.raises(RecipeError, match=says):
        Knob(*arguments)


def test_the_first_option_is_the_default() -> None:
    assert Knob("k", (4, 2)).default == 4
    assert Knob("k", (4, 2)) == Knob("k", (4, 2), 4) != Knob("k", (4, 2), 2)


def test_filling_reaches_every_place(steps: dict[str, Any]) -> None:
    touch = steps["touch"]
    size, label, role = Knob("size", (16, 32)), Knob("label", ("a", "b")), Knob("role", ("maps", "loops"))
    body = (
        Do(touch(target="maps", sizes=(size, 8), label=label)),
        Alternatives(((Do(touch(target=role, count=size)),), ())),
    )
    recipe = Recipe("r", body)
    assert knobs_of(recipe) == (size, label, role)
    filled = fill(recipe, {"size": 32, "role": "loops"})
    assert knobs_of(filled) == (label,)
    assert fill(filled, {"label": "b"}).body == (
        Do(touch(target="maps", sizes=(32, 8), label="b")),
        Alternatives(((Do(touch(target="loops", count=32)),), ())),
    )
    assert knobs_of(recipe) == (size, label, role)


def test_filling_refuses_what_is_no_option(steps: dict[str, Any]) -> None:
    recipe = Recipe("r", (Do(steps["touch"](target="maps", count=Knob("size", (16, 32)))),))
    with pytest.raises(RecipeError, match="must be one of"):
        fill(recipe, {"size": 17})
    with pytest.raises(RecipeError, match="did you mean 'size'"):
        fill(recipe, {"sise": 16})


def test_knobs_of_one_name_must_be_one_knob(steps: dict[str, Any]) -> None:
    touch = steps["touch"]
    body = (
        Do(touch(target="maps", count=Knob("k", (1, 2)))),
        Do(touch(target="maps", count=Knob("k", (1, 3)))),
    )
    with pytest.raises(RecipeError, match="two different knobs named 'k'"):
        knobs_of(Recipe("r", body))


def test_the_knobs_of_an_include_are_unknown() -> None:
    with pytest.raises(RecipeError, match="expand it first"):
        knobs_of(Recipe("r", (Include("other"),)))
