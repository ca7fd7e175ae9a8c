"""Whether races are right under the noise of this machine, and what they cost.

    python -m benchmarks.racing [--comparisons 300] [--slowdowns 0.05,0.2] [--json OUT]

Binaries run against themselves, where nobody may win; against the same program with more work, where the one with
less must win; and one with less work runs among several that are the baseline. With `--json`, every race is kept with
all its samples in a file of JSON lines beside the rows, and is not run again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.context import describe
from benchmarks.options import Json, Programs, listed
from benchmarks.quiet import Quiet
from benchmarks.racing.contest import FIELD, PLANTED, SAME, Contest, Line, append, contest_of, hold, plan, recall
from benchmarks.racing.programs import MOST, SUBJECTS, build
from benchmarks.racing.summary import render, rows
from benchmarks.run import Say, choose, progress, show
from benchmarks.table import write
from dace_transfer import toolchain
from dace_transfer.building.binary import Binary
from dace_transfer.building.builder import Builder
from dace_transfer.cli.output import one_sentence
from dace_transfer.errors import DaceTransferError
from dace_transfer.hardware import describe_cpu
from dace_transfer.target import Target

_PATIENCE = 3600.0  # Seconds to wait in all while other processes compute.

app = typer.Typer()


@app.command()
def main(
    comparisons: Annotated[int, typer.Option(help="Races of binaries against themselves, over all programs.")] = 300,
    planted: Annotated[int, typer.Option(help="Races against each planted slowdown, over all programs.")] = 100,
    fields: Annotated[int, typer.Option(help="Races of several candidates for each slowdown.")] = 50,
    slowdowns: Annotated[str, typer.Option(help="Comma-separated shares of more work, up to 0.25.")] = "0.05,0.2",
    programs: Programs = "",
    json: Json = None,
) -> None:
    """Run races whose outcome is known."""
    counts = {SAME: comparisons, PLANTED: planted, FIELD: fields}
    command = f"python -m benchmarks.racing --comparisons {comparisons} --planted {planted} --fields {fields}"
    with one_sentence():
        shares = _shares(slowdowns)
        names = choose(list(SUBJECTS), listed(programs))
        chosen = f" --programs {programs}" if programs else ""
        _run(plan(names, shares, counts), names, shares, json, f"{command} --slowdowns {slowdowns}{chosen}")


def _shares(text: str) -> list[float]:
    try:
        shares = [float(share) for share in text.split(",")]
    except ValueError:
        shares = []
    if not shares or not all(0 < share <= MOST for share in shares):
        raise DaceTransferError(f"--slowdowns takes shares above 0 and up to {MOST}, as in 0.05,0.2; got '{text}'.")
    return shares


def _run(
    contests: Sequence[Contest], names: Sequence[str], slowdowns: Sequence[float], out: Path | None, command: str
) -> None:
    toolchain.activate()
    target = describe_cpu()
    context = describe(target)
    file = out.with_suffix(".jsonl") if out is not None else None
    known = {contest_of(line): line for line in recall(file, target, {n: SUBJECTS[n].sizes for n in SUBJECTS})}
    lines = [known[contest] for contest in contests if contest in known]
    missing = [contest for contest in contests if contest not in known]
    quiet = Quiet(_PATIENCE)
    with tempfile.TemporaryDirectory(prefix="dace-transfer-racing-") as folder, progress(len(missing)) as say:
        with Builder(target, Path(folder), workers=1) as builder:
            raced = sorted({contest.program for contest in missing}, key=names.index)
            binaries = {name: build(SUBJECTS[name], slowdowns, builder) for name in raced}
        for contest in missing:
            quiet.wait(partial(say, contest.program))
            lines.append(_hold(contest, binaries[contest.program], target, say))
            if file is not None:
                append(lines[-1], file)
    found = rows(lines)
    text = render(found, context, [line["load"] for line in lines], command)
    if out is not None:
        write([row | {"context": context} for row in found], text, out)
    show(text)


def _hold(contest: Contest, binaries: Mapping[float, Binary], target: Target, say: Say) -> Line:
    line = hold(contest, binaries, SUBJECTS[contest.program].sizes, target)
    what = f"{contest.kind} {contest.slowdown:.0%}" if contest.slowdown else contest.kind
    say(contest.program, f"{what}: {', '.join(line['verdicts'])}, {line['seconds']:.1f} s")
    return line


if __name__ == "__main__":
    app()
