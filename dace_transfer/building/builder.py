"""Turns SDFGs into binaries, in child processes that are killed when they take too long."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import dace

from dace_transfer.building.binary import Binary, Failure
from dace_transfer.target import Target


class Builder:
    """A pool of child processes that compile, and a cache of what they compiled."""

    def __init__(self, target: Target, root: Path, workers: int = 2) -> None:
        """Prepare a builder; children start when there is something to build.

        Args:
            target: Its flags are those of every build.
            root: Folder of the cache; shared by processes, made if missing.
            workers: Children that compile at the same time.
        """
        self.target = target
        self.root = root

    def __enter__(self) -> Builder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def build(self, sdfgs: Sequence[dace.SDFG], timeout: float = 120.0) -> list[Binary | Failure]:
        """Build SDFGs, together as far as that works.

        Returns:
            One outcome per SDFG, in the order given.
        """
        raise NotImplementedError

    def close(self) -> None:
        """End the children."""
