"""All ways to choose donors, by name, and the comparison of them that `dace-transfer evaluate` shows.

A new one is a line in `DONORS`. An encoder that is trained for each fold is an `Encoding` that trains on the rows it is
given; it should remember what it made of the same rows, since both rows of the table that `_near` makes ask for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from dace_transfer.database.store import Store
from dace_transfer.embeddings import SymbolicFeatures
from dace_transfer.errors import DaceTransferError
from dace_transfer.hardware import describe_cpu
from dace_transfer.learning.donors import Donor, Everywhere, Random
from dace_transfer.learning.evaluation import Row, evaluate
from dace_transfer.learning.neighbours import Abstaining, Neighbours
from dace_transfer.learning.profiles import Profiles, profiles_of
from dace_transfer.learning.rules import Rule, by_cover, by_mean, by_turns
from dace_transfer.learning.vectors import Encoding, only_sizes, stored


@dataclass(frozen=True, eq=False)
class Sources:
    """What donors are made of.

    Attributes:
        store: The database.
        profiles: The outcomes in it.
        seed: Of all that is drawn.
    """

    store: Store
    profiles: Profiles
    seed: int = 0


Maker: TypeAlias = Callable[[Sources], Donor]


def _near(
    name: str, encoding: Callable[[Sources], Encoding], rule: Rule, faster_only: bool = False
) -> dict[str, Maker]:
    """Two rows: nearest neighbours, and the same with auto_optimize kept where none is near enough."""

    def make(sources: Sources) -> Neighbours:
        return Neighbours(name, encoding(sources), rule, faster_only)

    return {name: make, f"{name}+abstention": lambda sources: Abstaining(make(sources))}


def _features(sources: Sources) -> Encoding:
    return stored(sources.store, SymbolicFeatures(describe_cpu()).id, sources.profiles.digests)


def _sizes(sources: Sources) -> Encoding:
    return only_sizes(_features(sources))


DONORS: dict[str, Maker] = {
    "random": lambda sources: Random("random", sources.seed),
    "fixed": lambda sources: Everywhere("fixed", by_mean),
    "portfolio": lambda sources: Everywhere("portfolio", by_cover),
    **_near("sizes", _sizes, by_turns, faster_only=True),
    **_near("features", _features, by_turns, faster_only=True),
    **_near("features-mean", _features, by_mean),
    **_near("features-cover", _features, by_cover),
}


def compare(store: Store, names: Sequence[str] = (), *, count: int | None = None, seed: int = 0) -> list[Row]:
    """Evaluate the donors of these names, all when there are none, on what a database holds.

    Args:
        store: The database.
        names: Keys of `DONORS`.
        count: Folds of families; one for each family when it is None.
        seed: Of all that is drawn.

    Raises:
        DaceTransferError: A name is unknown, or the database lacks what is needed.
    """
    unknown = [name for name in names if name not in DONORS]
    if unknown:
        raise DaceTransferError(f"The donors are {', '.join(DONORS)}; got {', '.join(map(repr, unknown))}.")
    sources = Sources(store, profiles_of(store), seed)
    donors = [DONORS[name](sources) for name in names or DONORS]
    return evaluate(sources.profiles, donors, count=count, seed=seed)
