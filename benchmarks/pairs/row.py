"""What is found out about one form of a computation."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import dace

from benchmarks.pairs.looks import Looks, distance, look
from benchmarks.settings import Row
from dace_transfer.errors import told
from dace_transfer.target import Target

_LONGEST = 300

FlatRow = Mapping[str, Any]
Forms = Mapping[str, FlatRow]
"""The flat rows of one computation, by form."""


@dataclass
class FormRow(Row):
    """A row of a benchmark program, and what the program looks like.

    Attributes:
        normalize_s: Seconds that normalising took, None where it failed.
        auto_optimize_s: Seconds that DaCe's auto_optimize took, None where it failed or was not asked for.
        digest: Of the normalised program, "" where normalising failed.
        dominant: Digest of the part of it with the most work.
        distance: Of its embedding from that of form A, None where one of the two has none.
        dominant_distance: The same for the dominant parts.
        tuned_digest: Of the code that was timed; equal for forms that became the same program.
    """

    normalize_s: float | None = None
    auto_optimize_s: float | None = None
    digest: str = ""
    dominant: str = ""
    distance: float | None = None
    dominant_distance: float | None = None
    tuned_digest: str = ""


def fill_looks(
    rows: Mapping[str, FormRow], programs: Mapping[str, tuple[dace.SDFG, Mapping[str, int]]], target: Target
) -> None:
    """Normalise the forms of a computation and compare them with form A; where that fails, the row says how.

    Args:
        rows: What is filled in, by form.
        programs: The simplified SDFG and the sizes, by form.
        target: The device that embeddings are for.
    """
    found: dict[str, Looks] = {}
    for form, (original, sizes) in programs.items():
        try:
            found[form] = look(original, sizes, target)
        except Exception as error:  # noqa: BLE001  Whatever goes wrong belongs in the row; the others still run.
            rows[form].blame(f"Normalising failed at {_place(error)}: {told(error)[:_LONGEST]}")
    for form, looks in found.items():
        row = rows[form]
        row.normalize_s, row.digest, row.dominant = looks.normalize_s, looks.digest, looks.dominant
        if "A" in found:
            row.distance = distance(looks.vector, found["A"].vector)
            row.dominant_distance = distance(looks.dominant_vector, found["A"].dominant_vector)


def by_kernel(rows: Iterable[FlatRow]) -> dict[str, dict[str, FlatRow]]:
    """Flat rows by computation and form."""
    kernels: dict[str, dict[str, FlatRow]] = {}
    for row in rows:
        kernels.setdefault(row["family"], {})[row["program"].rpartition("-")[2]] = row
    return kernels


def equal(forms: Forms, form: str, key: str = "digest") -> bool | None:
    """Whether a form has the digest of form A, as a whole or in its dominant part; None where one has none."""
    digests = [forms[name][key] for name in ("A", form) if name in forms]
    return digests[0] == digests[1] if len(digests) == 2 and all(digests) else None


def _place(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
