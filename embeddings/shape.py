"""How large a network is; apart from the network, since torch takes seconds to load."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """How large a network is, and what keeps it from learning workloads by heart.

    Attributes:
        width: Numbers per node and layer, a multiple of `heads`.
        layers: Of message passing: how far apart nodes may be that know of each other. With 0 the graph is not read.
        heads: Of attention.
        dimension: Of what is made of the features, and of what is made of the graph.
        hidden: Numbers in between.
        dropout: Share of numbers left out while training.
        noise: What is added to inputs while training, as a share of their spread.
        members: Networks that are trained alike from other weights; an embedding is all of theirs.
    """

    width: int = 32
    layers: int = 2
    heads: int = 4
    dimension: int = 16
    hidden: int = 64
    dropout: float = 0.3
    noise: float = 0.3
    members: int = 3

    @property
    def vector(self) -> int:
        """Numbers of one member's embedding."""
        return self.dimension * (2 if self.layers else 1)
