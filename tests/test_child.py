from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dace_transfer.child import Child, Ended

SERVANT = """
import os, time
from dace_transfer.serving import serve

def handle(request, reply):
    print("this is no answer")
    if request["do"] == "hang":
        time.sleep(1000)
    if request["do"] == "die":
        os.abort()
    if request["do"] == "eat":
        raise MemoryError("too much")
    reply({"did": request["do"], "answer": os.environ.get("ANSWER")})

def main():
    serve(handle)
"""


@pytest.fixture
def child(tmp_path: Path) -> Child:
    (tmp_path / "servant.py").write_text(SERVANT)
    it = Child("servant", {"ANSWER": "42"}, tmp_path)
    assert it.receive(60) == {"ready": True}
    return it


def test_answers_in_order_whatever_it_prints(child: Child) -> None:
    for what in ("one", "two"):
        child.send({"do": what})
    assert child.receive(10) == {"did": "one", "answer": "42"}
    assert child.receive(10) == {"did": "two", "answer": "42"}
    child.kill()


def test_a_hanging_child_is_ended(child: Child) -> None:
    child.send({"do": "hang"})
    outcome = child.receive(0.2)
    assert isinstance(outcome, Ended)
    assert outcome.kind == "timeout"
    assert not child.alive


@pytest.mark.parametrize(("what", "kind", "word"), [("die", "crash", "SIGABRT"), ("eat", "memory", "too much")])
def test_a_dying_child_is_an_outcome(child: Child, what: str, kind: str, word: str) -> None:
    child.send({"do": what})
    outcome = child.receive(20)
    assert isinstance(outcome, Ended)
    assert outcome.kind == kind
    assert word in outcome.message
    child.send({"do": "anything"})


def test_a_child_ends_with_its_parent_even_while_it_works(tmp_path: Path) -> None:
    (tmp_path / "servant.py").write_text(SERVANT)
    code = (
        "import sys, time; from pathlib import Path; from dace_transfer.child import Child\n"
        "child = Child('servant', {}, Path(sys.argv[1])); child.receive(60); child.send({'do': 'hang'})\n"
        "print(child._process.pid, flush=True); time.sleep(1000)"
    )
    root = str(Path(__file__).resolve().parent.parent)
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert running(pid)
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    deadline = time.monotonic() + 20
    while running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not running(pid)


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
