"""What a workload looks like: encoders, and the graphs and features they read."""

from dace_transfer.embeddings.encoder import Encoder
from dace_transfer.embeddings.features import SymbolicFeatures

__all__ = ["Encoder", "SymbolicFeatures"]
