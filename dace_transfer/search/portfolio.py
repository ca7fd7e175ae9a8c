"""Proposals from the shipped library: every named recipe that is meant to be tried by itself."""

from __future__ import annotations

from collections.abc import Mapping

from dace_transfer.search.proposal import Proposal
from dace_transfer.transformations import Knob, Recipe, fill, fill_defaults, knobs_of

BASELINE = "auto_optimize"


def portfolio_proposals(library: Mapping[str, Recipe]) -> list[Proposal]:
    """Return every recipe of a library but the baseline, with knobs at their defaults."""
    named = (recipe for name, recipe in sorted(library.items()) if name != BASELINE)
    return [Proposal(fill_defaults(recipe), "portfolio") for recipe in named]


def bank_proposals(library: Mapping[str, Recipe]) -> list[Proposal]:
    """Return the portfolio, and for every knob the shortest recipe that has it with each of its other values.

    These are the same recipes for every workload, so that what is best for one can be looked up for all others.
    """
    shortest: dict[str, tuple[Knob, Recipe]] = {}
    for recipe in sorted(library.values(), key=lambda recipe: (len(recipe.body), recipe.name)):
        for knob in knobs_of(recipe):
            shortest.setdefault(knob.name, (knob, recipe))
    turned = [
        Proposal(fill_defaults(fill(recipe, {knob.name: value})), "portfolio")
        for knob, recipe in shortest.values()
        for value in knob.options
        if value != knob.default
    ]
    return [*portfolio_proposals(library), *turned]
