"""The child's side of `dace_transfer.child`: answer requests until the parent is gone."""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

Request = dict[str, Any]
Reply = Callable[[dict[str, Any]], None]


def serve(handle: Callable[[Request, Reply], None]) -> None:
    """Reply that this child is ready, then hand each request to `handle`, which may reply any number of times.

    What the handler prints goes to the error stream, so that it cannot be mistaken for an answer. When the input
    closes, the parent is gone: the process group is ended at once, even in the middle of compiled code.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()

    def reply(answer: dict[str, Any]) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    reply({"ready": True})
    while True:
        handle(requests.get(), reply)


def _listen(requests: queue.SimpleQueue[Request]) -> None:
    for line in sys.stdin.buffer:
        requests.put(json.loads(line))
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)
