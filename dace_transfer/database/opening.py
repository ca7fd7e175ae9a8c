"""Opens stores; apart from `store` because SQLAlchemy is slow to import."""

from __future__ import annotations

from pathlib import Path

from dace_transfer.database.dialects import make_engine
from dace_transfer.database.location import default_location
from dace_transfer.database.seed import plant
from dace_transfer.database.sql import SqlStore
from dace_transfer.errors import StoreError


def open_sql_store(url_or_path: str | Path | None, *, seed: bool) -> SqlStore:
    """Open the store at a location, the default one for None; see `store.open_store`."""
    engine = make_engine(default_location() if url_or_path is None else url_or_path)
    try:
        store = SqlStore(engine)
        if seed:
            plant(store)
    except StoreError:
        engine.dispose()
        raise
    return store
