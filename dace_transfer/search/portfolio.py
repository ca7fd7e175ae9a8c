"""Proposals from the shipped library: every named recipe that is meant to be tried by itself."""

from __future__ import annotations

from collections.abc import Mapping

from dace_transfer.search.proposal import Proposal
from dace_transfer.transformations import Recipe, fill_defaults

BASELINE = "auto_optimize"


def portfolio_proposals(library: Mapping[str, Recipe]) -> list[Proposal]:
    """Return every recipe of a library but the baseline, with knobs at their defaults."""
    named = (recipe for name, recipe in sorted(library.items()) if name != BASELINE)
    return [Proposal(fill_defaults(recipe), "portfolio") for recipe in named]
