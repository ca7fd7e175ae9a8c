"""What verification's runs must show of a neighbour's recipe: the more, the less its neighbours can be trusted."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from dace_transfer.search.rules import WORTHWHILE

SHIPPED = Path(__file__).with_name("trust.json")
CLEARLY = math.log2(1.2)
"""Ratios of two surveys of the same recipes on one machine, beside other work, differed by more in one of six cases."""

VERIFIED = 3
"""Recipes of neighbours that mode `transfer` verifies."""


@dataclass(frozen=True)
class Trust:
    """A limit on doubt, and what it was fitted on.

    Attributes:
        limit: Where recipes with as much doubt have to be clearly faster, mode `transfer` makes at most the tolerated
            share of workloads slower; infinite where none have to be.
        tolerated: Share of workloads.
        encoder: Id of the encoder that neighbours were found by.
        workloads: Workloads that it was fitted on.
        families: Their families, each of which was left out once.
        newest: Time of the newest outcome that was known.
    """

    limit: float
    tolerated: float
    encoder: str
    workloads: int
    families: int
    newest: str

    def asks(self, doubt: float) -> float:
        """The gain (base-2 logarithm) that runs must exceed for a recipe of so much doubt to be used."""
        return asked_of(doubt, self.limit)

    def to_json(self) -> str:
        """Everything as JSON text."""
        return json.dumps(asdict(self), indent=1) + "\n"


def asked_of(doubt: float, limit: float) -> float:
    """Return the gain that verification's runs must exceed; more where there is as much doubt as the limit or more."""
    return WORTHWHILE if doubt < limit else CLEARLY


@cache
def shipped_trust() -> Trust:
    """Return what was fitted on the shipped records."""
    return Trust(**json.loads(SHIPPED.read_text()))
