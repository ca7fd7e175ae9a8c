"""A coordinator's name tells whether its process is gone."""

from __future__ import annotations

import platform
import subprocess
import sys
import time

from dace_transfer.sweep.owner import is_gone, owner_name

NAMED = "from dace_transfer.sweep.owner import owner_name; print(owner_name())"


def test_who_runs_is_not_gone_and_who_ended_is() -> None:
    mine = owner_name()
    assert mine != owner_name() and not is_gone(mine)
    ended = subprocess.run([sys.executable, "-c", NAMED], capture_output=True, text=True, check=True).stdout.strip()
    assert is_gone(ended)
    assert not is_gone(ended.replace(platform.node(), "another host")), "of other hosts nothing is known"


def test_who_was_killed_is_gone_before_its_parent_knows() -> None:
    code = f"{NAMED}; import sys, time; sys.stdout.flush(); time.sleep(1000)"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    name = process.stdout.readline().strip()
    assert not is_gone(name)
    process.kill()
    deadline = time.monotonic() + 30
    while not is_gone(name) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert is_gone(name)
    process.communicate()


def test_another_process_with_the_same_number_is_another() -> None:
    host, process, started, unique = owner_name().rsplit(" ", 3)
    assert is_gone(f"{host} {process} {float(started) - 100:.2f} {unique}")
