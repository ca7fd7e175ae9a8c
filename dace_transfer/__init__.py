"""Transfer tuning for DaCe: tune once, reuse everywhere."""

from __future__ import annotations

import importlib
from typing import Any

_EXPORTS = {
    "autotune": "dace_transfer.program",
    "tune": "dace_transfer.tuner",
}

__all__ = ["autotune", "tune"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that `import dace_transfer` loads neither DaCe nor torch."""
    if name not in _EXPORTS:
        raise AttributeError(f"Module 'dace_transfer' has no attribute '{name}'; it offers {', '.join(__all__)}.")
    return getattr(importlib.import_module(_EXPORTS[name]), name)
