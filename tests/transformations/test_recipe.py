"""Recipes as data: what is refused, what identifies them, and expanding includes."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from dace_transfer.errors import RecipeError
from dace_transfer.transformations import Alternatives, Do, Include, Recipe, expand, format_recipe, parse_recipe


def test_the_id_covers_what_is_done_and_nothing_else(steps: dict[str, Any]) -> None:
    touch = steps["touch"]
    one = Recipe("one", (Do(touch(target="maps", ratio=1.0)),))
    same = Recipe("two", (Do(touch(target="maps", ratio=1)),), "Described.")
    assert one.id == same.id
    others = [
        Recipe("one", (Do(touch(target="maps", ratio=2.0)),)),
        Recipe("one", (Do(touch(target="maps[0]", ratio=1.0)),)),
        Recipe("one", (Do(touch(target="maps", ratio=1.0), bind="a"),)),
        Recipe("one", (Do(touch(target="maps", ratio=1.0), on_fail="skip"),)),
        Recipe("one", (Alternatives((one.body,)),)),
        Recipe("one", one.body + one.body),
        Recipe("one", ()),
    ]
    assert len({recipe.id for recipe in (one, *others)}) == 1 + len(others)


def test_the_id_never_changes(steps: dict[str, Any]) -> None:
    """Databases hold ids: if this fails, old records no longer find their recipes."""
    body = (Do(steps["touch"](target="maps", sizes=(32, 32)), bind="tiles", on_fail="skip"),)
    canonical = '[1,[{"as":"tiles","fields":{"sizes":[32,32],"target":"maps"},"on_fail":"skip","step":"touch"}]]'
    assert Recipe("r", body).id == hashlib.sha256(canonical.encode()).hexdigest()[:16] == "769ee260ecd9ef57"


def test_including_is_the_same_as_writing_it_out(steps: dict[str, Any]) -> None:
    library = {"part": parse_recipe("recipe part\ntouch maps as a\ntouch a", steps)}
    whole = parse_recipe("recipe whole\ninclude part\nrefuse sdfg", steps)
    plain = parse_recipe("recipe plain\ntouch maps as a\ntouch a\nrefuse sdfg", steps)
    with pytest.raises(RecipeError, match="expand it first"):
        _ = whole.id
    assert expand(whole, library).id == plain.id


def test_an_included_recipe_keeps_its_names_to_itself(steps: dict[str, Any]) -> None:
    library = {"part": parse_recipe("recipe part\ntouch maps as a\ntouch producers(a)[0] as b", steps)}
    whole = parse_recipe("recipe whole\ntouch loops as a\ninclude part\ninclude part\ntouch a", steps)
    assert format_recipe(expand(whole, library)).splitlines()[1:] == [
        "touch loops as a",
        "touch maps as a_2",
        "touch producers(a_2)[0] as b",
        "touch maps as a_3",
        "touch producers(a_3)[0] as b_2",
        "touch a",
    ]


def test_includes_that_lead_nowhere_are_refused() -> None:
    library = {
        "a": Recipe("a", (Alternatives(((Include("b"),),)),)),
        "b": Recipe("b", (Include("a"),)),
    }
    with pytest.raises(RecipeError, match="'a' includes itself: r -> a -> b -> a"):
        expand(Recipe("r", (Include("a"),)), library)
    with pytest.raises(RecipeError, match="only holds a, b"):
        expand(Recipe("r", (Include("zzz"),)), library)


@pytest.mark.parametrize("name", ["", "two words", "a\nb", "a#b"])
def test_a_recipe_has_a_plain_name(name: str) -> None:
    with pytest.raises(RecipeError, match="name"):
        Recipe(name, ())


def test_senseless_items_are_refused(steps: dict[str, Any]) -> None:
    step = steps["touch"](target="maps")
    with pytest.raises(RecipeError, match="identifier"):
        Do(step, bind="a b")
    with pytest.raises(RecipeError, match="'abort' or 'skip'"):
        Do(step, on_fail="ignore")  # type: ignore[arg-type]
    with pytest.raises(RecipeError, match="at least one"):
        Alternatives(())


def test_a_field_of_another_type_is_refused(steps: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match="Field 'count' of step 'touch': Expected an integer, but got True"):
        _ = Recipe("r", (Do(steps["touch"](target="maps", count=True)),)).id
