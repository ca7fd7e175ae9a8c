"""Whatever a child does, its worker answers, and the next order finds a child."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dace_transfer.sweep import work
from dace_transfer.sweep.task import CUT, DISK, DONE_CUTTING, FAILED, Answer, NewTask, Order
from dace_transfer.sweep.work import Crew

SERVANT = """
import os, signal, time
from dace_transfer.serving import serve

def handle(request, reply):
    what = request["arguments"]["what"]
    if what == "hang":
        time.sleep(1000)
    if what == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "nonsense":
        reply({})
    new = {"kind": "rate", "device": "cpu", "subject": "s", "label": "l", "payload": {}}
    reply({"state": "cut", "reason": os.environ["OMP_NUM_THREADS"], "records": [["recipe", {}]], "follow": [new]})

def main():
    serve(handle)
"""


@pytest.fixture
def crew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crew]:
    (tmp_path / "servant.py").write_text(SERVANT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    it = Crew("servant")
    yield it
    it.stop()


def order(what: str, timeout: float = 60.0, threads: int | None = 3) -> Order:
    return Order("o", CUT, "compile", "cpu", {"what": what}, threads, timeout)


def test_an_answer_is_plain_data(crew: Crew) -> None:
    answer = crew.work(order("fine"))
    assert 0 < answer.seconds < 60
    new = NewTask("rate", "cpu", "s", "l", {})
    assert answer == Answer(DONE_CUTTING, "", "3", (("recipe", {}),), (new,), answer.seconds)
    assert crew.work(order("fine", threads=5)).reason == "5", "another number of threads is another child"


def test_what_ends_the_child_costs_one_order(crew: Crew) -> None:
    hung = crew.work(order("hang", timeout=0.5))
    assert (hung.state, hung.failure) == (FAILED, "timeout")
    for what, kind in (("segfault", "crash"), ("killed", "memory")):
        died = crew.work(order(what))
        assert (died.state, died.failure) == ("", kind), "it is tried again, for it may have been another's fault"
        assert crew.work(order("fine")).state == DONE_CUTTING
    assert crew.work(order("nonsense")).failure == "protocol"


def test_a_full_disk_is_nobodys_fault(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    room = iter([True, False, False])
    monkeypatch.setattr(work, "_has_room", lambda: next(room))
    for _ in range(2):
        answer = crew.work(order("fine"))
        assert (answer.state, answer.failure, answer.records) == ("", DISK, ())


def test_a_crew_that_is_stopped_ends_what_hangs(crew: Crew) -> None:
    answers = []
    thread = threading.Thread(target=lambda: answers.append(crew.work(order("hang"))))
    thread.start()
    deadline = time.monotonic() + 60
    while not crew._children and time.monotonic() < deadline:
        time.sleep(0.05)
    crew.stop()
    thread.join(30)
    assert not thread.is_alive() and answers[0].state == ""
    assert crew.work(order("fine")).state == "", "it takes no further orders"
