"""The plot beside a result file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import plot, table
from benchmarks.peers import PEERS
from benchmarks.run import recall
from benchmarks.settings import Row, Settings

IDENTITY = Settings("examples", "S", "transfer", peers=("numba", "jax")).identity
COMMITTED = Path(__file__).parents[2] / "benchmarks" / "results" / "examples_M_transfer.json"


def row(program: str, **sides: float) -> dict[str, Any]:
    samples = {side: [time] for side, time in sides.items()}
    return Row(program, "", IDENTITY, samples_ms=samples, valid=True, baseline_valid={"jax": False}).flat()


def test_gains_leave_out_what_is_wrong_or_has_no_time() -> None:
    assert plot.gains(row("a", auto_optimize=8.0, ours=2.0, numba=4.0, jax=1.0)) == {"numba": 2.0, "ours": 4.0}
    assert plot.gains(row("b", ours=2.0, numba=4.0)) == {}


def test_a_plot_names_every_program_and_mean(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    rows = [row("first", auto_optimize=8.0, ours=2.0, numba=4.0), row("second", auto_optimize=1.0, ours=2.0)]
    plot.write([*rows, row("baseless", ours=1.0)], "Some title", tmp_path / "out.json")
    text = (tmp_path / "out.svg").read_text()
    for words in ("first", "second", "Some title", "ours (1.41x of 2)", "Numba (2x of 1)", "JAX (none)"):
        assert words in text
    assert "baseless" in text


def test_every_peer_has_a_mark() -> None:
    assert plot._MARKS.keys() == {"numpy", *PEERS}


def test_committed_results_still_load_and_runs_with_peers_are_others() -> None:
    settings = Settings("examples", "M", "transfer")
    mine, others = recall(COMMITTED, settings)
    assert len(mine) == len(json.loads(COMMITTED.read_text())) and not others
    assert "Geometric mean over auto_optimize" in table.render(mine, "title", "command")
    assert plot.gains(mine[0])["ours"] == table.ratio(mine[0], "auto_optimize")
    assert recall(COMMITTED, Settings("examples", "M", "transfer", peers=("numba",)))[0] == []
