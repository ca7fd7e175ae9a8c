"""Training of the graph encoder on what became of recipes."""

from dace_transfer.embeddings.training.examples import Examples
from dace_transfer.embeddings.training.objectives import OBJECTIVES
from dace_transfer.embeddings.training.trainer import Settings, Trained, train, vectors_of

__all__ = ["OBJECTIVES", "Examples", "Settings", "Trained", "train", "vectors_of"]
