"""Processes that are killed, and processes that open one database at the same time."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dace_transfer.database.exchange import export_to
from dace_transfer.database.store import Store, open_store

WRITER = """
import sys
import numpy as np
from dace_transfer.database.records import EmbeddingRecord, RecipeRecord, TargetRecord, TuningRecord, WorkloadRecord
from dace_transfer.database.store import open_store

name, path = sys.argv[1:]
store = open_store(path)
for i in range(1_000_000):
    digest = f"{name}-{i}"
    with store.transaction():
        store.put_workload(WorkloadRecord(digest, "nest", '"' + "x" * 5000 + '"', {"N": i}, "p", "f"))
        store.put_recipe(RecipeRecord(digest, "n", "t"))
        store.put_target(TargetRecord(digest, "{}"))
        store.put_embedding(EmbeddingRecord(digest, "e", "", np.ones(64, np.float32)))
        store.put_tuning(TuningRecord(digest, digest, digest, "b", "FASTER", 2.0, None, None, (1.0,), (2.0,), "", "[]",
                                      "measure", "2", "1", "now", "p"))
    print(i, flush=True)
"""


def _start(program: str, *arguments: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _kill(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGKILL)
    out, _ = process.communicate()
    return out


def _whole(store: Store) -> int:
    """Check that a store holds whole transactions only, and return how many."""
    assert store.check() == []
    counts = store.stats().counts
    assert len({counts[name] for name in ("workloads", "recipes", "targets", "embeddings", "tunings")}) == 1, counts
    return counts["tunings"]


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_a_killed_writer_leaves_whole_transactions(tmp_path, journal):
    path = tmp_path / "x.sqlite"
    network = "import dace_transfer.database.dialects as d\nd.file_system_of = lambda path: 'nfs'\n"
    program = WRITER if journal == "wal" else f"import warnings\nwarnings.simplefilter('ignore')\n{network}{WRITER}"
    chance = random.Random(7)
    written = 0
    for round_ in range(4):
        process = _start(program, f"{journal}{round_}", path)
        first = process.stdout.readline()
        time.sleep(chance.uniform(0, 0.15))
        lines = (first + _kill(process)).split("\n")[:-1]
        store = open_store(path)
        found = _whole(store)
        # What was said to be written is there, and at most the one transaction it had no time to tell of besides.
        assert written + len(lines) <= found <= written + len(lines) + 1
        assert len(lines) >= 1
        written = found
        store.close()


def test_a_writer_killed_while_opening_leaves_a_usable_database(tmp_path, make):
    opener = "import sys\nfrom dace_transfer.database.store import open_store\nopen_store(sys.argv[1])\n"
    chance = random.Random(3)
    for round_ in range(5):
        path = tmp_path / f"{round_}.sqlite"
        process = _start(opener, path)
        deadline = time.monotonic() + 30
        while not path.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.25))
        _kill(process)
        store = open_store(path)
        store.put_workload(make.workload())
        assert store.check() == []
        store.close()


def test_an_import_that_is_killed_leaves_nothing_or_all(tmp_path, make):
    source = open_store(tmp_path / "source.sqlite")
    source.put_all(make.workload(f"{i:05}", sdfg_json='"' + "y" * 2000 + '"') for i in range(1000))
    export_to(source, tmp_path / "records.jsonl.gz")
    source.close()
    importer = (
        "import sys\nfrom dace_transfer.database.store import open_store\n"
        "from dace_transfer.database.exchange import import_from\n"
        "store = open_store(sys.argv[1])\nprint(flush=True)\nimport_from(store, sys.argv[2])\n"
    )
    seen = set()
    for round_, delay in enumerate((0.0, 0.05, 0.1, 0.2, 30.0)):
        path = tmp_path / f"{round_}.sqlite"
        process = _start(importer, path, tmp_path / "records.jsonl.gz")
        process.stdout.readline()
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            _kill(process)
        process.stdout.close()
        store = open_store(path)
        assert store.check() == []
        seen.add(store.stats().counts["workloads"])
        store.close()
    assert seen == {0, 1000}


def test_processes_that_open_a_new_database_at_once_agree(tmp_path):
    path = tmp_path / "x.sqlite"
    program = WRITER.replace("1_000_000", "10")
    processes = [_start(program, f"w{number}", path) for number in range(6)]
    assert [process.wait(60) for process in processes] == [0] * 6
    for process in processes:
        process.stdout.close()
    store = open_store(path)
    assert _whole(store) == 60
    store.close()


def test_a_store_sees_what_another_process_adds(tmp_path, make):
    mine, theirs = open_store(tmp_path / "x.sqlite"), open_store(tmp_path / "x.sqlite")
    query = make.embedding().vector
    mine.put_all([make.workload(), make.embedding()])
    assert [n.digest for n in theirs.neighbours("enc-1", "", query, 9)] == ["w"]
    mine.put_all([make.workload("v"), make.embedding("v")])
    assert [n.digest for n in theirs.neighbours("enc-1", "", query, 9)] == ["v", "w"]
    with mine.transaction():
        mine.put_all([make.workload("u"), make.embedding("u")])
        assert [n.digest for n in theirs.neighbours("enc-1", "", query, 9)] == ["v", "w"]
    assert [n.digest for n in theirs.neighbours("enc-1", "", query, 9)] == ["u", "v", "w"]
    mine.close()
    theirs.close()
