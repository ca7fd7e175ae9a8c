"""All ways to choose donors, by name, and the comparison of them that `dace-transfer evaluate` shows.

A new one is a line in `NEAREST` or, when it looks for no neighbours, in `QUICK`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from dace_transfer.database.store import Store
from dace_transfer.embeddings import SymbolicFeatures
from dace_transfer.embeddings.graph import Graph
from dace_transfer.embeddings.shape import Shape
from dace_transfer.embeddings.training.settings import Settings
from dace_transfer.errors import DaceTransferError
from dace_transfer.hardware import describe_cpu
from dace_transfer.learning.abstention import Abstaining, Checked, Risk, distance, doubt
from dace_transfer.learning.adaptive import Adaptive
from dace_transfer.learning.donors import Donor, Everywhere, Random
from dace_transfer.learning.evaluation import Row, evaluate
from dace_transfer.learning.neighbours import Neighbours
from dace_transfer.learning.profiles import Profiles, profiles_of
from dace_transfer.learning.trained import PerFold, Progress, TrainedNeighbours, graphs_of
from dace_transfer.learning.vectors import Encoding, only_sizes, stored
from dace_transfer.search.rules import by_cover, by_mean, by_turns


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

    @cached_property
    def graphs(self) -> list[Graph | None]:
        """Of each workload, None where it cannot be encoded."""
        return graphs_of(self.store, self.profiles.digests)

    @cached_property
    def features(self) -> Encoding:
        """The stored vectors of `SymbolicFeatures`."""
        return stored(self.store, SymbolicFeatures(describe_cpu()).id, self.profiles.digests)


def _trained(name: str, settings: Settings) -> Callable[[Sources], TrainedNeighbours]:
    def make(sources: Sources) -> TrainedNeighbours:
        return trained(name, sources, replace(settings, seed=sources.seed))

    return make


def trained(name: str, sources: Sources, settings: Settings, progress: Progress | None = None) -> TrainedNeighbours:
    """Return the donor by an encoder that is trained anew for every fold."""
    encoding = PerFold(sources.profiles, lambda: sources.graphs, settings, progress)
    return TrainedNeighbours(name, encoding, by_cover)


NEAREST: dict[str, Callable[[Sources], Neighbours]] = {
    "sizes": lambda sources: Neighbours("sizes", only_sizes(sources.features), by_cover),
    "features": lambda sources: Neighbours("features", sources.features, by_cover),
    "features-turns": lambda sources: Neighbours(
        "features-turns", sources.features, by_turns, count=8, faster_only=True
    ),
}
"""Those that look for neighbours; each is shown twice more, abstaining where one or the other risk is too high."""

TRAINED: dict[str, Callable[[Sources], Neighbours]] = {
    "features-learnt": _trained("features-learnt", Settings(shape=Shape(layers=0))),
    "gnn-runtime": _trained("gnn-runtime", Settings("runtime")),
    "gnn-regret": _trained("gnn-regret", Settings("regret")),
}
"""Those that are trained for every fold, which takes minutes, so that they are only compared when they are asked for;
"features-learnt" reads no graphs."""

RISKS: dict[str, Risk] = {"distance": distance, "doubt": doubt}


def _abstaining(name: str, risk: str) -> Callable[[Sources], Abstaining]:
    return lambda sources: Abstaining(f"{name}+{risk}", NEAREST[name](sources), RISKS[risk])


def _checked(name: str, tolerated: float) -> Callable[[Sources], Checked]:
    return lambda sources: Checked(name, NEAREST["features"](sources), tolerated)


QUICK: dict[str, Callable[[Sources], Donor]] = {
    "random": lambda sources: Random("random", sources.seed),
    "fixed": lambda sources: Everywhere("fixed", by_mean),
    "portfolio": lambda sources: Everywhere("portfolio", by_cover),
    **NEAREST,
    "features+answers": lambda sources: Adaptive("features+answers", sources.features),
    **{f"{name}+{risk}": _abstaining(name, risk) for name in NEAREST for risk in RISKS},
    "features+runs": _checked("features+runs", tolerated=1.0),
    "transfer": _checked("transfer", tolerated=0.05),
}
"""Those that are compared when none are asked for."""

DONORS: dict[str, Callable[[Sources], Donor]] = {**QUICK, **TRAINED}


def compare(store: Store, names: Sequence[str] = (), *, count: int | None = None, seed: int = 0) -> list[Row]:
    """Evaluate the donors of these names, all quick ones when there are none, on what a database holds.

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
    donors = [DONORS[name](sources) for name in names or QUICK]
    return evaluate(sources.profiles, donors, count=count, seed=seed)
