"""Applying: a transaction on a copy, outcomes and the trace."""

from __future__ import annotations

import pickle
from typing import Any

import dace
import pytest

from dace_transfer.errors import NotApplicableError, RecipeError, StepFailedError
from dace_transfer.transformations import (
    Do,
    Knob,
    Recipe,
    RecipeFailedError,
    RecipeNotApplicableError,
    Workbench,
    apply,
    parse_recipe,
)
from dace_transfer.transformations.resolve import resolve
from dace_transfer.transformations.roles import parse_role


def run(body: str, sdfg: dace.SDFG, steps: dict[str, Any], library: Any = None) -> Any:
    before = sdfg.to_json(hash=False)
    try:
        return apply(parse_recipe(f"recipe r\n{body}", steps), sdfg, library)
    finally:
        assert sdfg.to_json(hash=False) == before


def schedules(sdfg: dace.SDFG) -> list[str]:
    maps = resolve(parse_role("all_maps"), sdfg, {})
    return [handle.node.map.schedule.name for handle in maps]


def outcomes(trace: Any) -> list[tuple[str, int, str]]:
    return [(entry.step, entry.matched, entry.outcome) for entry in trace]


def test_a_copy_is_rewritten_and_told_about(sdfg: dace.SDFG, steps: dict[str, Any]) -> None:
    applied = run("touch maps as mine\nschedule mine[0]\nschedule loops[3] on_fail=skip", sdfg, steps)
    assert applied.sdfg is not sdfg
    assert schedules(applied.sdfg) == ["Sequential", "Default", "Default", "Default"]
    assert outcomes(applied.trace) == [
        ("touch maps as mine", 3, "done"),
        ("schedule mine[0]", 1, "done"),
        ("schedule loops[3] on_fail=skip", 0, "skipped"),
    ]
    assert applied.trace[1].detail == "Sequential"
    assert "matches nothing" in applied.trace[2].detail


def test_it_means_what_the_last_step_that_was_done_yielded(sdfg: dace.SDFG, steps: dict[str, Any]) -> None:
    applied = run("touch inner_maps[0]\nrefuse maps on_fail=skip\nschedule it", sdfg, steps)
    assert schedules(applied.sdfg) == ["Default", "Sequential", "Default", "Default"]


def test_a_step_that_must_apply_ends_the_recipe(sdfg: dace.SDFG, steps: dict[str, Any]) -> None:
    with pytest.raises(RecipeNotApplicableError, match=r"'r': There is no reason to\.") as caught:
        run("schedule maps\nrefuse maps\nschedule maps", sdfg, steps)
    assert isinstance(caught.value, NotApplicableError)
    assert outcomes(caught.value.trace) == [("schedule maps", 3, "done"), ("refuse maps", 3, "failed")]
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.trace) == (str(caught.value), caught.value.trace)


def test_a_role_without_nodes_is_not_applicable(sdfg: dace.SDFG, steps: dict[str, Any]) -> None:
    with pytest.raises(RecipeNotApplicableError, match=r"'libraries\[Gemm\]', which matches nothing"):
        run("touch libraries[Gemm]", sdfg, steps)


def test_skipping_undoes_what_a_rude_step_did(sdfg: dace.SDFG, steps: dict[str, Any]) -> None:
    applied = run("touch maps as mine\nrefuse rude=true on_fail=skip\nschedule maps", sdfg, steps)
    assert "left behind" not in [state.label for state in applied.sdfg.states()]


def test_any_exception_of_a_step_is_a_failure(sdfg: dace.SDFG, steps: dict[str, Any]) -> None:
    with pytest.raises(RecipeFailedError, match="Step 'break' broke with KeyError: 'no such node'") as caught:
        run("schedule maps\nbreak on_fail=skip", sdfg, steps)
    assert isinstance(caught.value, StepFailedError)
    assert isinstance(caught.value.__cause__.__cause__, KeyError)  # type: ignore[union-attr]
    assert outcomes(caught.value.trace)[-1] == ("break on_fail=skip", 0, "failed")


def test_an_invalid_result_is_a_failure(sdfg: dace.SDFG, steps: dict[str, Any]) -> None:
    with pytest.raises(RecipeFailedError, match="invalid") as caught:
        run("spoil", sdfg, steps)
    assert outcomes(caught.value.trace) == [("spoil", 0, "done"), ("validate", 0, "failed")]


