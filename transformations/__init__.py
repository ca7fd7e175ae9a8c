"""What can be done to an SDFG: steps, recipes made of them, their text and JSON forms, and how to apply them."""

from __future__ import annotations

from dace_transfer.transformations.apply import Applied, Workbench, apply
from dace_transfer.transformations.check import check
from dace_transfer.transformations.json_form import from_json, to_json
from dace_transfer.transformations.knobs import Knob
from dace_transfer.transformations.recipe import SCHEMA_VERSION, Alternatives, Do, Include, Item, Recipe
from dace_transfer.transformations.rewriting import expand, fill, fill_defaults, knobs_of
from dace_transfer.transformations.shipped import load_library
from dace_transfer.transformations.steps import STEPS
from dace_transfer.transformations.steps.base import Done, Handle, Step
from dace_transfer.transformations.text import format_recipe, format_step, parse_recipe
from dace_transfer.transformations.trace import RecipeFailedError, RecipeNotApplicableError, TraceEntry

__all__ = [
    "SCHEMA_VERSION",
    "STEPS",
    "Alternatives",
    "Applied",
    "Do",
    "Done",
    "Handle",
    "Include",
    "Item",
    "Knob",
    "Recipe",
    "RecipeFailedError",
    "RecipeNotApplicableError",
    "Step",
    "TraceEntry",
    "Workbench",
    "apply",
    "check",
    "expand",
    "fill",
    "fill_defaults",
    "format_recipe",
    "format_step",
    "from_json",
    "knobs_of",
    "load_library",
    "parse_recipe",
    "to_json",
]
