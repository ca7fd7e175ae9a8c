"""Runs a suite, one child process per program, and keeps the rows as they come."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks import plot, table
from benchmarks.peers import require
from benchmarks.quiet import Quiet
from benchmarks.settings import Row, Settings
from benchmarks.suites import open_suite
from dace_transfer.errors import DaceTransferError

_ROOT = Path(__file__).parents[1]
_POLL = 0.3
_TAIL = 500
_PATIENCE = 300.0  # Seconds to wait in all while other processes compute.

Say = Callable[[str, str], None]


def run_suite(
    settings: Settings, names: Sequence[str], out: Path | None, title: str, command: str
) -> list[dict[str, Any]]:
    """Run programs one after the other and show the table.

    Args:
        settings: How to run them.
        names: Which; all when empty.
        out: File the rows are kept in, with the table and, where there are peers, a plot beside it. Rows it already
            holds with the same settings are not run again, and rows with other settings are left as they are.
        title: Over the table.
        command: What reproduces it.

    Returns:
        One row per program, in order.
    """
    if out is not None and settings.peers:
        require(plot.PACKAGE)
    chosen = choose(open_suite(settings.suite).names(), names)
    kept, others = recall(out, settings)
    mine = {row["program"]: row for row in kept}
    quiet = Quiet(_PATIENCE)
    with progress(len(chosen)) as say:
        for name in chosen:
            if name not in mine:
                quiet.wait(partial(say, name))
                mine[name] = run_program(settings, name, say).flat()
            say(name, sentence(mine[name]))
            if out is not None:
                done = [mine[known] for known in chosen if known in mine]
                table.write([*others, *mine.values()], table.render(done, title, command), out)
    rows = [mine[name] for name in chosen]
    if out is not None and settings.peers:
        plot.write(rows, title, out)
    show(table.render(rows, title, command))
    return rows


def run_program(settings: Settings, name: str, say: Say) -> Row:
    """Run one program in a child process; whatever becomes of that, there is a row."""
    with tempfile.TemporaryDirectory(prefix="dace-transfer-row-") as folder:
        file = Path(folder) / "row.json"
        end = run_child(
            "benchmarks.one", settings, [name], file, lambda: say(name, _row(file, settings, name).stage + " ...")
        )
        row = _row(file, settings, name)
        if row.stage != "done":
            row.blame(f"While {row.stage}, the process {end}")
        return row


def run_child(module: str, settings: Settings, arguments: Sequence[str], result: Path, tick: Callable[[], None]) -> str:
    """Run a module in a process of its own, which gets a settings file, the arguments and where its result goes.

    Args:
        module: What is run, as `python -m` names it.
        settings: How; also how long it may take.
        arguments: What for.
        result: The file that it writes; its folder is the process's own.
        tick: Called every now and then while it runs.

    Returns:
        How it ended, with the end of what it printed.
    """
    folder = result.parent
    settings_file, log = folder / "settings.json", folder / "log"
    settings_file.write_text(json.dumps(asdict(settings)))
    with log.open("w") as stream:
        child = subprocess.Popen(
            [sys.executable, "-m", module, str(settings_file), *arguments, str(result)],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(_python_path())},
            start_new_session=True,
        )
        end = _wait(child, settings.timeout, tick)
    return f"{end}: {log.read_text(errors='replace')[-_TAIL:].strip()}"


def recall(out: Path | None, settings: Settings) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of a result file that were made with these settings, and all others."""
    kept = json.loads(out.read_text()) if out is not None and out.is_file() else []
    mine = [row for row in kept if _answers(row, settings)]
    return mine, [row for row in kept if not _answers(row, settings)]


def _wait(child: subprocess.Popen[bytes], timeout: float, tick: Callable[[], None]) -> str:
    """Wait for a child and end it when its time is up, or when this process is to end; says how it ended."""
    deadline = time.monotonic() + timeout
    try:
        while child.poll() is None:
            if time.monotonic() > deadline:
                return f"took more than {timeout:.0f} s and was ended"
            tick()
            time.sleep(_POLL)
        return f"ended with status {child.returncode}"
    finally:
        # Its own children end by themselves when it is gone.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _row(file: Path, settings: Settings, name: str) -> Row:
    if not file.is_file():
        return Row(name, "", settings.identity)
    return Row(**json.loads(file.read_text()))


def _answers(row: dict[str, Any], settings: Settings) -> bool:
    return all(row.get(key) == value for key, value in settings.identity.items())


def choose(known: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Those wanted, all when none are named; an unknown one is an error."""
    if unknown := sorted(set(wanted) - set(known)):
        raise DaceTransferError(f"There is no program {', '.join(map(repr, unknown))}; choose of {', '.join(known)}.")
    return list(wanted or known)


def _python_path() -> list[str]:
    return [str(_ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]


def sentence(row: dict[str, Any]) -> str:
    """One line about a row."""
    gain = table.ratio(row, "auto_optimize")
    speed = f"{row['ours_ms']:.3g} ms, {gain:.2f}x auto_optimize" if gain else "not timed"
    right = {True: "right", False: "WRONG", None: "not checked"}[row["valid"]]
    return f"{speed}, {right}" + (f". {row['error'][:200]}" if row["error"] else "")


@contextmanager
def progress(total: int) -> Iterator[Say]:
    """A bar in a terminal; a line per finished program anywhere else."""
    console = Console()
    if console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("", total=total)

            def say(name: str, text: str) -> None:
                if text.endswith("..."):
                    bar.update(task, description=f"{name}: {text}")
                    return
                bar.console.print(f"{name}: {text}", markup=False, highlight=False)
                bar.advance(task)

            yield say
        return
    done = 0

    def line(name: str, text: str) -> None:
        nonlocal done
        if not text.endswith("..."):
            done += 1
            print(f"[{done}/{total}] {name}: {text}", flush=True)

    yield line


def show(text: str) -> None:
    """Print Markdown: formatted in a terminal, as it is anywhere else."""
    console = Console()
    if console.is_terminal:
        console.print(Markdown(text))
    else:
        print(text)
