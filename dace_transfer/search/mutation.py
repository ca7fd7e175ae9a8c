"""Proposals that vary the knobs of what has worked."""

from __future__ import annotations

import random
from collections.abc import Collection

from dace_transfer.search.proposal import Proposal
from dace_transfer.transformations import Recipe, fill, knobs_of


def mutations(template: Recipe, seen: Collection[str], count: int, seed: int) -> list[Proposal]:
    """Return at most `count` fillings of a recipe's knobs whose ids are not in `seen`, at random."""
    rng = random.Random(seed)
    knobs = knobs_of(template)
    found: dict[str, Proposal] = {}
    for _ in range(20 * count if knobs else 0):
        filled = fill(template, {knob.name: rng.choice(knob.options) for knob in knobs})
        if filled.id not in seen and filled.id not in found:
            found[filled.id] = Proposal(filled, "mutation")
        if len(found) == count:
            break
    return list(found.values())
