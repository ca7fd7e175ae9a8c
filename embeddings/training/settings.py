"""How an encoder is trained; apart from the training, since torch takes seconds to load."""

from __future__ import annotations

from dataclasses import dataclass, field

from dace_transfer.embeddings.shape import Shape


@dataclass(frozen=True)
class Settings:
    """How an encoder is trained.

    Attributes:
        objective: One of `objectives.OBJECTIVES`.
        shape: How large the network is.
        epochs: Passes over the examples, at most.
        patience: Epochs without an improvement on what is held out after which training ends.
        batch: Workloads of a step; donors are looked for among them.
        rate: Largest learning rate.
        decay: Weight decay.
        seed: Of initial weights, batches and dropout.
    """

    objective: str = "regret"
    shape: Shape = field(default_factory=Shape)
    epochs: int = 30
    patience: int = 30
    batch: int = 1024
    rate: float = 5e-3
    decay: float = 0.1
    seed: int = 0
