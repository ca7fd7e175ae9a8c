"""What a user asked for when decorating a program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dace_transfer.database.location import default_location
from dace_transfer.embeddings.encoders import DEFAULT, check_encoder
from dace_transfer.modes import check_request


@dataclass(frozen=True)
class Settings:
    """How a program is tuned.

    Attributes:
        mode: "transfer", "measure", "search" or "replay".
        budget: Seconds after which no new candidate is tried; None for the mode's own.
        device: "cpu".
        database: File, URL, open store, or None for the user's own database.
        cache: Folder of built programs, or None for the default one.
        encoder: "features", "learnt" or a file of weights.
    """

    mode: str = "transfer"
    budget: float | None = None
    device: str = "cpu"
    database: Any = None
    cache: str | Path | None = None
    encoder: str = DEFAULT

    def check(self) -> None:
        """Refuse what no call could ever be tuned with.

        Raises:
            DaceTransferError: The mode, the device or the encoder is unknown.
        """
        check_request(self.mode, self.device)
        check_encoder(self.encoder)

    @property
    def location(self) -> str | None:
        """Where the database is; None for an open store, of which another process could know nothing."""
        if self.database is None:
            return default_location()
        if isinstance(self.database, Path) or (isinstance(self.database, str) and "://" not in self.database):
            return str(Path(self.database).expanduser().resolve())
        return self.database if isinstance(self.database, str) else None
