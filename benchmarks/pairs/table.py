"""How near the forms of each computation are to one another once they are tuned, and whether that is near enough."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.pairs.digests import number, word
from benchmarks.pairs.forms import FORMS
from benchmarks.pairs.row import FlatRow, Forms, by_kernel, equal
from benchmarks.table import cells, circumstances, ratio

MEDIAN_GAP, WORST_GAP, EQUAL_SHARE, SPEEDUP = 1.05, 1.3, 12 / 15, 1.3


@dataclass(frozen=True)
class Bar:
    """One thing that is asked of a run.

    Attributes:
        name: What is measured.
        value: What came out, None where nothing could be measured.
        wanted: What is asked for, in words.
        met: Whether it is as asked.
    """

    name: str
    value: float | None
    wanted: str
    met: bool


def bars(rows: Iterable[FlatRow]) -> list[Bar]:
    """What is asked of a run, over the forms that it has. Nothing measured is nothing met."""
    kernels = by_kernel(rows)
    others = [form for form in FORMS[1:] if any(form in forms for forms in kernels.values())]
    found: list[Bar] = []
    for form in others:
        gaps = [gap(forms, form, "ours") for forms in kernels.values()]
        known = [value for value in gaps if value is not None]
        found.append(_at_most(f"median A:{form}", statistics.median(known) if known else None, MEDIAN_GAP))
        found.append(_at_most(f"worst A:{form}", max(known) if len(known) == len(gaps) else None, WORST_GAP))
        same = sum(equal(forms, form) is True for forms in kernels.values())
        found.append(_at_least(f"equal digests A={form}", same, math.ceil(EQUAL_SHARE * len(kernels))))
    every = [row for forms in kernels.values() for row in forms.values()]
    gains = [gain for row in every if (gain := _gain(row))]
    name = f"speedup over auto_optimize, of {len(gains)} of {len(every)} forms"
    found.append(_at_least(name, statistics.geometric_mean(gains) if gains else None, SPEEDUP))
    wrong = sum(row["valid"] is not True for row in every)
    return [*found, _at_most("tuned forms without the right result", wrong, 0)]


def gap(forms: Forms, form: str, side: str) -> float | None:
    """How many times slower the slower one of form A and another is; None where one has no time or is wrong."""
    times = [_right_time(forms[name], side) for name in ("A", form) if name in forms]
    return max(known) / min(known) if len(known := [time for time in times if time]) == 2 else None


def render(rows: Sequence[FlatRow], title: str, command: str) -> str:
    """The circumstances, a line per computation, what it comes to, and what went wrong."""
    kernels = by_kernel(rows)
    lines = [f"# {title}", "", f"`{command}`", "", *circumstances(rows), *_LEGEND, "", *_header()]
    lines += [_line(name, forms) for name, forms in kernels.items()]
    lines += ["", *summary(kernels), "", *_bar_lines(bars(rows))]
    problems = [f"- {row['program']}: {row['error']}" for row in rows if row["error"]]
    return "\n".join([*lines, *(["", "What went wrong:", "", *problems] if problems else [])]) + "\n"


def summary(kernels: Mapping[str, Forms]) -> list[str]:
    """Medians, worst cases and means."""
    lines = []
    for side, words in (("ours", "Tuned"), ("auto_optimize", "auto_optimize")):
        for form in FORMS[1:]:
            known = {name: g for name, forms in kernels.items() if (g := gap(forms, form, side)) is not None}
            if known:
                worst = max(known, key=known.__getitem__)
                lines.append(
                    f"- {words}, A:{form}: median {statistics.median(known.values()):.3g}, "
                    f"worst {known[worst]:.3g} ({worst}), of {len(known)}."
                )
    for form in FORMS:
        gains = [gain for forms in kernels.values() if form in forms and (gain := _gain(forms[form]))]
        if gains:
            lines.append(
                f"- Form {form} over auto_optimize: geometric mean {statistics.geometric_mean(gains):.3g}x, "
                f"of {len(gains)}."
            )
    return lines


_LEGEND = [
    "- A: explicit loops in the customary order; B: explicit loops of another structure; C: as one writes it with "
    "NumPy. A:B is how many times slower the slower one of A and B is.",
    "- same: whether the normalised programs have one digest; part: whether their parts with the most work have; "
    "code: whether the tuned programs have; distance: between the embeddings of the normalised programs where they "
    "differ.",
    "- All versions of a computation are timed interleaved; auto_optimize starts from the program as written. Where "
    "it fails or is wrong, nothing is compared with it.",
]


def _header() -> list[str]:
    names = ["computation", *(f"{form} ms" for form in FORMS)]
    for form in FORMS[1:]:
        names += [f"A:{form}", f"auto_optimize A:{form}", "same", "part", "code", "distance"]
    names += [f"{form} over auto_optimize" for form in FORMS]
    names += ["normalize s", "auto_optimize s", "right"]
    return [cells(names), cells(["---"] + ["---:"] * (len(names) - 2) + ["---"])]


def _line(name: str, forms: Forms) -> str:
    texts = [name, *(_time(forms[form]) if form in forms else "-" for form in FORMS)]
    for form in FORMS[1:]:
        same = [equal(forms, form, key) for key in ("digest", "dominant", "tuned_digest")]
        away = forms[form]["distance"] if form in forms and same[0] is False else None
        gaps = [number(gap(forms, form, side)) for side in ("ours", "auto_optimize")]
        texts += [*gaps, *map(word, same), number(away)]
    texts += [f"{gain:.2f}x" if form in forms and (gain := _gain(forms[form])) else "-" for form in FORMS]
    for key in ("normalize_s", "auto_optimize_s"):
        texts.append(" ".join(number(row[key]) for row in forms.values()))
    wrong = [form for form, row in forms.items() if row["valid"] is not True]
    return cells([*texts, f"**NOT {' '.join(wrong)}**" if wrong else "yes"])


def _time(row: FlatRow) -> str:
    if row["ours_ms"] is None:
        return "-"
    return f"{row['ours_ms']:.3g} [{row['ours_ms_low']:.3g}, {row['ours_ms_high']:.3g}]"


def _right_time(row: FlatRow, side: str) -> float | None:
    right = row["valid"] if side == "ours" else row["baseline_valid"].get(side)
    return row[f"{side}_ms"] if right else None


def _gain(row: FlatRow) -> float | None:
    """The speedup of a form with the right result; None where it has no baseline."""
    return ratio(row, "auto_optimize") if row["valid"] else None


def _bar_lines(found: Sequence[Bar]) -> list[str]:
    head = [cells(["asked for", "wanted", "found", "met"]), cells(["---", "---:", "---:", "---"])]
    return head + [cells([b.name, b.wanted, number(b.value, form=".3g"), "yes" if b.met else "**no**"]) for b in found]


def _at_most(name: str, value: float | None, limit: float) -> Bar:
    return Bar(name, value, f"at most {limit:g}", value is not None and value <= limit)


def _at_least(name: str, value: float | None, limit: float) -> Bar:
    return Bar(name, value, f"at least {limit:g}", value is not None and value >= limit)
