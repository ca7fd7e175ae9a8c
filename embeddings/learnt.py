"""The encoder that was trained: a graph network with its weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import safetensors
import safetensors.torch
from numpy.typing import NDArray

from dace_transfer.embeddings.gnn import Ensemble
from dace_transfer.embeddings.graph import graph_of
from dace_transfer.embeddings.shape import Shape
from dace_transfer.embeddings.training.trainer import vectors_of
from dace_transfer.errors import StoreError
from dace_transfer.target import Target
from dace_transfer.whole import whole
from dace_transfer.workload import Workload

VERSION = 1
"""Of what the network reads and how it is built; weights of another version are refused."""

_ABOUT = "dace_transfer"  # The one entry of a file's metadata: of several the order would not be settled.

SHIPPED = Path(__file__).parent / "weights" / "learnt.safetensors"
"""Weights trained on the shipped database; `weights/MODEL_CARD.md` says how."""


@dataclass(frozen=True, eq=False)
class LearntEncoder:
    """Encodes workloads by a trained network, so that near means: what is good for the one is good for the other.

    Attributes:
        model: The network.
        recipes: Ids of the recipes whose gains it was trained to tell apart.
        objective: What it was trained for.
        target: The device whose caches and threads sizes are compared with.
        digest: Hash of the file of weights.
    """

    model: Ensemble
    recipes: tuple[str, ...]
    objective: str
    target: Target
    digest: str

    @property
    def id(self) -> str:
        """Name, version and weights."""
        return f"learnt-{VERSION}-{self.digest[:12]}"

    def encode(self, workloads: Sequence[Workload]) -> NDArray[np.float32]:
        """Encode `n` workloads in batches, as an array of shape `(n, model.dimension)`.

        Raises:
            WorkloadError: One of them holds a library node that is not known.
        """
        return vectors_of(self.model, [graph_of(workload, self.target) for workload in workloads])


def save_weights(file: Path, model: Ensemble, recipes: Sequence[str], objective: str) -> None:
    """Write a network for `load_weights`; equal networks make equal files, which appear as a whole or not at all."""
    about = {"version": VERSION, "shape": asdict(model.shape), "recipes": list(recipes), "objective": objective}
    content = safetensors.torch.save(model.state_dict(), {_ABOUT: json.dumps(about)})
    with whole(file) as part:
        part.write_bytes(content)


def load_weights(file: Path, target: Target) -> LearntEncoder:
    """Read an encoder from a file of `save_weights`.

    Raises:
        StoreError: There is no such file, it is damaged, or of another version.
    """
    try:
        with safetensors.safe_open(file, "pt") as weights:
            state = {name: weights.get_tensor(name) for name in weights.keys()}  # noqa: SIM118  It is no mapping.
            about = json.loads((weights.metadata() or {})[_ABOUT])
    except (OSError, KeyError, ValueError, safetensors.SafetensorError) as error:
        raise StoreError(f"'{file}' does not hold the weights of an encoder: {error}.") from error
    if about.get("version") != VERSION:
        raise StoreError(
            f"The weights in '{file}' are of version {about.get('version', 'none')}, expected {VERSION}; "
            "`dace-transfer train` makes new ones."
        )
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    try:
        model = Ensemble(len(about["recipes"]), Shape(**about["shape"]))
        model.load_state_dict(state)
        model.eval()
        return LearntEncoder(model, tuple(about["recipes"]), about["objective"], target, digest)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise StoreError(f"The weights in '{file}' do not fit the network: {error}") from error


def started(encoder: LearntEncoder, recipes: Sequence[str]) -> Ensemble:
    """Return a network to go on training; what it says of recipes begins anew where these are others."""
    if tuple(recipes) == encoder.recipes:
        return encoder.model
    model = Ensemble(len(recipes), encoder.model.shape)
    known = {name: value for name, value in encoder.model.state_dict().items() if ".profile." not in name}
    model.load_state_dict(known, strict=False)
    return model
