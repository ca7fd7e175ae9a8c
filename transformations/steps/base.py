"""What every step of a recipe is: its fields, and one function that rewrites an SDFG in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import dace


@dataclass(frozen=True)
class Handle:
    """A node an SDFG holds, and the state (and SDFG, through `state.sdfg`) it lives in."""

    state: dace.SDFGState
    node: Any


@dataclass(frozen=True)
class Done:
    """What a step did: how often it rewrote, and the nodes later steps may refer to as `it`."""

    count: int
    detail: str
    yields: Sequence[Handle] = ()


class Step(Protocol):
    """One rewrite. Implementations are frozen dataclasses whose fields are the step's whole state.

    Field types are restricted to str, int, bool, float, tuples of those and `Knob`, so that every step
    round-trips through text and JSON. The field `target`, where there is one, is a role.
    """

    name: ClassVar[str]

    def apply(self, sdfg: dace.SDFG, targets: Sequence[Handle]) -> Done:
        """Rewrite `sdfg` in place at `targets`.

        Raises:
            NotApplicableError: A precondition does not hold; nothing was changed.
            StepFailedError: Something was changed, then the step failed.
        """
        ...
