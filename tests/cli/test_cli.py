"""Commands, their JSON, and one sentence for what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dace_transfer.cli import app
from dace_transfer.database.records import WorkloadRecord
from dace_transfer.database.store import open_store

PROGRAM = """
import dace
N = dace.symbol("N")

@dace.program
def double(x: dace.float64[N]):
    x[:] = x * 2
"""


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = tmp_path / "records.db"
    store = open_store(path, seed=False)
    store.put_workload(WorkloadRecord("a" * 64, "nest", "{}", {"N": 3}, "program", "family"))
    store.close()
    return str(path)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_stats(database: str) -> None:
    result = run("db", "stats", "--database", database, "--json")
    assert json.loads(result.stdout)["families"] == {"family": 1}
    assert "families" in run("db", "stats", "--database", database).stdout


def test_export_import_merge(database: str, tmp_path: Path) -> None:
    file, other = str(tmp_path / "export.jsonl.gz"), str(tmp_path / "other.db")
    assert run("db", "export", file, "--database", database).exit_code == 0
    assert run("db", "import", file, "--database", other).exit_code == 0
    assert json.loads(run("db", "stats", "--database", other, "--json").stdout)["families"] == {"family": 1}
    third = str(tmp_path / "third.db")
    assert run("db", "merge", other, "--database", third).exit_code == 0
    assert json.loads(run("db", "stats", "--database", third, "--json").stdout)["families"] == {"family": 1}


def test_a_damaged_file_is_refused_whole(database: str, tmp_path: Path) -> None:
    file = tmp_path / "broken.jsonl"
    file.write_text("no json\n")
    result = run("db", "import", str(file), "--database", database)
    assert result.exit_code == 1
    assert result.stderr.startswith("dace-transfer: ") and "Traceback" not in result.stderr


def test_recipes_are_shown_and_checked(tmp_path: Path) -> None:
    names = json.loads(run("recipe", "show", "--json").stdout)
    assert "auto_optimize" in names
    assert "auto_optimize sdfg" in run("recipe", "show", "auto_optimize").stdout
    file = tmp_path / "mine.recipe"
    file.write_text("recipe mine\ninclude fused\nschedule maps threads=2\n")
    assert "is well formed" in run("recipe", "check", str(file)).stdout
    file.write_text("recipe mine\nmake_it_fast maps\n")
    result = run("recipe", "check", str(file))
    assert result.exit_code == 1 and "make_it_fast" in result.stderr


def test_explain(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "doubling.py").write_text(PROGRAM)
    result = run("explain", "doubling.py:double", "--size", "N=10", "--database", database, "--json")
    assert json.loads(result.stdout)["decision"]["sizes"] == {"N": 10}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("explain", "nowhere.py:f"), "no file 'nowhere.py'"),
        (("explain", "doubling.py"), "Expected FILE.py:NAME"),
        (("explain", "doubling.py:triple"), "it has double"),
        (("explain", "doubling.py:double", "--size", "N=ten"), "like N=1000"),
        (("explain", "doubling.py:double"), "'N'"),
    ],
)
def test_wrong_words_get_one_sentence(
    words: tuple[str, ...], sentence: str, tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "doubling.py").write_text(PROGRAM)
    result = run(*words, "--database", database)
    assert result.exit_code == 1
    assert sentence in result.stderr and result.stderr.count("\n") == 1


def test_doctor() -> None:
    checks = json.loads(run("doctor", "--json").stdout)
    assert any("compiler" in check["what"].lower() for check in checks)
