"""Draws what is gained over auto_optimize, program by program, with the peers beside it."""

from __future__ import annotations

import statistics
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers import load
from benchmarks.table import Rows, asked, ratio, title_of
from dace_transfer.whole import whole

PACKAGE = "matplotlib"
BASELINE = "auto_optimize"

_BAR = "#88aacc"
_MARKS = {
    "numpy": ("o", "#444444"),
    "numba": ("^", "#cc5511"),
    "jax": ("D", "#228833"),
    "sparse_dot_mkl": ("s", "#3355aa"),
}
_LINE_HEIGHT, _MARGIN, _WIDTH = 0.21, 1.7, 8.5
_WRAP = 110


def write(rows: Rows, title: str, path: Path) -> None:
    """Write the plot beside a result file, with the ending ".svg"."""
    save(lambda: draw(rows, title), title, path.with_suffix(".svg"))


def save(make: Callable[[], Any], title: str, file: Path) -> None:
    """Write the `matplotlib.figure.Figure` that `make` draws as SVG; the file appears as a whole or not at all."""
    # Text stays text, and equal drawings of one title give equal files.
    with whole(file) as part, load(PACKAGE).rc_context({"svg.fonttype": "none", "svg.hashsalt": title}):
        make().savefig(part, format="svg", metadata={"Date": None})


def draw(rows: Rows, title: str) -> Any:
    """A bar per program from auto_optimize to ours, on a logarithmic scale, with a mark for NumPy and each peer.

    Args:
        rows: Flat rows. Those without a right baseline are named under the plot.
        title: Over the plot.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    shown = sorted((row for row in rows if gains(row)), key=lambda row: gains(row).get("ours", 0.0))
    figure = load("matplotlib.figure").Figure((_WIDTH, _MARGIN + _LINE_HEIGHT * len(shown)), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xscale("log")
    _draw_bars(axes, shown)
    for side in ("numpy", *asked(rows)):
        _draw_marks(axes, shown, side)
    axes.axvline(1.0, color="black", linewidth=0.8)
    axes.xaxis.set_major_locator(load("matplotlib.ticker").LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}x")
    axes.xaxis.set_minor_formatter(lambda value, _: "")
    axes.tick_params(axis="x", labelsize=7)
    axes.set_yticks(range(len(shown)), [row["program"] for row in shown], fontsize=8)
    axes.set_ylim(-0.7, len(shown) - 0.3)
    axes.grid(axis="x", linewidth=0.3)
    axes.set_xlabel(textwrap.fill(_legend(rows, shown), _WRAP), fontsize=8)
    axes.set_title(title, fontsize=10)
    figure.legend(loc="outside upper center", ncols=4, fontsize=8, frameon=False)
    return figure


def gains(row: Mapping[str, Any]) -> dict[str, float]:
    """By side, how many times faster than auto_optimize it is; sides that are wrong or have no time are absent."""
    sides = ["numpy", *asked([row]), *(["ours"] if row["valid"] else [])]
    return {side: gain for side in sides if (gain := ratio(row, BASELINE, of=side)) is not None}


def _draw_bars(axes: Any, shown: Rows) -> None:
    places, widths = _places(shown, "ours")
    axes.barh(places, [gain - 1.0 for gain in widths], left=1.0, height=0.75, color=_BAR, label=_label("ours", widths))


def _draw_marks(axes: Any, shown: Rows, side: str) -> None:
    places, found = _places(shown, side)
    shape, color = _MARKS[side]
    axes.plot(found, places, shape, color=color, markersize=4, markerfacecolor="none", label=_label(side, found))


def _places(shown: Rows, side: str) -> tuple[list[int], list[float]]:
    known = [(place, gain) for place, row in enumerate(shown) if (gain := gains(row).get(side)) is not None]
    return [place for place, _ in known], [gain for _, gain in known]


def _label(side: str, found: Sequence[float]) -> str:
    mean = f"{statistics.geometric_mean(found):.3g}x of {len(found)}" if found else "none"
    return f"{title_of(side)} ({mean})"


def _legend(rows: Rows, shown: Rows) -> str:
    missing = [row["program"] for row in rows if not gains(row)]
    absent = f" Without a right baseline: {', '.join(missing)}." if missing else ""
    return f"Times faster than auto_optimize; in brackets the geometric mean and of how many programs.{absent}"
