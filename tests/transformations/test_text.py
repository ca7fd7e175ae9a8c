"""The text form: a golden recipe, values, errors with their line, and round trips of what is generated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from dace_transfer.errors import RecipeError
from dace_transfer.transformations import (
    STEPS,
    Alternatives,
    Do,
    Include,
    Knob,
    Recipe,
    format_recipe,
    format_step,
    from_json,
    parse_recipe,
    to_json,
)

GOLDEN = Path(__file__).parent / "golden" / "everything.recipe"


def golden_recipe(touch: Any) -> Recipe:
    deep = Alternatives(((Do(touch(target="loops")),), ()))
    return Recipe(
        "every-thing/1.0",
        (
            Do(touch(target="maps[0]", sizes=(32, 32)), bind="tiles", on_fail="skip"),
            Do(touch(target="producers(tiles)", sizes=(Knob("size", (16, 32), 32), 8), count=Knob("n", (1, 2)))),
            Do(touch(target="tiles", sizes=Knob("both", ((8, 8), (16, 4), ()), (16, 4)), label="two words")),
            Alternatives(((Do(touch(target="it", deep=True, kind="dynamic")), deep), (Include("other"),))),
            Do(touch(target=Knob("where", ("maps", "producers(maps)")), mixed="1", either=(3,), names=("true", "é"))),
            Do(touch(target="maps", sizes=(Knob("size", (16, 32), 32),), either=3, grid=((1, 2), (), (3,)))),
        ),
        "What it is for.\n\n  # Not a comment.",
    )


def test_the_golden_recipe_is_written_as_ever(steps: dict[str, Any]) -> None:
    recipe = golden_recipe(steps["touch"])
    assert format_recipe(recipe) == GOLDEN.read_text(encoding="utf-8")
    assert parse_recipe(GOLDEN.read_text(encoding="utf-8"), steps) == recipe


def test_space_comments_and_indentation_mean_nothing(steps: dict[str, Any]) -> None:
    text = """
    # Before the header, too.
    recipe   r   # a header
    # A comment, "unbalanced
          touch\tmaps   label="a # b" # the rest
          #: Not a description, as it does not follow the header.

        alternatives {
      touch loops
    } or {
            }
    """
    touch = steps["touch"]
    body = (Do(touch(target="maps", label="a # b")), Alternatives(((Do(touch(target="loops")),), ())))
    assert parse_recipe(text, steps) == Recipe("r", body)


@pytest.mark.parametrize(
    ("word", "field", "value"),
    [
        ("sizes=32", "sizes", (32,)),
        ("sizes=32,", "sizes", (32,)),
        ("sizes=()", "sizes", ()),
        ("sizes=(1,2)", "sizes", (1, 2)),
        ("sizes=?k{1|2,3|(4)}", "sizes", Knob("k", ((1,), (2, 3), (4,)))),
        ("sizes=?k{1|2},", "sizes", (Knob("k", (1, 2)),)),
        ("sizes=?k{1|2}=2,?l{3|4}", "sizes", (Knob("k", (1, 2), 2), Knob("l", (3, 4)))),
        ("count=-3", "count", -3),
        ("ratio=1", "ratio", 1.0),
        ("ratio=1e-3", "ratio", 1e-3),
        ("deep=true", "deep", True),
        ("deep=?k{true|false}=false", "deep", Knob("k", (True, False), False)),
        ("label=i,j", "label", "i,j"),
        ("label=12", "label", "12"),
        ('label="?k{a}"', "label", "?k{a}"),
        ('label=?k{a|"b|c"}', "label", Knob("k", ("a", "b|c"))),
        ("mixed=12", "mixed", 12),
        ('mixed="12"', "mixed", "12"),
        ("mixed=none", "mixed", None),
        ("mixed=true", "mixed", True),
        ("mixed=word", "mixed", "word"),
        ("either=3", "either", 3),
        ("either=3,", "either", (3,)),
        ("names=a,b", "names", ("a", "b")),
        ("pair=1,x", "pair", (1, "x")),
        ("grid=(1,2),(3)", "grid", ((1, 2), (3,))),
        ("grid=(1,2),", "grid", ((1, 2),)),
    ],
)
def test_values_read_as_their_field_wants(word: str, field: str, value: Any, steps: dict[str, Any]) -> None:
    [do] = parse_recipe(f"recipe r\ntouch maps {word}", steps).body
    assert isinstance(do, Do)
    got = getattr(do.step, field)
    assert (type(got), got) == (type(value), value)
    assert parse_recipe(f"recipe r\n{format_step(do)}", steps).body == (do,)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "first line must be 'recipe NAME'"),
        ("touch maps", "first line must be 'recipe NAME'"),
        ("recipe", "first line must be 'recipe NAME'"),
        ("recipe r\ntuch maps", "Line 2 ('tuch maps'): There is no step 'tuch' (did you mean 'touch'?)"),
        ("recipe r\n\ntuch maps", "Line 3 ('tuch maps'): "),
        ("recipe r\nzzz", "steps are break, erase, refuse, schedule, spoil, touch."),
        ("recipe r\ntouch", "needs 'target' (a string)"),
        ("recipe r\ntouch maps cout=1", "no field 'cout' (did you mean 'count'?)"),
        ("recipe r\ntouch maps count=x", "Field 'count' of step 'touch': Expected an integer, but got 'x'."),
        ("recipe r\ntouch maps count=1.5", "Expected an integer, but got '1.5'"),
        ('recipe r\ntouch maps count="1"', "Expected an integer, but got '1'"),
        ("recipe r\ntouch maps count=true", "Expected an integer"),
        ("recipe r\ntouch maps count=", "Expected an integer"),
        ("recipe r\ntouch maps count=1 count=2", "sets 'count' twice"),
        ("recipe r\ntouch maps ratio=1e999", "Expected a finite number"),
        ("recipe r\ntouch maps sizes=1,x", "Expected an integer, but got 'x'"),
        ("recipe r\ntouch maps kind=odd", "one of 'static', 'dynamic'"),
        ("recipe r\ntouch maps pair=1", "Expected 2 entries, but got 1"),
        ("recipe r\ntouch maps count=?k{}", "Expected an integer"),
        ("recipe r\ntouch maps count=?k", "Expected a knob like"),
        ("recipe r\ntouch maps count=?k{1|1}", "lists an option twice"),
        ("recipe r\ntouch maps count=?k{?l{1}}", "a knob among its options"),
        ('recipe r\ntouch maps label="a', "quote is not closed"),
        ('recipe r\ntouch maps label="a"b"c"', "Expected a string in double quotes"),
        ("recipe r\ntouch maps loops", "but got 'loops'"),
        ("recipe r\ntouch maps as", "but got 'as'"),
        ("recipe r\ntouch maps as a as b", "sets 'as' twice"),
        ("recipe r\ntouch maps as a-b", "must be an identifier"),
        ("recipe r\ntouch maps on_fail=ignore", "'abort' or 'skip'"),
        ("recipe r\nspoil maps", "Step 'spoil' has no field 'target'"),
        ("recipe r\ninclude", "Expected 'include NAME'"),
        ("recipe r\nrecipe s", "Expected a step, 'include NAME'"),
        ("recipe r\nalternatives", "Expected a step, 'include NAME'"),
        ("recipe r\nalternatives {\ntouch maps", "Line 2 ('alternatives {'): Expected '}'"),
        ("recipe r\nalternatives {\n} else {\n}", "Line 3 ('} else {'): Expected '}' or '} or {'"),
        ("recipe r\n}", "nothing here to close"),
        ("recipe r\ntouch maps\n} or {", "Line 3 ('} or {'): There is nothing here to close"),
    ],
)
def test_what_is_no_recipe_is_refused_in_a_sentence(text: str, says: str, steps: dict[str, Any]) -> None:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text, steps)
    assert says in str(caught.value)


def test_a_recipe_cannot_reach_code(steps: dict[str, Any]) -> None:
    for name in ("os.system", "__import__", "dace_transfer.transformations.steps", "Touch"):
        with pytest.raises(RecipeError, match="There is no step"):
            parse_recipe(f"recipe r\n{name} maps", steps)
    [do] = parse_recipe("recipe r\ntouch maps label=__import__('os').abort()", steps).body
    assert isinstance(do, Do)
    assert getattr(do.step, "label") == "__import__('os').abort()"  # noqa: B009


def test_every_generated_recipe_survives_both_forms(steps: dict[str, Any], recipes: Any) -> None:
    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(recipe=recipes(steps))
    def survives(recipe: Recipe) -> None:
        assert parse_recipe(format_recipe(recipe), steps) == recipe
        assert from_json(to_json(recipe), steps) == recipe

    survives()


@pytest.mark.parametrize("name", sorted(STEPS))
def test_every_real_step_survives_both_forms(name: str, recipes: Any) -> None:
    @settings(max_examples=40, deadline=None, derandomize=True)
    @given(recipe=recipes({name: STEPS[name]}))
    def survives(recipe: Recipe) -> None:
        assert parse_recipe(format_recipe(recipe)) == recipe
        assert from_json(to_json(recipe)) == recipe

    survives()
