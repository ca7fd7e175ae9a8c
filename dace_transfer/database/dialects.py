"""Everything that differs between kinds of database: how to connect, to lock for writing and to upsert."""

from __future__ import annotations

import contextlib
import time
import warnings
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from dace_transfer.database.filesystem import file_system_of, is_network
from dace_transfer.errors import StoreError

_BUSY_SECONDS = 60
_WRITES = "dace_transfer_writes"
_ADVISORY_LOCK = 0x64616365

Upsert = sqlite.Insert | postgresql.Insert


def make_engine(location: str | Path) -> Engine:
    """Return an engine for an SQLAlchemy URL, or for an SQLite file; nothing is opened but folders are made.

    Raises:
        StoreError: The URL is malformed, names an unknown kind of database, or its folder cannot be made.
    """
    url = _url(location)
    backend = url.get_backend_name()
    if backend == "sqlite":
        return _sqlite_engine(url)
    if backend != "postgresql":
        raise StoreError(f"A database of kind '{backend}' is not supported; use an SQLite file or PostgreSQL.")
    try:
        return create_engine(url)
    except (ImportError, NoSuchModuleError) as error:
        raise StoreError(
            f"The driver of '{url.render_as_string()}' cannot be loaded ({error}); install it or name another one."
        ) from error


def _url(location: str | Path) -> URL:
    if isinstance(location, Path) or "://" not in location:
        return URL.create("sqlite", database=str(Path(location).expanduser().absolute()))
    try:
        return make_url(location)
    except (ArgumentError, ValueError) as error:
        raise StoreError(
            f"'{location}' is no database URL; give the path of a file or a URL such as 'postgresql://host/name'."
        ) from error


def file_of(url: URL) -> Path | None:
    """Return the file of an SQLite database, None when it is in memory or on a server."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def writing(connection: Connection) -> Connection:
    """Say, before its transaction begins, that a connection is going to write."""
    return connection.execution_options(**{_WRITES: True})


def wait_for_writers(connection: Connection) -> None:
    """Hold, until the transaction ends, the right to write. SQLite has taken it when the transaction began."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})


def clock(connection: Connection) -> float:
    """Seconds since 1970, by the one clock that all who write to a database share."""
    if connection.dialect.name != "postgresql":
        return time.time()
    return float(connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())


def upsert(connection: Connection, table: Table) -> Upsert:
    """Return an INSERT with the ON CONFLICT clauses that SQLite and PostgreSQL share."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def integrity(connection: Connection) -> list[str]:
    """Return what the database itself finds damaged."""
    if connection.dialect.name != "sqlite":
        return []
    found = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check"))]
    return [] if found == ["ok"] else [f"SQLite finds damage in the file: {line}." for line in found]


def _sqlite_engine(url: URL) -> Engine:
    path = file_of(url)
    if path is None:
        # One connection, or every thread would see an empty database of its own.
        options: dict[str, Any] = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
        journal = "MEMORY"
    else:
        _make_folder(path)
        options = {"connect_args": {"timeout": _BUSY_SECONDS}}
        journal = _journal(path)
    engine = create_engine(url, **options)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        # The driver's own BEGIN comes too late to lock; "begin" below sends ours.
        connection.isolation_level = None
        _set_pragmas(connection, journal)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first cannot always become a writer later, so writers say so at once.
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _set_pragmas(connection: Any, journal: str) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    (current,) = cursor.execute("PRAGMA journal_mode").fetchone()
    if current.upper() != journal:
        # Another process may hold the file; any mode is correct, and the next connection tries again.
        with contextlib.suppress(connection.OperationalError):
            cursor.execute(f"PRAGMA journal_mode={journal}")
    if journal == "WAL":
        cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _journal(path: Path) -> str:
    kind = file_system_of(path)
    if not is_network(kind):
        return "WAL"
    warnings.warn(
        f"The database '{path}' is on a network file system ({kind}): it is safe but slow when several machines "
        "write at once; a local path or a PostgreSQL URL in DACE_TRANSFER_DATABASE is faster.",
        RuntimeWarning,
        stacklevel=2,
    )
    return "DELETE"


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder of the database '{path}' cannot be made ({error.strerror}); "
            "set DACE_TRANSFER_DATABASE to a path you can write."
        ) from error
