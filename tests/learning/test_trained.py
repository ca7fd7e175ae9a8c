"""Encoders that are trained for every fold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dace_transfer.embeddings.features import FEATURES
from dace_transfer.embeddings.graph import EDGE_WIDTH, NODE_WIDTH, Graph
from dace_transfer.embeddings.shape import Shape
from dace_transfer.embeddings.training.settings import Settings
from dace_transfer.learning.donors import Everywhere
from dace_transfer.learning.evaluation import evaluate
from dace_transfer.learning.report import forecasts
from dace_transfer.learning.trained import PerFold, TrainedNeighbours
from dace_transfer.search.rules import by_cover

SETTINGS = Settings(shape=Shape(width=8, layers=1, heads=2, dimension=4, hidden=8, members=2), epochs=10)


def lone(mark: float) -> Graph:
    """A graph of one node."""
    nodes = np.zeros((1, NODE_WIDTH), np.float32)
    nodes[0, 3] = mark
    edges, attributes = np.zeros((2, 0), np.int64), np.zeros((0, EDGE_WIDTH), np.float32)
    return Graph(nodes, edges, attributes, np.full(len(FEATURES), mark, np.float32))


def test_training_hears_of_the_rows_it_is_given_only_and_is_done_once(two_kinds):
    graphs = [lone(float(row % 2)) for row in range(12)]
    graphs[11] = None
    encoding = PerFold(two_kinds, lambda: graphs, SETTINGS)
    first, others = np.arange(8), np.arange(2, 12)
    vectors = encoding(first)
    assert vectors.shape[0] == 12 and np.isnan(vectors[11]).all() and np.isfinite(vectors[:11]).all()
    assert encoding(np.arange(8)) is vectors
    assert not np.array_equal(encoding(others)[:11], vectors[:11])
    two_kinds.gains[9] *= -1.0
    assert np.array_equal(PerFold(two_kinds, lambda: graphs, SETTINGS)(first)[:11], vectors[:11])


def test_run_times_are_predicted_for_families_that_are_left_out(two_kinds):
    two_kinds.seconds[::2], two_kinds.seconds[0] = 0.5, np.nan
    graphs = [lone(float(row % 2)) for row in range(12)]
    encoding = PerFold(two_kinds, lambda: graphs, replace(SETTINGS, objective="runtime", epochs=150))
    donor = TrainedNeighbours("learnt", encoding, by_cover)
    rows = {row.donor: row for row in evaluate(two_kinds, [Everywhere("portfolio", by_cover), donor], count=2)}
    assert rows["learnt"].estimates["runtime_rank"].value > 0.8
    assert rows["learnt"].estimates["runtime_error"].value < 2.0
    assert "runtime_rank" not in rows["portfolio"].estimates
    [line] = forecasts(list(rows.values()))
    assert line.startswith("learnt predicts")
