"""Equal specifications make equal tasks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dace_transfer.errors import SweepError
from dace_transfer.sweep.plan import planned
from dace_transfer.sweep.spec import Spec, spec_of


def test_a_task_for_every_program_and_size(spec: Callable[..., Spec], tmp_path: Path) -> None:
    wanted = spec(2, sizes=["S", {"N": 3}], budget=5.0)
    tasks = list(planned(wanted, tmp_path))
    assert [task.label for task in tasks] == [
        "programs.py:p0 S cpu",
        "programs.py:p1 S cpu",
        "programs.py:p0 N=3 cpu",
        "programs.py:p1 N=3 cpu",
    ]
    assert tasks[0].payload["program"] == {"source": f"{tmp_path}/programs.py:p0", "size": "S"}
    assert {(task.kind, task.payload["mode"], task.payload["budget"]) for task in tasks} == {("tune", "search", 5.0)}
    assert len({task.id("sweep") for task in tasks}) == 4
    assert [task.id("sweep") for task in planned(wanted, tmp_path)] == [task.id("sweep") for task in tasks]
    assert tasks[0].id("sweep") != tasks[0].id("another")


def test_a_corpus_is_swept_whole_or_in_part(tmp_path: Path) -> None:
    (tmp_path / "corpus_of_test_plan.py").write_text('PROGRAMS = {"left": 1, "right": 2}\nNUMBER = 3\n')
    said = {"corpus": "corpus_of_test_plan:PROGRAMS", "sizes": ["S"], "mode": "bank"}
    assert [task.label for task in planned(spec_of(said, ""), tmp_path)] == ["left S cpu", "right S cpu"]
    part = spec_of(said | {"programs": ["right"]}, "")
    (only,) = planned(part, tmp_path)
    assert (only.kind, only.payload["program"]["name"]) == ("cut", "right")
    for wrong, sentence in (
        ({"programs": ["up"]}, "has no program 'up'"),
        ({"corpus": "corpus_of_test_plan:NOTHING"}, "cannot be imported"),
        ({"corpus": "corpus_of_test_plan:NUMBER"}, "is a int; expected a mapping"),
    ):
        with pytest.raises(SweepError, match=sentence):
            list(planned(spec_of(said | wrong, ""), tmp_path))


def test_a_program_is_named_with_its_file(spec: Callable[..., Spec], tmp_path: Path) -> None:
    with pytest.raises(SweepError, match=r"Expected a program like 'FILE.py:NAME', got 'jacobi'"):
        list(planned(spec(programs=["jacobi"]), tmp_path))
