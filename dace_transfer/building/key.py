"""The content address of a build: everything that can change the binary, and nothing else."""

from __future__ import annotations

import hashlib
import sys
from typing import Any

import dace
from dace import serialize
from dace.config import Config

from dace_transfer.target import Target

# Identity and history of nodes; they differ between equal SDFGs and do not reach the generated code.
_IRRELEVANT = frozenset({"guid", "debuginfo", "hash", "transformation_hist", "orig_sdfg", "source_files"})

# Tables whose keys are names the user chose, which may be any of the above.
_TABLES = frozenset(
    {"_arrays", "symbols", "symbol_mapping", "assignments", "in_connectors", "out_connectors", "constants_prop"}
)


def build_key(json: dict[str, Any], target: Target) -> str:
    """Name a build by its content.

    Args:
        json: `SDFG.to_json()`.
        target: Device and flags to build for.

    Returns:
        Twenty hexadecimal digits.
    """
    anonymous = json | {"attributes": json["attributes"] | {"name": ""}}
    text = serialize.dumps(_relevant(anonymous))
    # The interpreter's folder is where a wheel's BLAS lives, which the library is linked to.
    settings = serialize.dumps([Config.get("compiler"), Config.get("optimizer")])
    parts = (text, target.digest, dace.__version__, settings, sys.prefix)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


def _relevant(item: Any, parent: str = "") -> Any:
    if isinstance(item, dict):
        dropped = frozenset[str]() if parent in _TABLES else _IRRELEVANT
        return {str(key): _relevant(value, str(key)) for key, value in item.items() if key not in dropped}
    if isinstance(item, (list, tuple)):
        return [_relevant(value) for value in item]
    return item
