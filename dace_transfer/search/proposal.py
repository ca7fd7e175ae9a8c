"""A recipe worth trying on a workload, and why."""

from __future__ import annotations

from dataclasses import dataclass

from dace_transfer.transformations import Recipe


@dataclass(frozen=True)
class Proposal:
    """A recipe with where it came from.

    Attributes:
        recipe: All knobs filled.
        origin: "exact" (this very workload), "neighbour", "portfolio" or "mutation".
        donor: Digest of the workload it was good for, "" where there is none.
        donor_program: A program the donor occurs in.
        distance: Distance of the donor, None where there is none.
        doubt: From -1 to 1, share of the near workloads that it made slower, less the share that it made faster; None
            where no neighbours were asked.
    """

    recipe: Recipe
    origin: str
    donor: str = ""
    donor_program: str = ""
    distance: float | None = None
    doubt: float | None = None