@pytest.mark.parametrize("bad", ["refuse maps", "refuse rude=true", "break", "spoil", "touch nested"])
def test_the_next_alternative_starts_afresh(bad: str, sdfg: dace.SDFG, steps: dict[str, Any]) -> None:
    body = f"touch maps as mine\nalternatives {{\nschedule maps kind=GPU_Device\n{bad}\n}} or {{\nschedule mine[1]\n}}"
    applied = run(body, sdfg, steps)
    assert schedules(applied.sdfg) == ["Default", "Default", "Sequential", "Default"]
    assert "left behind" not in [state.label for state in applied.sdfg.states()]
    assert applied.trace[-1].outcome == "done"


def test_the_first_alternative_that_applies_is_kept(sdfg: dace.SDFG, steps: dict[str, Any]) -> None:
    applied = run("alternatives {\nschedule maps[0] as a\n} or {\nschedule maps\n}", sdfg, steps)
    assert schedules(applied.sdfg) == ["Sequential", "Default", "Default", "Default"]
    assert len(applied.trace) == 1


def test_no_alternative_is_not_applicable(sdfg: dace.SDFG, steps: dict[str, Any]) -> None:
    with pytest.raises(RecipeNotApplicableError, match=r"None of 2 alternatives applies\. There is no reason"):
        run("alternatives {\nrefuse\n} or {\nbreak\n}", sdfg, steps)
    assert run("alternatives {\nrefuse\n} or {\n}", sdfg, steps).sdfg is not sdfg


def test_names_in_alternatives_follow_the_copy(sdfg: dace.SDFG, steps: dict[str, Any]) -> None:
    body = "touch maps as mine\nalternatives {\nrefuse maps\n} or {\nschedule mine[0]\n}\nschedule mine[2]"
    assert schedules(run(body, sdfg, steps).sdfg) == ["Sequential", "Default", "Default", "Sequential"]


def test_a_name_for_removed_nodes_matches_nothing(sdfg: dace.SDFG, steps: dict[str, Any]) -> None:
    body = "touch maps[2] as last\nerase maps[2]\nschedule last on_fail=skip"
    with pytest.raises(RecipeNotApplicableError, match="'last', which matches nothing"):
        run("touch maps[2] as last\nerase maps[2]\nschedule last", sdfg, steps)
    assert run(body, sdfg, steps).trace[-1].outcome == "skipped"


def test_includes_come_from_the_library(sdfg: dace.SDFG, steps: dict[str, Any]) -> None:
    library = {"part": parse_recipe("recipe part\nschedule maps[0]", steps)}
    applied = run("include part\nschedule it kind=CPU_Multicore", sdfg, steps, library)
    assert schedules(applied.sdfg)[0] == "CPU_Multicore"


def test_nothing_runs_where_the_recipe_is_malformed(sdfg: dace.SDFG, steps: dict[str, Any]) -> None:
    touch = steps["touch"]
    with pytest.raises(RecipeError, match="unfilled knobs: k"):
        apply(Recipe("r", (Do(steps["break"]()), Do(touch(target="maps", count=Knob("k", (1, 2)))))), sdfg)
    with pytest.raises(RecipeError, match="unknown role 'nowhere'"):
        apply(Recipe("r", (Do(steps["break"]()), Do(touch(target="nowhere")))), sdfg)
    with pytest.raises(RecipeError, match="library"):
        run("break\ninclude nowhere", sdfg, steps, {})
    with pytest.raises(RecipeError, match="Expected an integer"):
        apply(Recipe("r", (Do(steps["break"]()), Do(touch(target="maps", count="many")))), sdfg)


def test_what_recipes_begin_with_is_done_once(
    sdfg: dace.SDFG, steps: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["", "touch maps\nschedule it", "touch maps\nschedule it[0]", "touch maps\nrefuse maps", "schedule maps"]
    recipes = [parse_recipe(f"recipe r{number}\n{text}", steps) for number, text in enumerate(texts)]
    alone = []
    for recipe in recipes:
        try:
            alone.append(apply(recipe, sdfg).sdfg.hash_sdfg())
        except RecipeNotApplicableError as error:
            alone.append((str(error), error.trace))
    touched = []
    touch = steps["touch"].apply
    monkeypatch.setattr(steps["touch"], "apply", lambda *given: touched.append(given) or touch(*given))
    before = sdfg.to_json(hash=False)
    workbench = Workbench(sdfg)
    together = [workbench.apply(recipe) for recipe in recipes]
    assert len(touched) == 1
    assert sdfg.to_json(hash=False) == before
    assert alone == [(str(end), end.trace) if isinstance(end, Exception) else end.sdfg.hash_sdfg() for end in together]
    assert len({id(end.sdfg) for end in together if not isinstance(end, Exception)}) == 4
