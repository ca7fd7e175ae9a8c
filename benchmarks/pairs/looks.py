"""What a form looks like once it is normalised: what must be equal for two forms to be tuned as one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import dace
import numpy as np

from dace_transfer.embeddings import SymbolicFeatures
from dace_transfer.errors import WorkloadError
from dace_transfer.target import Target
from dace_transfer.transformations.normalization import normalize
from dace_transfer.tuner.decide import estimated_work
from dace_transfer.workload import Workload, cut, workload_of


@dataclass(frozen=True)
class Looks:
    """A normalised form.

    Attributes:
        normalize_s: Seconds that normalising took.
        digest: Of the whole program.
        vector: Its embedding.
        dominant: Digest of the part of it with the most work; the same as `digest` where it has no parts.
        dominant_vector: The embedding of that part.
    """

    normalize_s: float
    digest: str
    vector: list[float]
    dominant: str
    dominant_vector: list[float]


def look(original: dace.SDFG, sizes: Mapping[str, int], target: Target) -> Looks:
    """Normalise a simplified program and describe the outcome.

    Raises:
        Exception: Whatever normalising raises.
    """
    start = time.perf_counter()
    normal = normalize(original)
    seconds = time.perf_counter() - start
    whole = workload_of(normal, sizes)
    part = dominant_part(whole)
    vectors = SymbolicFeatures(target).encode([whole, part]).tolist()
    return Looks(seconds, whole.digest, vectors[0], part.digest, vectors[1])


def dominant_part(whole: Workload) -> Workload:
    """The part with the most work, or the whole where that cannot be cut."""
    try:
        parts = [site.workload for site in cut(whole).sites]
    except WorkloadError:
        return whole
    return max(parts, key=estimated_work, default=whole)


def distance(first: list[float], second: list[float]) -> float:
    """How far apart two embeddings are, as the database measures it."""
    return float(np.linalg.norm(np.subtract(first, second)))
