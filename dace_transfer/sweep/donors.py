"""The records that donate during a sweep: those there are when it begins, so that its order does not matter."""

from __future__ import annotations

from pathlib import Path

from dace_transfer.cache import cache_folder
from dace_transfer.database.exchange import merge
from dace_transfer.database.opening import open_sql_store
from dace_transfer.database.sql import SqlStore
from dace_transfer.sweep.spec import BANK, NONE, Spec
from dace_transfer.whole import whole


def snapshot(spec: Spec, folder: Path, sweep: str, store: SqlStore) -> str:
    """Return the file with what donates, made when a sweep begins and kept while it is resumed; "" where nothing does.

    Args:
        spec: Says whose records donate.
        folder: Where a file that it names is looked for.
        sweep: Its id.
        store: The database of the sweep.
    """
    if spec.mode == BANK or spec.donors == NONE:
        return ""
    file = cache_folder() / "sweeps" / sweep / "donors.sqlite"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(spec, folder, store, file)
    return str(file)


def _write(spec: Spec, folder: Path, store: SqlStore, file: Path) -> None:
    with whole(file) as part:
        part.unlink(missing_ok=True)
        fresh = open_sql_store(part, seed=False)
        source = store if not spec.donors else open_sql_store(_location(spec.donors, folder), seed=False)
        try:
            merge(fresh, source)
        finally:
            fresh.close()
            if source is not store:
                source.close()


def _location(donors: str, folder: Path) -> str | Path:
    return donors if "://" in donors else folder / donors
