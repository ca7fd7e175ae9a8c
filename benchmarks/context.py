"""The machine, the versions and the day of a result."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
from typing import Any

from dace_transfer.target import Target

_PACKAGES = ("dace", "dace_transfer", "numpy", "scipy-openblas32")


def describe(target: Target) -> dict[str, Any]:
    """What a reader needs to judge or repeat a measurement."""
    return {
        "device": target.model,
        "isa": list(target.isa),
        "threads": target.threads,
        "caches": list(target.caches),
        "wait_policy": target.wait_policy,
        "compiler": target.compiler,
        "flags": target.flags,
        "target": target.digest,
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in _PACKAGES},
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "load": round(os.getloadavg()[0], 2),
    }


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "none"
