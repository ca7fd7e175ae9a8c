"""The JSON form: what is written, older and newer versions, and malformed content."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dace_transfer.errors import RecipeError
from dace_transfer.transformations import SCHEMA_VERSION, from_json, parse_recipe, to_json

TEXT = """recipe r
#: Described.
touch maps sizes=?k{16|32}=32,8 as a on_fail=skip
alternatives {
  include other
} or {
}
"""
WRITTEN = {
    "schema": 1,
    "name": "r",
    "description": "Described.",
    "body": [
        {
            "step": "touch",
            "fields": {"target": "maps", "sizes": [{"knob": "k", "options": [16, 32], "default": 32}, 8]},
            "as": "a",
            "on_fail": "skip",
        },
        {"alternatives": [[{"include": "other"}], []]},
    ],
}


def test_this_is_what_is_written(steps: dict[str, Any]) -> None:
    assert to_json(parse_recipe(TEXT, steps)) == WRITTEN
    assert from_json(json.loads(json.dumps(WRITTEN)), steps) == parse_recipe(TEXT, steps)


def test_fields_at_their_default_are_left_out(steps: dict[str, Any]) -> None:
    recipe = parse_recipe("recipe r\ntouch maps count=1 ratio=0.5 deep=false", steps)
    assert to_json(recipe)["body"] == [{"step": "touch", "fields": {"target": "maps"}}]


def test_older_versions_are_upgraded_step_by_step(steps: dict[str, Any]) -> None:
    oldest = {"schema": SCHEMA_VERSION - 2, "name": "r", "lines": ["touch"]}
    upgraders = {
        SCHEMA_VERSION - 2: lambda old: {"name": old["name"], "steps": [{"step": s} for s in old["lines"]]},
        SCHEMA_VERSION - 1: lambda old: {
            "name": old["name"],
            "body": [{**step, "fields": {"target": "maps"}} for step in old["steps"]],
        },
    }
    assert from_json(oldest, steps, upgraders) == parse_recipe("recipe r\ntouch maps", steps)


@pytest.mark.parametrize("version", [SCHEMA_VERSION + 1, 0, None, "1", True])
def test_other_versions_are_refused(version: Any) -> None:
    with pytest.raises(RecipeError, match="schema version 1"):
        from_json({**WRITTEN, "schema": version})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": 3}, "a recipe's name to be a string, but got 3"),
        ({"name": None}, "a recipe's name"),
        ({"body": None}, "Expected a list of steps"),
        ({"body": ["touch"]}, "Expected a step to be an object"),
        ({"body": [{"step": "tuch"}]}, "did you mean 'touch'"),
        ({"body": [{}]}, "a step's name"),
        ({"body": [{"step": "touch"}]}, "needs 'target'"),
        ({"body": [{"step": "touch", "fields": {"target": "maps", "count": "1"}}]}, "Expected an integer"),
        ({"body": [{"step": "touch", "fields": {"target": {"knob": "k"}}}]}, "Expected a knob"),
        ({"body": [{"step": "touch", "fields": {"target": {"knob": "k", "options": 3}}}]}, "its options a list"),
        ({"body": [{"step": "touch", "fields": {"target": "maps"}, "on": "skip"}]}, "but got on"),
        ({"body": [{"step": "touch", "fields": {"target": "maps"}, "on_fail": "go"}]}, "'abort' or 'skip'"),
        ({"body": [{"step": "touch", "fields": {"target": "nowhere"}}]}, "unknown role 'nowhere'"),
        ({"body": [{"include": "a", "step": "touch"}]}, "but got step"),
        ({"body": [{"alternatives": 3}]}, "Expected a list of alternatives"),
        ({"body": [{"alternatives": []}]}, "at least one branch"),
        ({"import": "os"}, "but got import"),
    ],
)
def test_malformed_content_is_refused(change: dict[str, Any], says: str, steps: dict[str, Any]) -> None:
    with pytest.raises(RecipeError) as caught:
        from_json({**WRITTEN, **change}, steps)
    assert says in str(caught.value)


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(RecipeError, match="a recipe to be an object"):
        from_json([WRITTEN])  # type: ignore[arg-type]
