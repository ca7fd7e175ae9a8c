"""The records that are shipped with the package, merged into a database once."""

from __future__ import annotations

from pathlib import Path

from dace_transfer.database.exchange import import_from, read_manifest
from dace_transfer.database.sql import SqlStore

SEED = Path(__file__).parent / "seed.jsonl.gz"


def plant(store: SqlStore) -> None:
    """Merge the shipped records, unless a database has these already. Does nothing when none are shipped.

    Raises:
        StoreError: They are damaged, or the database cannot be written.
    """
    if not SEED.exists():
        return
    key = f"seed {read_manifest(SEED).content}"
    if store.remembers(key):
        return
    with store.transaction():
        # Another process may have been first while this one waited.
        if not store.remembers(key):
            import_from(store, SEED)
            store.remember(key, SEED.name)
