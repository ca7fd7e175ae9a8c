"""Encodings by graph neural networks that are trained for every fold, on nothing of the families left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dace_transfer.database.records import Vector, WorkloadRecord
from dace_transfer.database.store import Store
from dace_transfer.database.workloads import workload_in
from dace_transfer.embeddings.graph import Graph, graph_of
from dace_transfer.errors import DaceTransferError
from dace_transfer.hardware import describe_cpu
from dace_transfer.learning.profiles import Profiles, Rows


@dataclass(frozen=True, eq=False)
class PerFold:
    """An `Encoding` that trains on the rows it is given, and remembers what it made of them.

    Attributes:
        profiles: What is learnt.
        graphs: Draws a graph of each workload, None where it cannot be encoded.
        objective: One of `embeddings.training.OBJECTIVES`.
        seed: Of weights and batches.
    """

    profiles: Profiles
    graphs: Callable[[], Sequence[Graph | None]]
    objective: str
    seed: int = 0
    _made: dict[bytes, Vector] = field(default_factory=dict)

    def __call__(self, train: Rows) -> Vector:
        key = train.tobytes()
        if key not in self._made:
            self._made[key] = self._encode(train)
        return self._made[key]

    def _encode(self, train: Rows) -> Vector:
        # torch takes seconds to load, and no other donor needs it.
        from dace_transfer.embeddings.training import Examples, Settings, vectors_of
        from dace_transfer.embeddings.training import train as fit

        drawn = self.graphs()
        known = [row for row, graph in enumerate(drawn) if graph is not None]
        graphs = [graph for graph in drawn if graph is not None]
        gains = self.profiles.benefits(np.array(known, np.intp)).astype(np.float32)
        runtime = np.log2(self.profiles.seconds[known]).astype(np.float32)
        examples = Examples(graphs, gains, runtime, _kin(self.profiles, known))
        learnt = [place for place, row in enumerate(known) if row in set(train.tolist())]
        fitted = fit(examples.only(learnt), settings=Settings(objective=self.objective, seed=self.seed))
        found = vectors_of(fitted.model, graphs)
        vectors = np.full((len(drawn), found.shape[1]), np.nan, np.float32)
        vectors[known] = found
        return vectors


def _kin(profiles: Profiles, rows: Sequence[int]) -> NDArray[np.bool_]:
    """Whether two workloads share a family, shape `(len(rows), len(rows))`."""
    families = sorted({family for row in rows for family in profiles.families[row]})
    member = np.array([[family in profiles.families[row] for family in families] for row in rows], np.int64)
    return (member @ member.T) > 0


def graphs_of(store: Store, digests: Sequence[str]) -> list[Graph | None]:
    """Draw the graphs of workloads; None for those that cannot be encoded."""
    target = describe_cpu()
    records = {record.digest: record for record in store.records(WorkloadRecord)}

    def draw(record: WorkloadRecord) -> Graph | None:
        try:
            return graph_of(workload_in(record), target)
        except DaceTransferError:
            return None

    return [draw(records[digest]) for digest in digests]
