"""The graph neural network that embeds workloads, and heads that say what it should know about them.

A workload is read twice: the features of the whole (`SymbolicFeatures`) by a small network, its graph by message
passing with attention over edge features (GATv2, Brody et al., ICLR 2022) in pre-norm residual layers, read out by soft
attention, maximum and mean. It is smaller than the encoder of Performance Embeddings (Truemper et al., ICS 2023) and
sees no counters, names or absolute sizes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch_geometric.nn import GATv2Conv
from torch_geometric.nn.aggr import AttentionalAggregation, MaxAggregation, MeanAggregation

from dace_transfer.embeddings.features import FEATURES
from dace_transfer.embeddings.graph import EDGE_WIDTH, NODE_WIDTH, Graph
from dace_transfer.embeddings.shape import Shape

_LEAST_SPREAD = 1e-2  # Of a feature, so that one that hardly ever differs does not count for more than all others.
_RIDGE = 0.03  # Times the number of workloads: keeps run times of unusual workloads near the mean.


class Batch(NamedTuple):
    """Several graphs as one.

    Attributes:
        nodes: Features of `n` nodes, shape `(n, NODE_WIDTH)`.
        edges: Sources and destinations, shape `(2, e)`.
        attributes: Features of the edges, shape `(e, EDGE_WIDTH)`.
        features: Of the `g` whole workloads, shape `(g, len(FEATURES))`.
        owners: Which graph each node is of, shape `(n,)`.
        first: The node of each graph that is the workload, shape `(g,)`.
    """

    nodes: Tensor
    edges: Tensor
    attributes: Tensor
    features: Tensor
    owners: Tensor
    first: Tensor


class Prediction(NamedTuple):
    """What a network says of `n` workloads.

    Attributes:
        vectors: Embeddings, shape `(n, d)`; their Euclidean distance stands for transfer regret.
        gains: Base-2 logarithms of the speedup of each recipe, shape `(n, recipes)`.
        runtime: Base-2 logarithms of seconds under auto_optimize, shape `(n,)`.
    """

    vectors: Tensor
    gains: Tensor
    runtime: Tensor


class Ensemble(nn.Module):
    """Several encoders that are trained together, but know nothing of each other.

    Args:
        recipes: How many recipes the profile heads know.
        shape: How large it is.
    """

    def __init__(self, recipes: int, shape: Shape):
        super().__init__()
        self.shape = shape
        self.members = nn.ModuleList(GraphEncoder(recipes, shape) for _ in range(shape.members))

    def forward(self, batch: Batch) -> list[Prediction]:
        """What each member says of a batch of graphs."""
        return [member(batch) for member in self.members]

    def mean(self, batch: Batch) -> Prediction:
        """What they say together: a squared distance of their vectors is the mean of the members'."""
        vectors, gains, runtime = zip(*self(batch), strict=True)
        together = torch.cat(vectors, dim=-1) / len(vectors) ** 0.5
        return Prediction(together, torch.stack(gains).mean(0), torch.stack(runtime).mean(0))

    @property
    def dimension(self) -> int:
        """Of embeddings."""
        return self.shape.members * self.shape.vector

    def standardise(self, features: Tensor, runtime: Tensor) -> None:
        """Take workloads for what is usual.

        Args:
            features: Of the whole workloads, shape `(n, len(FEATURES))`.
            runtime: Base-2 logarithms of seconds, shape `(n,)`; NaN where that is not known.
        """
        for member in self.members:
            if isinstance(member, GraphEncoder):
                member.middle.copy_(features.mean(dim=0))
                member.spread.copy_(features.std(dim=0, correction=0).clamp_min(_LEAST_SPREAD))
                member.slopes.copy_(_ridge((features - member.middle) / member.spread, runtime))


