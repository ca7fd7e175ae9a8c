"""Names and roles that cannot mean anything are found before anything runs."""

from __future__ import annotations

from typing import Any

import pytest

from dace_transfer.errors import RecipeError
from dace_transfer.transformations import Include, Recipe, check, parse_recipe


def written(body: str) -> str:
    return "recipe r\n" + body


@pytest.mark.parametrize(
    "body",
    [
        "touch maps as a\ntouch a as a\ntouch a",
        "touch maps as a\nschedule a\ntouch a",
        "touch maps as a\ntouch a[0]\ntouch a[1]",
        "touch maps as a\ntouch producers(a)\ntouch a",
        "touch maps\ntouch it\ntouch it",
        "touch maps as a\nalternatives {\n touch a\n} or {\n touch loops\n}\ntouch it",
        "alternatives {\n touch maps as a\n} or {\n touch loops as a\n}\ntouch a",
        "include x\ntouch it",
        "refuse sdfg\ntouch it",
        "touch ?t{maps|loops}",
    ],
)
def test_these_are_fine(body: str, steps: dict[str, Any]) -> None:
    parse_recipe(written(body), steps)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("touch nothing", "unknown role 'nothing'"),
        ("touch mapps", "did you mean 'maps'"),
        ("touch nothing", "roles are maps"),
        ("touch it", "no step comes before"),
        ("touch maps as maps", "is a word of roles"),
        ("touch maps as a\ntouch a\ntouch a", "step 'touch' has consumed 'a'"),
        ("touch maps as a\ntouch it\ntouch a", "has consumed 'a'"),
        ("touch maps as a\nschedule a\ntouch it\ntouch a", "has consumed 'a'"),
        ("touch maps as a\nrefuse sdfg\ntouch a", "on the whole SDFG has consumed 'a'"),
        ("touch maps as a\nspoil\ntouch a", "on the whole SDFG has consumed 'a'"),
        ("alternatives {\n touch maps as a\n} or {\n}\ntouch a", "not every alternative binds it"),
        ("touch maps as a\nalternatives {\n touch a\n} or {\n}\ntouch a", "has consumed 'a'"),
        ("include x\ntouch a", "unknown role 'a'"),
        ("touch ?t{maps|nothing}", "unknown role 'nothing'"),
        ("touch maps count=?k{1|2}\ntouch maps count=?k{1|3}", "two different knobs"),
    ],
)
def test_these_are_refused(body: str, says: str, steps: dict[str, Any]) -> None:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(written(body), steps)
    assert says in str(caught.value)
    assert "'r'" in str(caught.value)


def test_a_library_is_checked_along(steps: dict[str, Any]) -> None:
    library = {"x": parse_recipe("recipe x\ntouch maps count=?k{1|2}", steps)}
    recipe = parse_recipe("recipe r\ntouch maps count=?k{3|4}\ninclude x", steps)
    check(recipe)
    with pytest.raises(RecipeError, match="two different knobs"):
        check(recipe, library)
    with pytest.raises(RecipeError, match="only holds x"):
        check(Recipe("r", (Include("xx"),)), library)
