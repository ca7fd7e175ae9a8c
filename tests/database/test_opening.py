"""Where a database is, and what can be in the way of opening it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from dace_transfer.database import filesystem
from dace_transfer.database.location import default_location
from dace_transfer.database.store import open_store
from dace_transfer.errors import StoreError


def test_an_argument_beats_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("DACE_TRANSFER_DATABASE", str(tmp_path / "environment.sqlite"))
    store = open_store(tmp_path / "new folder" / "argument.sqlite")
    assert store.stats().location == str(tmp_path / "new folder" / "argument.sqlite")
    assert not (tmp_path / "environment.sqlite").exists()
    store.close()


def test_the_environment_is_read_at_each_call(tmp_path, monkeypatch):
    for name in ("one.sqlite", "two.sqlite"):
        monkeypatch.setenv("DACE_TRANSFER_DATABASE", str(tmp_path / name))
        open_store(seed=False).close()
        assert (tmp_path / name).exists()


def test_the_default_is_in_the_users_data_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("DACE_TRANSFER_DATABASE", raising=False)
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name, **_: str(tmp_path / name))
    assert default_location() == str(tmp_path / "dace_transfer" / "database.sqlite")


def test_a_path_with_odd_characters_stays_a_path(tmp_path):
    path = tmp_path / "50% of #1? ä b" / "x.sqlite"
    store = open_store(path)
    assert store.stats().location == str(path)
    assert path.exists()
    store.close()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense://x", "'nonsense' is not supported"),
        ("://", "is no database URL"),
        ("mysql://host/name", "'mysql' is not supported"),
        ("postgresql://host:port/name", "is no database URL"),
        ("postgresql+no_such_driver://host/name", "cannot be loaded"),
    ],
)
def test_an_unusable_url_is_explained(url, message):
    with pytest.raises(StoreError, match=message):
        open_store(url)


def test_a_folder_that_cannot_be_made_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="set DACE_TRANSFER_DATABASE to a path you can write"):
        open_store(tmp_path / "file" / "x.sqlite")


def test_a_folder_is_no_database(tmp_path):
    with pytest.raises(StoreError, match="cannot be used"):
        open_store(tmp_path)


def test_a_file_that_is_no_database_is_left_alone(tmp_path):
    path = tmp_path / "x.sqlite"
    path.write_bytes(b"something else entirely " * 100)
    with pytest.raises(StoreError, match=r"cannot be read .* move it away"):
        open_store(path)
    assert path.read_bytes() == b"something else entirely " * 100


def test_the_database_of_another_program_is_left_alone(tmp_path):
    path = tmp_path / "x.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE workloads (a)")
    with pytest.raises(StoreError, match="holds tables of another program"):
        open_store(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("workloads",)]


def test_a_newer_database_asks_for_an_upgrade(tmp_path):
    path = tmp_path / "x.sqlite"
    open_store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE dace_transfer_schema SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"has schema '9999', and dace_transfer .* upgrade dace_transfer") as caught:
        open_store(path)
    assert "\n" not in str(caught.value)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT * FROM dace_transfer_schema").fetchall() == [("9999",)]


@pytest.mark.parametrize(
    ("kind", "journal", "warns"), [("ext4", "wal", 0), ("nfs4", "delete", 1), ("lustre", "delete", 1)]
)
def test_the_journal_suits_the_file_system(tmp_path, monkeypatch, make, recwarn, kind, journal, warns):
    open_store(tmp_path / "x.sqlite").close()
    monkeypatch.setattr("dace_transfer.database.dialects.file_system_of", lambda path: kind)
    store = open_store(tmp_path / "x.sqlite")
    store.put_workload(make.workload())
    store.close()
    with sqlite3.connect(tmp_path / "x.sqlite") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == (journal,)
    assert len([w for w in recwarn if f"network file system ({kind})" in str(w.message)]) == warns


def test_file_systems_are_told_apart(tmp_path, monkeypatch):
    (tmp_path / "share" / "local").mkdir(parents=True)
    mounts = [(Path("/"), "ext4"), (tmp_path / "share", "autofs"), (tmp_path / "share", "nfs4")]
    monkeypatch.setattr(filesystem, "_mounts", lambda: [*mounts, (tmp_path / "share" / "local", "tmpfs")])
    assert filesystem.file_system_of(tmp_path / "share" / "not" / "yet.sqlite") == "nfs4"
    assert filesystem.file_system_of(tmp_path / "share" / "local" / "x") == "tmpfs"
    assert filesystem.file_system_of(tmp_path / "share and more") == "ext4"
    (tmp_path / "link").symlink_to(tmp_path / "share")
    assert filesystem.file_system_of(tmp_path / "link" / "x") == "nfs4"
    names = (
        "nfs4",
        "lustre",
        "gpfs",
        "beegfs",
        "CIFS",
        "fuse.sshfs",
        "ext4",
        "xfs",
        "overlay",
        "fuse.fuseblk",
        "unknown",
    )
    assert [filesystem.is_network(name) for name in names] == [True] * 6 + [False] * 5


def test_this_machines_mounts_can_be_read(tmp_path):
    assert filesystem.file_system_of(tmp_path) not in ("", "unknown")


def test_damage_is_found(tmp_path, make):
    store = open_store(tmp_path / "x.sqlite")
    store.put_all([make.workload(), make.recipe(), make.target(), make.embedding(), make.tuning()])
    assert store.check() == []
    with sqlite3.connect(tmp_path / "x.sqlite") as connection:
        connection.execute("UPDATE tunings SET ratio = 99")
        connection.execute("UPDATE embeddings SET vector = x'00'")
        connection.execute("UPDATE workloads SET sizes = '{'")
        connection.execute("DELETE FROM recipes")
        connection.execute("DELETE FROM occurrences")
        connection.execute("UPDATE targets SET digest = 'u'")
    problems = "\n".join(store.check())
    assert "The tuning" in problems and "does not have the hash stored with it" in problems
    assert "The embedding 'w' 'enc-1' '' is malformed: The field 'vector'" in problems
    assert "Table 'tunings' refers to 'r', which is not in table 'recipes'." in problems
    assert "Table 'tunings' refers to 't', which is not in table 'targets'." in problems
    assert "The workload 'w' occurs in no program." in problems
    store.close()


def test_a_damaged_page_is_found(tmp_path, make):
    path = tmp_path / "x.sqlite"
    store = open_store(path)
    store.put_all(make.workload(f"{i:05}", sdfg_json='"' + "x" * 500 + '"') for i in range(500))
    store.close()
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 4096] = b"\xff" * 4096
    path.write_bytes(data)
    store = open_store(path)
    try:
        assert "SQLite finds damage" in store.check()[0]
    except StoreError as error:
        assert "cannot be read" in str(error)
    store.close()


def test_models_and_migrations_agree(tmp_path):
    from alembic.autogenerate import compare_metadata
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from dace_transfer.database import schema
    from dace_transfer.database.models import Base

    config = Config()
    config.set_main_option("script_location", "dace_transfer.database:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [schema.HEAD]

    open_store(tmp_path / "x.sqlite").close()
    engine = create_engine(f"sqlite:///{tmp_path}/x.sqlite")
    options = {"version_table": schema.VERSION_TABLE, "compare_type": True, "compare_server_default": True}
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
        tables = {row[0] for row in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))}
    assert tables == {*Base.metadata.tables, schema.VERSION_TABLE}


def test_opening_an_existing_database_imports_little(tmp_path):
    open_store(tmp_path / "x.sqlite").close()
    program = (
        "import sys\n"
        "import dace_transfer.database.store\n"
        "assert 'sqlalchemy' not in sys.modules\n"
        f"dace_transfer.database.store.open_store({str(tmp_path / 'x.sqlite')!r}).stats()\n"
        "print([name for name in ('alembic', 'dace', 'torch', 'psutil', 'scipy') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
