"""The store a worker tunes with: what is put into it is handed to the coordinator, who alone writes to the database."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from dace_transfer.database.codec import NAMES, to_json
from dace_transfer.database.dialects import make_engine
from dace_transfer.database.records import Record
from dace_transfer.database.sql import SqlStore
from dace_transfer.errors import SweepError


class Collecting(SqlStore):
    """A store that also keeps what is put into it, in order."""

    def __init__(self, engine: Engine) -> None:
        """See `SqlStore`."""
        super().__init__(engine)
        self._collected: list[Record] = []

    def put_all(self, records: Iterable[Record]) -> None:
        """See `Store`."""
        put = list(records)
        super().put_all(put)
        self._collected += put

    def collected(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Everything that was put, each as its kind and its JSON values."""
        return [as_json(record) for record in self._collected]


def as_json(record: Record) -> tuple[str, Mapping[str, Any]]:
    """A record as its kind and its JSON values."""
    return NAMES[type(record)], to_json(record)


@contextmanager
def collecting_store(donors: str) -> Iterator[Collecting]:
    """A store of its own for one task, with all that donates in it, gone afterwards.

    Args:
        donors: Database file that is copied; "" for an empty one.

    Raises:
        SweepError: There is no such file.
    """
    with tempfile.TemporaryDirectory(prefix="dace-transfer-sweep-") as folder:
        location: str | Path = "sqlite://"
        if donors:
            location = Path(folder) / "donors.sqlite"
            _copy(Path(donors), location)
        store = Collecting(make_engine(location))
        try:
            yield store
        finally:
            store.close()


def _copy(donors: Path, to: Path) -> None:
    if not donors.is_file():
        raise SweepError(
            f"The donors' file '{donors}' is not here; workers on other machines need the cache folder of the "
            "coordinator: set DACE_TRANSFER_CACHE to a folder that all share."
        )
    shutil.copyfile(donors, to)