class GraphEncoder(nn.Module):
    """Embeds graphs, and predicts gains and run times from the embedding.

    Args:
        recipes: How many recipes the profile head knows.
        shape: How large it is.
    """

    middle: Tensor
    spread: Tensor
    slopes: Tensor

    def __init__(self, recipes: int, shape: Shape):
        super().__init__()
        self.register_buffer("middle", torch.zeros(len(FEATURES)))
        self.register_buffer("spread", torch.ones(len(FEATURES)))
        self.register_buffer("slopes", torch.zeros(len(FEATURES) + 1))  # Of run time by feature, and what is usual.
        self.noise = shape.noise
        self.project = _narrowing(len(FEATURES), shape)
        self.reader = _Reader(shape) if shape.layers else None
        self.profile = _head(shape.vector, recipes)
        self.runtime = _head(shape.vector, 1)

    def forward(self, batch: Batch) -> Prediction:
        """Encode a batch of graphs."""
        features = (batch.features - self.middle) / self.spread
        usual = features @ self.slopes[:-1] + self.slopes[-1]
        nodes = batch.nodes
        if self.training:
            features = features + self.noise * torch.randn_like(features)
            nodes = nodes * (1.0 + self.noise * torch.randn_like(nodes))
        vectors = self.project(features)
        if self.reader is not None:
            vectors = torch.cat([vectors, self.reader(nodes, batch)], dim=-1)
        return Prediction(vectors, self.profile(vectors), usual + self.runtime(vectors).squeeze(-1))


class _Reader(nn.Module):
    """What the graph says."""

    def __init__(self, shape: Shape):
        super().__init__()
        width = shape.width
        self.enter = nn.Linear(NODE_WIDTH, width)
        self.layers = nn.ModuleList(_Layer(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(width)
        gate = nn.Sequential(nn.Linear(width, width // 2), nn.GELU(), nn.Linear(width // 2, 1))
        self.pools = nn.ModuleList((AttentionalAggregation(gate), MaxAggregation(), MeanAggregation()))
        self.leave = nn.Sequential(nn.Dropout(shape.dropout), *_narrowing(4 * width, shape))

    def forward(self, nodes: Tensor, batch: Batch) -> Tensor:
        nodes = self.enter(nodes)
        for layer in self.layers:
            nodes = layer(nodes, batch.edges, batch.attributes)
        nodes = self.norm(nodes)
        read = [pool(nodes, batch.owners, dim_size=len(batch.first)) for pool in self.pools]
        vectors: Tensor = self.leave(torch.cat([*read, nodes[batch.first]], dim=-1))
        return vectors


class _Layer(nn.Module):
    """Attention over neighbours, then a small network at each node; both add to what was there."""

    def __init__(self, shape: Shape):
        super().__init__()
        width = shape.width
        self.norms = nn.ModuleList((nn.LayerNorm(width), nn.LayerNorm(width)))
        self.attention = GATv2Conv(
            width, width // shape.heads, shape.heads, edge_dim=EDGE_WIDTH, add_self_loops=False, dropout=0.0
        )
        self.own = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(shape.dropout), nn.Linear(2 * width, width)
        )

    def forward(self, nodes: Tensor, edges: Tensor, attributes: Tensor) -> Tensor:
        nodes = nodes + self.attention(self.norms[0](nodes), edges, attributes)
        after: Tensor = nodes + self.own(self.norms[1](nodes))
        return after


def _ridge(features: Tensor, runtime: Tensor) -> Tensor:
    """How run time depends on each of `d` standardised features, and its mean, shape `(d + 1,)`; 0 if none is known."""
    known = ~runtime.isnan()
    if not known.any():
        return torch.zeros(features.shape[1] + 1)
    inputs, mean = features[known], runtime[known].mean()
    square = inputs.T @ inputs + _RIDGE * len(inputs) * torch.eye(inputs.shape[1])
    return torch.cat([torch.linalg.solve(square, inputs.T @ (runtime[known] - mean)), mean[None]])


def _narrowing(inputs: int, shape: Shape) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, shape.hidden), nn.GELU(), nn.Dropout(shape.dropout), nn.Linear(shape.hidden, shape.dimension)
    )


def _head(dimension: int, outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(dimension, 2 * dimension), nn.GELU(), nn.Linear(2 * dimension, outputs))


def batch_of(graphs: Sequence[Graph]) -> Batch:
    """Put graphs side by side as one that is not connected."""
    counts = [len(graph.nodes) for graph in graphs]
    first = np.cumsum([0, *counts[:-1]])
    edges = [graph.edges + begin for graph, begin in zip(graphs, first, strict=True)]
    return Batch(
        nodes=torch.from_numpy(np.concatenate([graph.nodes for graph in graphs])),
        edges=torch.from_numpy(np.concatenate(edges, axis=1)),
        attributes=torch.from_numpy(np.concatenate([graph.attributes for graph in graphs])),
        features=torch.from_numpy(np.stack([graph.features for graph in graphs])),
        owners=torch.from_numpy(np.repeat(np.arange(len(graphs)), counts)),
        first=torch.from_numpy(first),
    )
