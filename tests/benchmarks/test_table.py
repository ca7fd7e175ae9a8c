"""What the tables say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import table
from benchmarks.settings import Row, Settings

CONTEXT = {
    "device": "some CPU",
    "threads": 2,
    "wait_policy": "default",
    "compiler": "gcc 12",
    "flags": "-O3",
    "python": "3.11",
    "versions": {"dace": "2"},
    "date": "2026-01-02T00:00:00+00:00",
    "load": 0.5,
}


def row(program: str, ours: float, baseline: float, **fields: Any) -> dict[str, Any]:
    samples = {"ours": [ours, ours / 2, 2 * ours], "auto_optimize": [baseline], "numpy": [4 * baseline]}
    settings = Settings("examples", "S", "transfer").identity
    return Row(program, "kin", settings, samples_ms=samples, context=CONTEXT, **{"valid": True, **fields}).flat()


def test_a_row_has_medians_and_extremes() -> None:
    flat = row("a", ours=2.0, baseline=8.0)
    assert (flat["ours_ms"], flat["ours_ms_low"], flat["ours_ms_high"]) == (2.0, 1.0, 4.0)
    assert flat["simplify_ms"] is None
    wanted = "program preset mode numpy_ms simplify_ms auto_optimize_ms ours_ms valid first_call_s error"
    assert set(wanted.split()) <= set(flat)


def test_the_geometric_mean_leaves_wrong_results_out() -> None:
    rows = [row("a", 1.0, 2.0), row("b", 1.0, 8.0), row("c", 1.0, 1e6, valid=False)]
    summary = "\n".join(table.summary(rows))
    assert "over auto_optimize: 4x (2 programs)" in summary
    assert "WRONG RESULTS: c." in summary


def test_first_calls_are_compared_with_no_tuning_and_accounted_for() -> None:
    first = [row("a", 1.0, 2.0, first_call_s=8.0, untuned_s=2.0, seconds={"verify": 6.0, "normalize": 1.0})]
    text = table.render([*first, row("b", 1.0, 2.0, first_call_s=4.0, untuned_s=4.0, seconds={"verify": 2.0})], "", "")
    assert "| 8.0 (4.0x) |" in text
    assert "first calls over parsing, auto_optimize and compiling: 2x (2 programs)" in text
    assert "Of all first calls: verify 67 %, normalize 8 %." in text


def test_a_wrong_baseline_is_no_baseline() -> None:
    wrong = row("a", 1.0, 2.0, baseline_valid={"auto_optimize": False})
    assert table.ratio(wrong, "auto_optimize") is None
    assert table.ratio(wrong, "numpy") == pytest.approx(8.0)
    assert "2 [2, 2] WRONG" in table.render([wrong], "title", "command")


def test_failures_have_a_line_and_a_reason(tmp_path: Path) -> None:
    failed = Row("b", "", Settings("examples", "S", "transfer").identity, error="It crashed.").flat()
    text = table.render([failed, row("a", 1.0, 2.0)], "Title", "command")
    table.write([failed], text, tmp_path / "out.json")
    text = (tmp_path / "out.md").read_text()
    assert "| b |" in text and "- b: It crashed." in text
    assert "some CPU, 2 threads" in text and "2026-01-02" in text and "`command`" in text
    assert json.loads((tmp_path / "out.json").read_text())[0]["error"] == "It crashed."


def test_peers_have_columns_means_and_reasons() -> None:
    settings = Settings("examples", "S", "transfer", peers=("numba", "jax")).identity
    screened = {
        "numba_n": {"ms": 4.0, "first_call_s": 1.0, "problem": ""},
        "jax": {"ms": 1.0, "first_call_s": 1.0, "problem": "It is off."},
    }
    fields = {"peer_versions": {"numba": "numba_n"}, "screened": screened, "baseline_valid": {"jax": False}}
    samples = {"ours": [2.0], "auto_optimize": [8.0], "numba": [4.0]}
    compared = Row("a", "kin", settings, samples_ms=samples, valid=True, context=CONTEXT, **fields).flat()
    text = table.render([compared], "title", "command")
    assert "| program | family | numpy | numba | jax | simplify | auto_optimize | ours |" in text
    assert "| a | kin | - | 4 [4, 4] n | WRONG | - | 8 [8, 8] | 2 [2, 2] |" in text
    assert "Geometric mean over Numba: 2x (1 programs)." in text and "over JAX" not in text
    assert "- a, jax: It is off." in text and "a, numba" not in text
    assert table.ratio(compared, "auto_optimize", of="numba") == pytest.approx(2.0)
