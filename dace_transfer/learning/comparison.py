"""All ways to choose donors, by name, and the comparison of them that `dace-transfer evaluate` shows.

A new one is a line in `NEAREST` or, when it looks for no neighbours, in `DONORS`. An encoder that is trained for each
fold is an `Encoding` that trains on the rows it is given; it should remember what it made of the same rows, since each
row of the table asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dace_transfer.database.store import Store
from dace_transfer.embeddings import SymbolicFeatures
from dace_transfer.errors import DaceTransferError
from dace_transfer.hardware import describe_cpu
from dace_transfer.learning.abstention import Abstaining, Risk, distance, doubt
from dace_transfer.learning.donors import Donor, Everywhere, Random
from dace_transfer.learning.evaluation import Row, evaluate
from dace_transfer.learning.neighbours import Neighbours
from dace_transfer.learning.profiles import Profiles, profiles_of
from dace_transfer.learning.rules import by_cover, by_mean, by_turns
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


def _features(sources: Sources) -> Encoding:
    return stored(sources.store, SymbolicFeatures(describe_cpu()).id, sources.profiles.digests)


def _tuners(name: str, encoding: Encoding) -> Neighbours:
    """Neighbours that donate as they do in the tuner."""
    return Neighbours(name, encoding, by_turns, faster_only=True)


# How much others weigh was chosen among 16 settings on the first 294 workloads of a survey. On those, "features-cover"
# recovered 4 points more than the portfolio at k=3; on 83 questions about workloads that came later, as much as it.
NEAREST: dict[str, Callable[[Sources], Neighbours]] = {
    "sizes": lambda sources: _tuners("sizes", only_sizes(_features(sources))),
    "features": lambda sources: _tuners("features", _features(sources)),
    "features-mean": lambda sources: Neighbours("features-mean", _features(sources), by_mean),
    "features-cover": lambda sources: Neighbours("features-cover", _features(sources), by_cover, others=0.2),
}
"""Those that look for neighbours; each is shown twice more, abstaining where one or the other risk is too high."""

RISKS: dict[str, Risk] = {"distance": distance, "doubt": doubt}


def _abstaining(name: str, risk: str) -> Callable[[Sources], Abstaining]:
    return lambda sources: Abstaining(f"{name}+{risk}", NEAREST[name](sources), RISKS[risk])


DONORS: dict[str, Callable[[Sources], Donor]] = {
    "random": lambda sources: Random("random", sources.seed),
    "fixed": lambda sources: Everywhere("fixed", by_mean),
    "portfolio": lambda sources: Everywhere("portfolio", by_cover),
    **NEAREST,
    **{f"{name}+{risk}": _abstaining(name, risk) for name in NEAREST for risk in RISKS},
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
