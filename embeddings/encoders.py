"""Encoders by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from dace_transfer.embeddings.encoder import Encoder
from dace_transfer.embeddings.features import SymbolicFeatures
from dace_transfer.errors import DaceTransferError
from dace_transfer.target import Target

WEIGHTS = ".safetensors"


def _learnt(target: Target) -> Encoder:
    # torch takes seconds to load, and no other encoder needs it.
    from dace_transfer.embeddings.learnt import SHIPPED, load_weights

    return load_weights(SHIPPED, target)


ENCODERS: Mapping[str, Callable[[Target], Encoder]] = {"features": SymbolicFeatures, "learnt": _learnt}
"""Those that are shipped."""

DEFAULT = "features"


def encoder_named(name: str, target: Target) -> Encoder:
    """Return an encoder for a target.

    Args:
        name: One of `ENCODERS`, or a file of weights that `dace-transfer train` wrote.
        target: The device whose caches and threads sizes are compared with.

    Raises:
        DaceTransferError: There is no such encoder.
        StoreError: The file does not hold weights.
    """
    check_encoder(name)
    if name in ENCODERS:
        return ENCODERS[name](target)
    from dace_transfer.embeddings.learnt import load_weights

    return load_weights(Path(name), target)


def check_encoder(name: str) -> None:
    """Refuse what names neither an encoder nor a file of weights.

    Raises:
        DaceTransferError: It does not.
    """
    if name not in ENCODERS and not name.endswith(WEIGHTS):
        raise DaceTransferError(
            f"There is no encoder '{name}'; choose one of {', '.join(ENCODERS)} or a file of weights, *{WEIGHTS}."
        )
