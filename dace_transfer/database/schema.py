"""Brings a database to the tables this version works with. Alembic is imported only when there is work for it."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, column, inspect, select, table

from dace_transfer import __version__
from dace_transfer.database.dialects import wait_for_writers, writing
from dace_transfer.errors import StoreError

HEAD = "0002"
VERSION_TABLE = "dace_transfer_schema"


def upgrade(engine: Engine) -> None:
    """Create or upgrade the tables, in one transaction that other processes wait for.

    Raises:
        StoreError: A newer version wrote the database, or it is not one of dace_transfer's.
    """
    with engine.connect() as connection:
        if revision(connection) == HEAD:
            return
    with engine.connect() as connection, writing(connection).begin():
        wait_for_writers(connection)
        _upgrade(connection)


def revision(connection: Connection) -> str:
    """Return the revision of the tables, "" when there are none yet."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return ""
    found = connection.execute(select(column("version_num")).select_from(table(VERSION_TABLE))).scalar()
    return str(found or "")


def _upgrade(connection: Connection) -> None:
    found = revision(connection)
    if found == HEAD:
        return
    where = connection.engine.url.render_as_string(hide_password=True)
    if not found and inspect(connection).get_table_names():
        raise StoreError(f"'{where}' holds tables of another program; give dace_transfer a database of its own.")
    # Takes as long to import as all the rest of opening a database.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "dace_transfer.database:migrations")
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found and found not in known:
        raise StoreError(
            f"The database '{where}' has schema '{found}', and dace_transfer {__version__} knows '{HEAD}' at most; "
            "upgrade dace_transfer, or set DACE_TRANSFER_DATABASE to another path."
        )
    command.upgrade(config, "head")
