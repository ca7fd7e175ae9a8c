"""What applying a recipe tells: one entry for each step that was tried, also where the recipe failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dace_transfer.errors import NotApplicableError, StepFailedError


@dataclass(frozen=True)
class TraceEntry:
    """What became of one step.

    Attributes:
        step: The step as its recipe writes it; `validate` for the check at the end.
        matched: How many nodes its role meant.
        outcome: `done`; `skipped`: it did not apply and the recipe went on; `failed`: it ended the recipe, or the
            branch of alternatives it is in.
        detail: What the step did, or why it did not.
    """

    step: str
    matched: int
    outcome: Literal["done", "skipped", "failed"]
    detail: str


class RecipeNotApplicableError(NotApplicableError):
    """A step that must apply does not, so the recipe does not.

    Attributes:
        trace: What was tried, up to that step.
    """

    def __init__(self, message: str, trace: tuple[TraceEntry, ...] = ()):
        super().__init__(message)
        self.trace = trace


class RecipeFailedError(StepFailedError):
    """A step broke, or the recipe left an invalid SDFG.

    Attributes:
        trace: What was tried, up to what failed.
    """

    def __init__(self, message: str, trace: tuple[TraceEntry, ...] = ()):
        super().__init__(message)
        self.trace = trace
