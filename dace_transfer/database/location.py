"""Where the database is: an argument, else the environment, else the user's data folder."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

VARIABLE = "DACE_TRANSFER_DATABASE"


def default_location() -> str:
    """Return the path or URL used when none is given, read from the environment at each call."""
    named = os.environ.get(VARIABLE, "")
    return named or str(Path(platformdirs.user_data_dir("dace_transfer", appauthor=False)) / "database.sqlite")
