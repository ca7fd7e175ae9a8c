"""Encoders that are trained for every fold."""

from __future__ import annotations

import numpy as np

from dace_transfer.embeddings.graph import EDGE_WIDTH, NODE_WIDTH, Graph
from dace_transfer.learning.trained import PerFold


def lone(mark: float) -> Graph:
    """A graph of one node."""
    nodes = np.zeros((1, NODE_WIDTH), np.float32)
    nodes[0, 3] = mark
    return Graph(nodes, np.zeros((2, 0), np.int64), np.zeros((0, EDGE_WIDTH), np.float32))


def test_training_hears_of_the_rows_it_is_given_only_and_is_done_once(two_kinds):
    graphs = [lone(float(row % 2)) for row in range(12)]
    graphs[11] = None
    encoding = PerFold(two_kinds, lambda: graphs, "regret")
    first, others = np.arange(8), np.arange(2, 12)
    vectors = encoding(first)
    assert vectors.shape[0] == 12 and np.isnan(vectors[11]).all() and np.isfinite(vectors[:11]).all()
    assert encoding(np.arange(8)) is vectors
    assert not np.array_equal(encoding(others)[:11], vectors[:11])
    two_kinds.gains[9] *= -1.0
    assert np.array_equal(PerFold(two_kinds, lambda: graphs, "regret")(first)[:11], vectors[:11])
