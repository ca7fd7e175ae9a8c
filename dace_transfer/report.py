"""What was decided for every workload of a program, and why: plain data that renders as text, HTML and JSON."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter

from dace_transfer.verdict import Verdict


@dataclass(frozen=True)
class StepTrace:
    """What one step of a recipe did: its text, how many nodes it matched, the outcome and why."""

    step: str
    matched: int
    outcome: str
    detail: str


@dataclass(frozen=True)
class Attempt:
    """One recipe that was considered for a workload.

    Attributes:
        recipe: Name of the recipe; its id where it has none.
        recipe_id: Content hash.
        text: The recipe in its text form.
        origin: Where it came from: "neighbour", "exact", "portfolio", "mutation" or "baseline".
        donor: Digest of the workload that donated it, "" where none did.
        donor_program: A program the donor occurs in.
        distance: Distance of the donor's embedding, None where there is no donor.
        verdict: What became of it.
        reason: One sentence.
        trace: What each step did.
        ratio: Time of auto_optimize over time of this, or None when not timed.
        samples: Every time taken of it, in seconds.
        doubt: From -1 to 1, share of the near workloads that it made slower, less the share that it made faster; None
            where no neighbours were asked.
    """

    recipe: str
    recipe_id: str
    text: str
    origin: str
    donor: str
    donor_program: str
    distance: float | None
    verdict: Verdict
    reason: str
    trace: tuple[StepTrace, ...] = ()
    ratio: float | None = None
    samples: tuple[float, ...] = ()
    doubt: float | None = None


@dataclass(frozen=True)
class Decision:
    """What was decided for one workload.

    Attributes:
        workload: Its digest.
        kind: "program", "region", "state", "group" or "nest".
        content: Short description of what it computes.
        sizes: Value of each of its symbols.
        verdict: FASTER when a recipe is used, otherwise why none is.
        reason: One sentence.
        chosen: Name of the recipe that is used, "" when the workload is left as auto_optimize makes it.
        attempts: Every recipe considered, best first.
        parts: Decisions for the smaller workloads it was cut into: where no recipe was found for the whole, and in a
            search.
    """

    workload: str
    kind: str
    content: str
    sizes: Mapping[str, int]
    verdict: Verdict
    reason: str
    chosen: str
    attempts: tuple[Attempt, ...] = ()
    parts: tuple[Decision, ...] = ()

    def walk(self) -> Iterator[tuple[int, Decision]]:
        """Yield this decision and all below it, each with its depth."""
        yield 0, self
        for part in self.parts:
            yield from ((depth + 1, decision) for depth, decision in part.walk())


@dataclass(frozen=True)
class Report:
    """How a program was tuned.

    Attributes:
        program: Its name.
        mode: "transfer", "measure", "search" or "replay".
        target: Digest of the device.
        device: The device in words.
        sizes: Value of each symbol of the program.
        verdict: Of the whole program.
        reason: One sentence.
        used: "tuned", "normalized" (auto_optimize of the normal form), "auto_optimize" or "simplified".
        ratio: Time of auto_optimize over time of what is used, or None when not timed.
        decision: For the whole program, with the decisions for its parts below it; None when tuning failed.
        seconds: Where the time of tuning went, by phase.
    """

    program: str
    mode: str
    target: str
    device: str
    sizes: Mapping[str, int]
    verdict: Verdict
    reason: str
    used: str
    ratio: float | None = None
    decision: Decision | None = None
    seconds: Mapping[str, float] | None = None

    def to_json(self) -> str:
        """The whole report as JSON text."""
        return _adapter().dump_json(self, indent=1).decode()

    @staticmethod
    def from_json(text: str) -> Report:
        """Read back what `to_json` wrote."""
        return _adapter().validate_json(text)

    def __str__(self) -> str:
        sizes = ", ".join(f"{name}={value}" for name, value in self.sizes.items())
        speed = f", {self.ratio:.2f}x auto_optimize" if self.ratio is not None else ""
        lines = [
            f"{self.program}({sizes}) on {self.device}, mode {self.mode}: {self.verdict.value}{speed}",
            f"  uses: {self.used}. {self.reason}",
        ]
        for depth, decision in self.decision.walk() if self.decision else ():
            lines += ["  " * (depth + 1) + line for line in _decision_lines(decision)]
        if self.seconds:
            lines.append("  seconds: " + ", ".join(f"{name} {value:.1f}" for name, value in self.seconds.items()))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """A static table for notebooks: no scripts, so that it survives any renderer."""
        head = html.escape("\n".join(str(self).splitlines()[:2]))
        rows = "".join(_html_rows(d, depth) for depth, d in (self.decision.walk() if self.decision else ()))
        titles = "".join(
            f"<th>{t}</th>" for t in ("workload", "verdict", "recipe", "origin", "distance", "ratio", "why")
        )
        return f"<pre>{head}</pre><table><thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table>"


def _adapter() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


def _decision_lines(decision: Decision) -> list[str]:
    chosen = f" -> {decision.chosen}" if decision.chosen else ""
    lines = [
        f"{decision.kind} {decision.workload[:8]} [{decision.content}]: {decision.verdict.value}{chosen}",
        f"    {decision.reason}",
    ]
    for attempt in decision.attempts:
        near = f" at distance {attempt.distance:.2f}" if attempt.distance is not None else ""
        doubt = f", doubt {attempt.doubt:.2f}" if attempt.doubt is not None else ""
        donor = f" of {attempt.donor_program} ({attempt.donor[:8]}){near}{doubt}" if attempt.donor else ""
        ratio = f" {attempt.ratio:.2f}x" if attempt.ratio is not None else ""
        name = attempt.recipe
        lines.append(f"    - {name} ({attempt.origin}{donor}): {attempt.verdict.value}{ratio}. {attempt.reason}")
        lines += [f"        {t.step}: {t.outcome}{', ' + t.detail if t.detail else ''}" for t in attempt.trace]
    return lines


def _html_rows(decision: Decision, depth: int) -> str:
    what = f"{'&nbsp;' * 4 * depth}{decision.kind} <code>{decision.workload[:8]}</code> {html.escape(decision.content)}"
    chosen, reason = html.escape(decision.chosen), html.escape(decision.reason)
    cells: tuple[str, ...] = (what, decision.verdict.value, chosen, "", "", "", reason)
    rows = ["<tr>" + "".join(f"<td><b>{cell}</b></td>" for cell in cells) + "</tr>"]
    for attempt in decision.attempts:
        steps = "; ".join(f"{t.step}: {t.outcome}" for t in attempt.trace)
        distance = f"{attempt.distance:.2f}" if attempt.distance is not None else ""
        ratio = f"{attempt.ratio:.2f}" if attempt.ratio is not None else ""
        origin = f"{attempt.origin} {attempt.donor_program}".strip()
        texts = (attempt.recipe, origin, distance, ratio)
        cells = ("", attempt.verdict.value, *(html.escape(t) for t in texts), html.escape(attempt.reason))
        title = html.escape(steps, quote=True)
        rows.append(f'<tr title="{title}">' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return "".join(rows)
