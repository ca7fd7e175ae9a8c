"""The table of donors."""

import json

from typer.testing import CliRunner

from benchmarks.transfer import app


def test_rows_and_a_table(surveyed, tmp_path):
    file = tmp_path / "transfer.json"
    words = ["--database", surveyed, "--donors", "fixed,features", "--json", str(file)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    written = json.loads(file.read_text())
    assert written["context"]["targets"] == [{"model": "some CPU", "threads": 2, "compiler": "gcc 12"}]
    assert [(row["donor"], row["k"]) for row in written["rows"][::4]] == [("fixed", 1), ("features", 1)]
    text = file.with_suffix(".md").read_text()
    assert "10 questions about workloads of 5 families, 10 of them" in text
    assert "`python -m benchmarks.transfer --donors fixed,features`" in text
    assert "Outcomes of some CPU, 2 threads, gcc 12." in text
    assert "| features | 1 | 100 [100, 100] |" in text


def test_one_sentence_for_an_empty_database():
    result = CliRunner().invoke(app, ["--database", "sqlite://"])
    assert result.exit_code == 1 and result.stderr.count("\n") == 1
