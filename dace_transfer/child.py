"""A child process that answers in lines of JSON, and that is ended for real when it hangs."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Where this package was found; last on the child's path, it matters only where nothing is installed.
_ROOT = str(Path(__file__).resolve().parent.parent)
_TAIL = 2000
_OUT_OF_MEMORY = ("bad_alloc", "MemoryError", "Thread creation failed", "Cannot allocate memory")


@dataclass(frozen=True)
class Ended:
    """Why a child will not answer any more.

    Attributes:
        kind: "timeout", "memory" or "crash".
        message: One sentence, with the end of what the child wrote to its error stream.
    """

    kind: str
    message: str


class Child:
    """One Python child in its own process group, spoken to in lines of JSON over pipes.

    The child imports a module and calls its `main`, which must be built on `dace_transfer.serving.serve`: it reads
    requests from its input, writes answers to its output, and ends when this process is gone.
    """

    def __init__(self, module: str, environment: Mapping[str, str], folder: Path) -> None:
        """Start the child.

        Args:
            module: Module with a `main`.
            environment: Variables added to those of this process.
            folder: Working folder of the child.
        """
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        self._buffer = b""
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"import sys; sys.path.append({_ROOT!r}); import {module} as it; it.main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=folder,
            env={**os.environ, **environment},
            start_new_session=True,
        )

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def send(self, request: Mapping[str, Any]) -> None:
        """Send one request. A child that is gone is noticed by the next `receive`."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()

    def receive(self, timeout: float) -> dict[str, Any] | Ended:
        """Wait for one answer; a child that takes longer than `timeout` seconds is killed with its group."""
        deadline = time.monotonic() + timeout
        while b"\n" not in self._buffer:
            chunk = self._read(deadline - time.monotonic())
            if chunk is None:
                self.kill()
                return Ended("timeout", f"It did not finish within {timeout:.3g} s and was ended.")
            if not chunk:
                return self._post_mortem()
            self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\n", 1)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def kill(self) -> None:
        """End the child and everything it started; another thread may be waiting for it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        """End the child and free its pipes."""
        self.kill()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
        self._log.close()

    def _read(self, timeout: float) -> bytes | None:
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            if not selector.select(max(timeout, 0.0)):
                return None
        return os.read(self._process.stdout.fileno(), 1 << 16)

    def _post_mortem(self) -> Ended:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            code = 0
        self.kill()
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - _TAIL))
        tail = self._log.read().decode(errors="replace").strip()
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        # The kernel's out-of-memory killer leaves no other trace than its signal.
        memory = code == -signal.SIGKILL or any(text in tail for text in _OUT_OF_MEMORY)
        message = f"The process ended with {how}." + (f" It wrote: {tail}" if tail else "")
        return Ended("memory" if memory else "crash", message)
