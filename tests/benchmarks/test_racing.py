"""Races whose outcome is known: which there are, how they are kept, and what they come to."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks import versions
from benchmarks.racing import __main__ as command
from benchmarks.racing import contest, programs, summary
from benchmarks.racing.contest import FIELD, FIELD_SIZE, PLANTED, SAME, Contest
from dace_transfer.building.binary import Binary
from dace_transfer.building.builder import Builder
from dace_transfer.measure.inputs import Inputs
from dace_transfer.measure.race import race
from dace_transfer.target import Target

COUNTS = {SAME: 5, PLANTED: 3, FIELD: 2}
CONTEXT = {
    "device": "some CPU",
    "threads": 2,
    "wait_policy": "default",
    "compiler": "gcc 12",
    "flags": "-O3",
    "python": "3.11",
    "versions": {"dace": "2"},
    "date": "2026-01-02T00:00:00+00:00",
}


def line(kind: str, verdicts: list[str], best: int | None, number: int = 0, **fields: Any) -> dict[str, Any]:
    compared = {"ratio": 1.2, "verdict": verdicts[0]}
    return {
        "kind": kind,
        "program": "triad",
        "slowdown": 0.0 if kind == SAME else 0.2,
        "number": number,
        "sizes": dict(programs.SUBJECTS["triad"].sizes),
        "target": "here",
        "load": 0.5,
        "seconds": 3.0,
        "best": best,
        "verdicts": verdicts,
        "comparisons": [compared for _ in verdicts],
        "baseline": [[0.002], [0.001, 0.002, 0.003]],
        "candidates": [[[0.001], [0.001]] for _ in verdicts],
        **fields,
    }


def test_a_plan_has_as_many_races_as_asked_for_in_turn() -> None:
    planned = contest.plan(["triad", "nbody"], [0.05, 0.2], COUNTS)
    kinds = [(it.kind, it.slowdown) for it in planned]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        (SAME, 0.0): 5,
        (PLANTED, 0.05): 3,
        (PLANTED, 0.2): 3,
        (FIELD, 0.05): 2,
        (FIELD, 0.2): 2,
    }
    assert len(set(planned)) == len(planned)
    assert {it.program for it in planned[:10]} == {"triad", "nbody"}
    assert set(contest.plan(["triad", "nbody"], [0.05], COUNTS)) < set(planned)


def test_five_percent_more_work_is_exact() -> None:
    for subject in programs.SUBJECTS.values():
        assert subject.more(0.05) == pytest.approx(1.05 * subject.steps)
        assert subject.more(0.0) == subject.steps


def test_only_what_does_less_work_is_right() -> None:
    binaries = {share: Binary(Path("none"), f"{share}", (), ()) for share in (0.0, 0.2)}
    quick, slow = binaries.values()
    assert Contest(SAME, "triad", 0.0, 3).entrants(binaries) == (quick, [quick])
    assert Contest(PLANTED, "triad", 0.2, 3).entrants(binaries) == (slow, [quick])
    fields = [Contest(FIELD, "triad", 0.2, number) for number in range(FIELD_SIZE)]
    assert {it.right for it in fields} == set(range(FIELD_SIZE))
    for it in fields:
        baseline, candidates = it.entrants(binaries)
        assert baseline == slow
        assert [index for index, candidate in enumerate(candidates) if candidate == quick] == [it.right]


def test_races_are_recalled_but_for_those_of_other_machines_and_sizes(tmp_path: Path, target: Target) -> None:
    file = tmp_path / "races.jsonl"
    mine = line(SAME, ["SAME"], None, target=target.digest)
    for kept in (mine, {**mine, "target": "elsewhere"}, {**mine, "sizes": {}}):
        contest.append(kept, file)
    with file.open("a") as stream:
        stream.write('{"kind": "sa')
    contest.append({**mine, "number": 1}, file)
    recalled = contest.recall(file, target, {"triad": mine["sizes"]})
    assert recalled == [mine, {**mine, "number": 1}]
    assert contest.contest_of(recalled[1]) == Contest(SAME, "triad", 0.0, 1)
    assert contest.recall(tmp_path / "absent.jsonl", target, {}) == []


def test_shares_come_with_their_intervals() -> None:
    assert summary.interval(0, 300) == (0.0, pytest.approx(0.01222, abs=1e-4))
    low, high = summary.interval(3, 300)
    assert (low, high) == (pytest.approx(0.00207, abs=1e-4), pytest.approx(0.02894, abs=1e-4))
    assert summary.share(3, 300) == "3 of 300 = 1.00% [0.21%, 2.89%]"
    assert summary.share(0, 0) == "-"


def test_rows_count_what_was_right_and_what_was_false() -> None:
    nobody = ["SAME"] * FIELD_SIZE
    lines = [
        line(SAME, ["SAME"], None),
        line(SAME, ["FASTER"], 0, 1),
        line(PLANTED, ["FASTER"], 0),
        line(PLANTED, ["AMBIGUOUS"], None, 1),
        line(FIELD, ["FASTER", *nobody[1:]], 0, 0),
        line(FIELD, ["FASTER", *nobody[1:]], 0, 1),
        line(FIELD, nobody, None, 2),
    ]
    found = {(row["kind"], row["program"]): row for row in summary.rows(lines)}
    same, planted, field = (found[kind, "all"] for kind in (SAME, PLANTED, FIELD))
    assert (same["verdicts"]["FASTER"], same["false"], same["races"]) == (1, 1, 2)
    assert (planted["right"], planted["none"], planted["false"]) == (1, 1, 0)
    assert (field["right"], field["none"], field["false"]) == (1, 1, 1)
    assert (same["processes"], same["seconds"]) == (4, 3.0)
    assert found[SAME, "triad"]["ms"] == pytest.approx(2.0)
    text = summary.render(list(found.values()), CONTEXT, [0.5, 2.0], "the command")
    for expected in ("`the command`", "Equal binaries, FASTER: 1 of 2 = 50.00%", "a false one 1 of 3", "some CPU"):
        assert expected in text
    assert text.count("| triad |") == 3


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> list[Contest]:
    """Races that end at once; the list says which were held."""
    held: list[Contest] = []

    def hold(it: Contest, binaries: Mapping[float, Binary], sizes: Mapping[str, int], target: Target) -> Any:
        held.append(it)
        verdicts = ["SAME"] * (FIELD_SIZE if it.kind == FIELD else 1)
        same = line(it.kind, verdicts, None, it.number, program=it.program, slowdown=it.slowdown)
        return same | {"sizes": dict(sizes), "target": target.digest}

    monkeypatch.setattr(command, "hold", hold)
    monkeypatch.setattr(command, "build", lambda *_: {})
    return held


def test_the_command_goes_on_where_it_was_ended(simulated: list[Contest], tmp_path: Path) -> None:
    out = tmp_path / "racing.json"
    common = ["--planted", "2", "--fields", "1", "--json", str(out)]
    assert CliRunner().invoke(command.app, ["--comparisons", "3", *common]).exit_code == 0
    assert len(simulated) == 3 + 2 * 2 + 2 * 1
    assert CliRunner().invoke(command.app, ["--comparisons", "5", *common]).exit_code == 0
    assert len(simulated) == len(set(simulated)) == 5 + 2 * 2 + 2 * 1
    assert len(out.with_suffix(".jsonl").read_text().splitlines()) == len(simulated)
    rows = {(row["kind"], row["slowdown"], row["program"]): row for row in json.loads(out.read_text())}
    assert rows[SAME, 0.0, "all"]["races"] == 5
    assert "python -m benchmarks.racing --comparisons 5" in out.with_suffix(".md").read_text()


@pytest.mark.parametrize("words", [["--slowdowns", "much"], ["--slowdowns", "0.9"], ["--programs", "absent"]])
def test_a_mistake_is_one_sentence(simulated: list[Contest], words: list[str]) -> None:
    assert CliRunner().invoke(command.app, words).exit_code == 1
    assert simulated == []


@pytest.mark.alone
def test_more_work_is_built_in_and_raced(builder: Builder, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = programs.Subject("logistic", "arithmetic", programs.logistic, {"N": 100}, 20)
    binaries = programs.build(subject, [0.2], builder)
    for slowdown, steps in ((0.0, 20), (0.2, 24)):
        assert binaries[slowdown].argument("STEPS") is None
        found = versions.results(binaries[slowdown], Inputs(subject.sizes), ["x", "y"])
        expected = np.array(found["x"])
        for _ in range(steps):
            expected = 0.9 * expected * (1 - expected)
        assert np.allclose(found["y"], expected, atol=0)
    monkeypatch.setattr(contest, "race", functools.partial(race, rounds=2))
    held = contest.hold(Contest(SAME, "logistic", 0.0, 0), binaries, subject.sizes, target)
    assert held["baseline"] and held["candidates"][0]  # How many rounds are run depends on the noise.
    assert json.loads(json.dumps(held))["verdicts"] != ["FAILED"]
