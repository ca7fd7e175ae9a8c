"""The records shipped with the package."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dace_transfer.database import seed
from dace_transfer.database.exchange import export_to
from dace_transfer.database.store import open_store
from dace_transfer.errors import StoreError


@pytest.fixture
def shipped(new_store, make, tmp_path, monkeypatch):
    """Ship what is in the store that is returned."""
    store = new_store()
    store.put_all([make.workload(), make.recipe(), make.target(), make.tuning()])
    monkeypatch.setattr(seed, "SEED", tmp_path / "seed.jsonl.gz")
    monkeypatch.setenv("DACE_TRANSFER_DATABASE", str(tmp_path / "default.sqlite"))
    export_to(store, seed.SEED)
    return store


def _tunings(*args, **options):
    store = open_store(*args, **options)
    found = store.stats().counts["tunings"]
    store.close()
    return found


def test_the_default_database_starts_with_what_is_shipped(shipped, tmp_path):
    assert _tunings(seed=False) == 0
    assert _tunings() == 1
    assert _tunings(tmp_path / "named.sqlite") == 0
    assert _tunings(tmp_path / "named.sqlite", seed=True) == 1


def test_it_is_merged_once(shipped, make, monkeypatch):
    assert _tunings() == 1
    monkeypatch.setattr(seed, "import_from", lambda store, path: pytest.fail("It was merged again."))
    assert _tunings() == 1


def test_a_newer_one_is_merged_too(shipped, make):
    assert _tunings() == 1
    shipped.put_tuning(make.tuning(ratio=5.0))
    export_to(shipped, seed.SEED)
    assert _tunings() == 2


def test_processes_that_start_at_once_merge_it_once(shipped, make, tmp_path):
    shipped.put_all(make.workload(f"{i:05}") for i in range(2000))
    export_to(shipped, seed.SEED)
    open_store(seed=False).close()
    program = (
        "import pathlib, sys\nfrom dace_transfer.database import opening, seed\n"
        f"seed.SEED = pathlib.Path({str(seed.SEED)!r})\n"
        "sys.stdin.readline()\nopening.open_sql_store(None, seed=True).close()\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) for _ in range(3)]
    for process in processes:
        process.stdin.write(b"\n")
        process.stdin.close()
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert _tunings() == 1


def test_none_shipped_is_no_error(shipped):
    seed.SEED.unlink()
    assert _tunings() == 0


def test_a_damaged_one_leaves_nothing_behind(shipped):
    whole = seed.SEED.read_bytes()
    seed.SEED.write_bytes(whole[: len(whole) * 9 // 10])
    with pytest.raises(StoreError, match="cannot be read to its end"):
        open_store()
    seed.SEED.write_bytes(whole)
    assert _tunings() == 1


def test_what_is_shipped_is_sound(tmp_path):
    if not seed.SEED.exists():
        pytest.skip("No records are shipped with this source tree.")
    store = open_store(tmp_path / "x.sqlite", seed=True)
    assert store.check() == []
    store.close()
