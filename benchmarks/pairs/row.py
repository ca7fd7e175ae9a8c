"""What is found out about one form of a computation."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.pairs.looks import Looks
from benchmarks.settings import Row


@dataclass
class FormRow(Row):
    """A row of a benchmark program, and what the program looks like.

    Attributes:
        normalize_s: Seconds that normalising took, None where it failed.
        auto_optimize_s: Seconds that DaCe's auto_optimize took, None where it failed.
        digest: Of the normalised program, "" where normalising failed.
        vector: Its embedding.
        dominant: Digest of the part of it with the most work.
        dominant_vector: The embedding of that part.
        tuned_digest: Of the code that was timed; equal for forms that became the same program.
    """

    normalize_s: float | None = None
    auto_optimize_s: float | None = None
    digest: str = ""
    vector: list[float] = field(default_factory=list)
    dominant: str = ""
    dominant_vector: list[float] = field(default_factory=list)
    tuned_digest: str = ""

    def take(self, looks: Looks) -> None:
        """Fill in what the normalised program looks like."""
        for name, value in asdict(looks).items():
            setattr(self, name, value)


def kernel_and_form(row: dict[str, Any]) -> tuple[str, str]:
    """The computation and the form that a flat row is about."""
    return row["family"], row["program"].rpartition("-")[2]
