"""The shipped recipes and the table of steps."""

from __future__ import annotations

import contextlib
import dataclasses
import subprocess
import sys
from pathlib import Path

import dace
import pytest

from dace_transfer.errors import RecipeError
from dace_transfer.transformations import (
    STEPS,
    Recipe,
    RecipeNotApplicableError,
    apply,
    check,
    fill_defaults,
    format_recipe,
    load_library,
    parse_recipe,
    shipped,
)
from dace_transfer.transformations.text import KEYWORDS
from dace_transfer.transformations.values import arms, field_hints


@pytest.mark.parametrize("name", sorted(load_library()))
def test_a_shipped_recipe_is_sound(name: str) -> None:
    recipe = load_library()[name]
    check(recipe, {})
    assert recipe.name == name
    assert recipe.description
    assert recipe.id == parse_recipe(format_recipe(recipe)).id


def test_a_file_is_named_as_its_recipe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    monkeypatch.setattr(shipped.resources, "files", lambda package: tmp_path)
    load = shipped.load_library.__wrapped__
    (tmp_path / "library" / "notes.txt").write_text("Not a recipe.")
    (tmp_path / "library" / "a.recipe").write_text("recipe a\ninclude b\n")
    (tmp_path / "library" / "b.recipe").write_text("recipe b\n")
    assert load() == {"a": Recipe("a", ()), "b": Recipe("b", ())}
    (tmp_path / "library" / "b.recipe").write_text("recipe c\n")
    with pytest.raises(RecipeError, match=r"'b.recipe' .* holds recipe 'c'"):
        load()
    (tmp_path / "library" / "b.recipe").write_text("nonsense")
    with pytest.raises(RecipeError, match=r"'b.recipe' .*first line must be"):
        load()


@pytest.mark.parametrize("name", sorted(STEPS))
def test_a_step_is_plain_data(name: str) -> None:
    cls = STEPS[name]
    assert cls.name == name
    assert name not in KEYWORDS
    assert dataclasses.is_dataclass(cls)
    assert cls.__dataclass_params__.frozen
    assert "on_fail" not in field_hints(cls)
    assert all(str in arms(hint) for field, hint in field_hints(cls).items() if field == "target")
    assert cls.__doc__ and "Before: " in cls.__doc__ and "After" in cls.__doc__


def test_importing_the_room_leaves_torch_alone() -> None:
    code = "import sys, dace_transfer.transformations; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0


@pytest.mark.parametrize("name", sorted(load_library()))
def test_a_shipped_recipe_never_breaks(name: str, sdfg: dace.SDFG) -> None:
    before = sdfg.to_json(hash=False)
    with contextlib.suppress(RecipeNotApplicableError):
        apply(fill_defaults(load_library()[name]), sdfg)
    assert sdfg.to_json(hash=False) == before


def test_sequential_leaves_no_parallel_map(sdfg: dace.SDFG) -> None:
    applied = apply(fill_defaults(load_library()["sequential"]), sdfg)
    maps = [node.map for node, _ in applied.sdfg.all_nodes_recursive() if isinstance(node, dace.nodes.MapEntry)]
    assert len(maps) == 10
    assert all(scope.schedule is dace.ScheduleType.Sequential for scope in maps)
