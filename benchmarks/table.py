"""Renders rows as Markdown, with everything a reader needs to judge them."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers import PEERS
from benchmarks.settings import peers_of
from dace_transfer.whole import whole

Rows = Sequence[Mapping[str, Any]]

_TITLES = {"numpy": "NumPy"} | {name: peer.title for name, peer in PEERS.items()}
_LONGEST_PROBLEM = 200


def write(rows: Rows | Mapping[str, Any], text: str, path: Path) -> None:
    """Write rows as JSON, and the table of them that `render` made beside it, with the ending ".md"."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for file, content in ((path, json.dumps(rows, indent=1) + "\n"), (path.with_suffix(".md"), text)):
        with whole(file) as part:
            part.write_text(content)


def render(rows: Rows, title: str, command: str) -> str:
    """One table with a line per row, the geometric means under it, and the circumstances over it."""
    lines = [f"# {title}", "", f"`{command}`", "", *circumstances(rows), "", *_header(_shown(rows))]
    lines += [_line(row, _shown(rows)) for row in rows]
    lines += ["", *summary(rows)]
    problems = [f"- {row['program']}: {row['error']}" for row in rows if row["error"]]
    if problems:
        lines += ["", "What went wrong:", "", *problems]
    if out := [line for row in rows for line in _left_out(row)]:
        lines += ["", "Peers that are left out of a program:", "", *out]
    return "\n".join(lines) + "\n"


def summary(rows: Rows) -> list[str]:
    """Geometric means of what is gained, over the rows whose result is right."""
    right = [row for row in rows if row["valid"]]
    lines = [f"{len(right)} of {len(rows)} programs give the result of NumPy."]
    for side in ("auto_optimize", "simplify", "numpy", *asked(rows)):
        ratios = [r for row in right if (r := ratio(row, side)) is not None]
        if ratios:
            mean = statistics.geometric_mean(ratios)
            lines.append(f"Geometric mean over {title_of(side)}: {mean:.3g}x ({len(ratios)} programs).")
    lines += _first_calls(rows)
    wrong = [row["program"] for row in rows if row["valid"] is False]
    if wrong:
        lines.append(f"WRONG RESULTS: {', '.join(wrong)}.")
    return lines


def ratio(row: Mapping[str, Any], side: str, of: str = "ours") -> float | None:
    """How many times faster one side is than another, None where either has no time or is known to be wrong."""
    mine, theirs = row.get(f"{of}_ms"), row.get(f"{side}_ms")
    if not mine or not theirs or any(row["baseline_valid"].get(name) is False for name in (of, side)):
        return None
    return float(theirs / mine)


def asked(rows: Rows) -> list[str]:
    """The peers that any of the rows was compared with."""
    wanted = {name for row in rows for name in peers_of(row)}
    return [name for name in PEERS if name in wanted]


def title_of(side: str) -> str:
    """How a side is written."""
    return _TITLES.get(side, side)


def circumstances(rows: Rows) -> list[str]:
    """The machine, the versions and how it was measured, as a list of points."""
    if not rows:
        return ["No program was run."]
    row = rows[-1]
    context = row["context"]
    if not context:
        return ["The machine is not known: the last program did not start."]
    *most, last = [title_of(side) for side in ("numpy", *asked(rows))]
    others = f"{', '.join(most)} and {last}, which bring their" if most else f"{last}, which brings its"
    packages = ", ".join(f"{name} {version}" for name, version in context["versions"].items())
    loads = [known["load"] for r in rows if (known := r["context"])]
    return [
        f"- {context['device']}, {context['threads']} threads, OMP_WAIT_POLICY {context['wait_policy']}; "
        f"load when a program began {min(loads):.1f} to {max(loads):.1f}",
        f"- {context['compiler']}, {context['flags']}; Python {context['python']}, {packages}",
        f"- {context['date'][:10]}; preset {row['preset']}, mode {row['mode']}, "
        + ("no record of a program's own family may donate" if row["leave_family_out"] else "all records may donate"),
        f"- Milliseconds: the median over {row['rounds']} interleaved fresh processes per side (fewer where they take "
        "minutes), in brackets the fastest and slowest process; the same threads for all, the same flags "
        f"and BLAS for all sides but {others} own.",
        "- NumPy is the reference that every result is checked against. Where ours is the very binary of "
        "auto_optimize, it is timed once.",
        *_about_peers(rows),
    ]


