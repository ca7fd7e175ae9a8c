"""A specification says one thing, or one sentence says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dace_transfer.errors import SweepError
from dace_transfer.sweep.spec import read_spec

WHOLE = """
programs = ["a.py:one"]
sizes = ["S", {N = 100, M = 20}]
mode = "measure"
budget = 30

[workers]
engine = "local"
measure = 2
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "sweep.toml"
    file.write_text(text)
    return file


def test_what_is_written_is_read(tmp_path: Path) -> None:
    spec = read_spec(write(tmp_path, WHOLE))
    assert spec.sizes == ("S", {"N": 100, "M": 20}) and spec.targets == ("cpu",)
    assert (spec.mode, spec.budget, spec.workers.engine, spec.workers.measure) == ("measure", 30.0, "local", 2)


def test_who_does_it_makes_no_other_sweep_and_what_is_done_does(tmp_path: Path) -> None:
    first = read_spec(write(tmp_path, WHOLE))
    other_workers = read_spec(write(tmp_path, WHOLE.replace('"local"', '"tcp://host:8786"')))
    other_budget = read_spec(write(tmp_path, WHOLE.replace("30", "31")))
    assert first.id(tmp_path) == other_workers.id(tmp_path) != other_budget.id(tmp_path)
    assert first.id(tmp_path) != first.id(tmp_path / "other"), "its files are others"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("budget = 30", "budget = -1", "'budget': Input should be greater than 0"),
        ('"measure"', '"bank"', "there is no 'budget' in mode 'bank'"),
        ('"measure"', '"quick"', "'mode': Input should be 'bank', 'transfer', 'measure' or 'search'"),
        ("budget", "bugdet", "'bugdet': Extra inputs are not permitted"),
        ('"local"', '"somewhere"', "'workers.engine': choose in-process, local, slurm or the address"),
        ('programs = ["a.py:one"]', "", "name 'programs' .* or a 'corpus'"),
        ("mode =", 'targets = ["abacus"]\nmode =', "'targets': There is no device 'abacus'"),
        ("sizes = [", "sizes = ", "is no TOML"),
    ],
)
def test_mistakes_are_told_in_one_sentence(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    with pytest.raises(SweepError, match=sentence) as caught:
        read_spec(write(tmp_path, WHOLE.replace(old, new)))
    assert "\n" not in str(caught.value) and str(tmp_path) in str(caught.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SweepError, match="cannot be read: No such file"):
        read_spec(tmp_path / "none.toml")
