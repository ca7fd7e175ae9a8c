"""Proposals from the shipped library: every named recipe that is meant to be tried by itself."""

from __future__ import annotations

from dace_transfer.search.proposal import Proposal
from dace_transfer.transformations import fill, knobs_of, load_library

BASELINE = "auto_optimize"


def portfolio_proposals() -> list[Proposal]:
    """Return every recipe of the library but the baseline, with knobs at their defaults."""
    library = load_library()
    named = (recipe for name, recipe in sorted(library.items()) if name != BASELINE)
    return [Proposal(fill(recipe, {k.name: k.default for k in knobs_of(recipe)}), "portfolio") for recipe in named]