def _about_peers(rows: Rows) -> list[str]:
    if not asked(rows):
        return []
    return [
        "- Of each peer, the version that was fastest in one process, its kind after the times: Numba parallel (np), "
        "with explicit parallel loops (npr) or sequential (n); JAX with library calls (lib). Compiling is not timed."
    ]


def _shown(rows: Rows) -> list[str]:
    return ["numpy", *asked(rows), "simplify", "auto_optimize", "ours"]


def _header(shown: Sequence[str]) -> list[str]:
    names = ["program", "family", *shown, "ours over auto_optimize", "used", "right", "first call s"]
    return [cells(names), cells(["---"] * 2 + ["---:"] * (len(shown) + 1) + ["---"] * 2 + ["---:"])]


def _line(row: Mapping[str, Any], shown: Sequence[str]) -> str:
    gain = ratio(row, "auto_optimize")
    right = {True: "yes", False: "**NO**", None: "-"}[row["valid"]]
    return cells(
        [
            row["program"],
            row["family"],
            *(_time(row, side) for side in shown),
            f"{gain:.2f}x" if gain else "-",
            row["used"] or "-",
            right,
            _first_call(row),
        ]
    )


def _time(row: Mapping[str, Any], side: str) -> str:
    wrong = " WRONG" if row["baseline_valid"].get(side) is False else ""
    if row.get(f"{side}_ms") is None:
        return wrong.strip() or "-"
    middle, low, high = (row[f"{side}_ms{end}"] for end in ("", "_low", "_high"))
    _, _, kind = row.get("peer_versions", {}).get(side, "").partition("_")
    return f"{middle:.3g} [{low:.3g}, {high:.3g}]{kind and ' ' + kind}{wrong}"


def _first_call(row: Mapping[str, Any]) -> str:
    """Seconds of the first call, and how many times as long it takes as without tuning."""
    first, times = row["first_call_s"], _over_untuned(row)
    return "-" if first is None else f"{first:.1f}" if times is None else f"{first:.1f} ({times:.1f}x)"


def _over_untuned(row: Mapping[str, Any]) -> float | None:
    first, untuned = row["first_call_s"], row.get("untuned_s")
    return first / untuned if first and untuned else None


def _first_calls(rows: Rows) -> list[str]:
    """What first calls cost, and where their time goes."""
    times = [t for row in rows if (t := _over_untuned(row)) is not None]
    if not times:
        return []
    spent = Counter[str]()
    for row in rows:
        spent.update(row["seconds"])
    total = sum(row["first_call_s"] or 0.0 for row in rows)
    shares = ", ".join(f"{phase} {100 * seconds / total:.0f} %" for phase, seconds in spent.most_common())
    mean, count = statistics.geometric_mean(times), len(times)
    return [
        f"Geometric mean of first calls over parsing, auto_optimize and compiling: {mean:.3g}x ({count} programs).",
        f"Of all first calls: {shares}.",
    ]


def _left_out(row: Mapping[str, Any]) -> list[str]:
    """A line for each version of the peers that have no time."""
    absent = [version for peer in peers_of(row) if peer not in row["peer_versions"] for version in PEERS[peer].versions]
    tried = {version: row["screened"][version]["problem"] for version in absent if version in row["screened"]}
    return [f"- {row['program']}, {version}: {problem[:_LONGEST_PROBLEM]}" for version, problem in tried.items()]


def cells(texts: Sequence[str]) -> str:
    """One line of a table."""
    return "| " + " | ".join(texts) + " |"
