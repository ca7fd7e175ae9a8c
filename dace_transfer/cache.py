"""Where built programs are kept: an argument, else the environment, else the user's cache folder."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

VARIABLE = "DACE_TRANSFER_CACHE"


def cache_folder(folder: str | Path | None = None) -> Path:
    """Return the absolute folder of everything that can be built again; it need not exist yet.

    Args:
        folder: Used when given; otherwise the environment variable is read, at each call.
    """
    named = folder or os.environ.get(VARIABLE, "") or platformdirs.user_cache_dir("dace_transfer", appauthor=False)
    return Path(named).expanduser().resolve()
