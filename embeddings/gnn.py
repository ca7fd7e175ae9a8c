"""The graph neural network that embeds workloads, and heads that say what it should know about them.

Message passing with attention over edge features (GATv2, Brody et al., ICLR 2022) in pre-norm residual layers, read
out by soft attention, maximum and mean. It is smaller than the encoder of Performance Embeddings (Truemper et al.,
ICS 2023) and sees no counters, names or absolute sizes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch_geometric.data import Batch, Data
from torch_geometric.nn import GATv2Conv
from torch_geometric.nn.aggr import AttentionalAggregation, MaxAggregation, MeanAggregation

from dace_transfer.embeddings.graph import EDGE_WIDTH, NODE_WIDTH, Graph


@dataclass(frozen=True)
class Shape:
    """How large a network is.

    Attributes:
        width: Numbers per node and layer, a multiple of `heads`.
        layers: Of message passing: how far apart nodes may be that know of each other.
        heads: Of attention.
        dimension: Of an embedding.
        dropout: Share of numbers left out while training.
    """

    width: int = 64
    layers: int = 3
    heads: int = 4
    dimension: int = 32
    dropout: float = 0.2


class Prediction(NamedTuple):
    """What the network says of `n` workloads.

    Attributes:
        vectors: Embeddings, shape `(n, dimension)`; their Euclidean distance stands for transfer regret.
        gains: Base-2 logarithms of the speedup of each recipe, shape `(n, recipes)`.
        runtime: Base-2 logarithms of seconds under auto_optimize, shape `(n,)`.
    """

    vectors: Tensor
    gains: Tensor
    runtime: Tensor


class GraphEncoder(nn.Module):
    """Embeds graphs, and predicts gains and run times from the embedding.

    Args:
        recipes: How many recipes the profile head knows.
        shape: How large it is.
    """

    def __init__(self, recipes: int, shape: Shape = Shape()):
        super().__init__()
        width, self.dimension = shape.width, shape.dimension
        self.enter = nn.Linear(NODE_WIDTH, width)
        self.layers = nn.ModuleList(_Layer(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(width)
        gate = nn.Sequential(nn.Linear(width, width // 2), nn.GELU(), nn.Linear(width // 2, 1))
        self.pools = nn.ModuleList((AttentionalAggregation(gate), MaxAggregation(), MeanAggregation()))
        self.leave = nn.Sequential(
            nn.Linear(4 * width, 2 * width), nn.GELU(), nn.Dropout(shape.dropout), nn.Linear(2 * width, shape.dimension)
        )
        self.profile = _head(shape.dimension, recipes)
        self.runtime = _head(shape.dimension, 1)

    def forward(self, batch: Batch) -> Prediction:
        """Encode a batch of graphs."""
        vectors = self.embed(batch)
        return Prediction(vectors, self.profile(vectors), self.runtime(vectors).squeeze(-1))

    def embed(self, batch: Batch) -> Tensor:
        """Only the embeddings."""
        nodes = self.enter(batch.x)
        for layer in self.layers:
            nodes = layer(nodes, batch.edge_index, batch.edge_attr)
        nodes = self.norm(nodes)
        read = [pool(nodes, batch.batch, dim_size=batch.num_graphs) for pool in self.pools]
        vectors: Tensor = self.leave(torch.cat([*read, nodes[batch.ptr[:-1]]], dim=-1))
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


def _head(dimension: int, outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(dimension, 2 * dimension), nn.GELU(), nn.Linear(2 * dimension, outputs))


def batch_of(graphs: Sequence[Graph]) -> Batch:
    """Put graphs together as PyTorch Geometric wants them."""
    return Batch.from_data_list(
        [
            Data(
                x=torch.from_numpy(graph.nodes),
                edge_index=torch.from_numpy(graph.edges),
                edge_attr=torch.from_numpy(graph.attributes),
            )
            for graph in graphs
        ]
    )
