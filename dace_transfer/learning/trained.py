"""Encodings by networks that are trained for every fold, on nothing of the families left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dace_transfer.database.records import Vector, WorkloadRecord
from dace_transfer.database.store import Store
from dace_transfer.database.workloads import once_each, workload_in
from dace_transfer.embeddings.graph import Graph, graph_of
from dace_transfer.embeddings.training.examples import Examples
from dace_transfer.embeddings.training.settings import Settings
from dace_transfer.errors import DaceTransferError
from dace_transfer.hardware import describe_cpu
from dace_transfer.learning.neighbours import Neighbours
from dace_transfer.learning.profiles import Profiles, Rows
from dace_transfer.search.rules import Gains

Progress: TypeAlias = Callable[[int, float, float], None]
"""Hears of every epoch; see `embeddings.training.trainer`."""


@dataclass(frozen=True, eq=False)
class PerFold:
    """An `Encoding` that trains on the rows it is given, and remembers what came of it.

    Attributes:
        profiles: What is learnt.
        graphs: Draws a graph of each workload, None where it cannot be encoded.
        settings: How.
        progress: Hears of every epoch of every fold.
    """

    profiles: Profiles
    graphs: Callable[[], Sequence[Graph | None]]
    settings: Settings
    progress: Progress | None = None
    _said: dict[bytes, tuple[Vector, Gains]] = field(default_factory=dict)

    def __call__(self, train: Rows) -> Vector:
        return self._trained(train)[0]

    def runtime(self, train: Rows) -> Gains:
        """Base-2 logarithms of predicted seconds under auto_optimize, shape `(n,)`; NaN where there is no graph."""
        return self._trained(train)[1]

    def _trained(self, train: Rows) -> tuple[Vector, Gains]:
        key = train.tobytes()
        if key not in self._said:
            self._said[key] = self._train(train)
        return self._said[key]

    def _train(self, train: Rows) -> tuple[Vector, Gains]:
        # torch takes seconds to load, and no other donor needs it.
        from dace_transfer.embeddings.training.trainer import predict
        from dace_transfer.embeddings.training.trainer import train as fit

        drawn = self.graphs()
        examples = examples_of(self.profiles, drawn, train)
        said = predict(fit(examples, self.settings, progress=self.progress).model, [g for g in drawn if g is not None])
        known = [graph is not None for graph in drawn]
        return _spread(said.vectors.numpy(), known), _spread(said.runtime.numpy(), known)


@dataclass(frozen=True)
class TrainedNeighbours(Neighbours):
    """Neighbours by an encoding that is trained for every fold, which says how long workloads take as well."""

    encoding: PerFold

    def forecast(self, train: Rows) -> Gains:
        return self.encoding.runtime(train)


def examples_of(profiles: Profiles, graphs: Sequence[Graph | None], rows: Rows) -> Examples:
    """What is known about those of some workloads that have a graph."""
    known = [row for row in rows.tolist() if graphs[row] is not None]
    drawn = [graph for row in known if (graph := graphs[row]) is not None]
    gains = profiles.benefits(np.array(known, np.intp)).astype(np.float32)
    return Examples(drawn, gains, np.log2(profiles.seconds[known]).astype(np.float32), _kin(profiles, known))


def _spread(values: NDArray[Any], known: Sequence[bool]) -> NDArray[Any]:
    """Values of the known workloads among those of all, which are NaN."""
    everywhere = np.full((len(known), *values.shape[1:]), np.nan, values.dtype)
    everywhere[list(known)] = values
    return everywhere


def _kin(profiles: Profiles, rows: Sequence[int]) -> NDArray[np.bool_]:
    """Whether two workloads share a family, shape `(len(rows), len(rows))`."""
    families = sorted({family for row in rows for family in profiles.families[row]})
    member = np.array([[family in profiles.families[row] for family in families] for row in rows], np.int64)
    return (member @ member.T) > 0


def graphs_of(store: Store, digests: Sequence[str]) -> list[Graph | None]:
    """Draw the graphs of workloads; None for those that cannot be encoded."""
    target = describe_cpu()
    records = once_each(store)

    def draw(record: WorkloadRecord) -> Graph | None:
        try:
            return graph_of(workload_in(record), target)
        except DaceTransferError:
            return None

    return [draw(records[digest]) for digest in digests]
