"""What a database holds, as plain data: strings, numbers, tuples and NumPy vectors, nothing of DaCe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FASTER, SAME, SLOWER, AMBIGUOUS = "FASTER", "SAME", "SLOWER", "AMBIGUOUS"
WRONG, FAILED, NOT_APPLICABLE, NO_NEIGHBOUR = "WRONG", "FAILED", "NOT_APPLICABLE", "NO_NEIGHBOUR"
VERDICTS = (FASTER, SAME, SLOWER, AMBIGUOUS, WRONG, FAILED, NOT_APPLICABLE, NO_NEIGHBOUR)

Vector = NDArray[np.float32]
Magnitude = float  # may be infinite; what is not a number counts as infinite


@dataclass(frozen=True)
class WorkloadRecord:
    """A workload and one program it occurs in. Putting it again from another program adds an occurrence.

    Attributes:
        digest: Content hash of the workload; its identity.
        kind: "program", "region", "state", "group" or "nest".
        sdfg_json: The stand-alone SDFG as JSON text.
        sizes: A value for each free symbol.
        program: Name of the program it was cut from.
        family: Group of programs that count as one when a family is left out of a search for neighbours.
    """

    digest: str
    kind: str
    sdfg_json: str
    sizes: Mapping[str, int]
    program: str
    family: str


@dataclass(frozen=True)
class Occurrence:
    """A program that a workload was found in."""

    digest: str
    program: str
    family: str


@dataclass(frozen=True, eq=False)
class EmbeddingRecord:
    """What one encoder makes of one workload.

    Attributes:
        digest: The workload.
        encoder: Name and version of the encoder; vectors of different encoders are never compared.
        target: Digest of the target the vector depends on, or "" when it depends on none.
        vector: Finite numbers, shape (d,); d is the same for all vectors of an encoder.
    """

    digest: str
    encoder: str
    target: str
    vector: Vector


@dataclass(frozen=True)
class RecipeRecord:
    """A recipe with its knobs filled in.

    Attributes:
        id: Content hash of the recipe, computed by the caller; its identity.
        name: What people call it.
        text: The form it is parsed from.
    """

    id: str
    name: str
    text: str


@dataclass(frozen=True)
class TargetRecord:
    """A device that was tuned for.

    Attributes:
        digest: Content hash of the target; its identity.
        description: The whole target as JSON text.
    """

    digest: str
    description: str


@dataclass(frozen=True)
class TuningRecord:
    """The outcome of one recipe on one workload and target. Never changed once written.

    Attributes:
        workload: Digest of the workload.
        recipe: Id of the recipe.
        target: Digest of the target.
        baseline: Id of the recipe, or name of the baseline, that the recipe was compared with.
        verdict: One of `VERDICTS`.
        ratio: Time of the baseline over time of the recipe (2.0: twice as fast), or None when not timed.
        low: Lower bound of the ratio's confidence interval, or None.
        high: Upper bound of the ratio's confidence interval, or None.
        samples: Every time of the recipe, in seconds.
        baseline_samples: Every time of the baseline, in seconds.
        reason: One sentence saying why the verdict is what it is.
        trace: What each step of the recipe did, as JSON text.
        mode: Mode of the tuner that wrote the record.
        dace_version: DaCe that generated the code.
        package_version: dace_transfer that wrote the record.
        created: ISO 8601 time with its zone.
        provenance: Where the record comes from ("seed", a person, a sweep, ...).
    """

    workload: str
    recipe: str
    target: str
    baseline: str
    verdict: str
    ratio: float | None
    low: float | None
    high: float | None
    samples: tuple[float, ...]
    baseline_samples: tuple[float, ...]
    reason: str
    trace: str
    mode: str
    dace_version: str
    package_version: str
    created: str
    provenance: str


@dataclass(frozen=True)
class VerificationRecord:
    """A differential test of a recipe on a workload. Never changed once written.

    Attributes:
        workload: Digest of the workload.
        recipe: Id of the recipe.
        target: Digest of the target.
        ok: Whether every trial agreed.
        kind: "" when ok, `WRONG` when a result differed, otherwise what kept the trials from running.
        reason: One sentence; "" when ok.
        max_error: Largest error seen, infinite where one is not a number; None when nothing was compared.
        tolerance: Largest error allowed, or None when nothing was compared.
        trials: Number of trials run.
        dace_version: DaCe that generated the code.
        created: ISO 8601 time with its zone.
        local: Whether the test ran for this database. What an import brings is not, and never trusted.
    """

    workload: str
    recipe: str
    target: str
    ok: bool
    kind: str
    reason: str
    max_error: Magnitude | None
    tolerance: Magnitude | None
    trials: int
    dace_version: str
    created: str
    local: bool = True


Record = WorkloadRecord | EmbeddingRecord | RecipeRecord | TargetRecord | TuningRecord | VerificationRecord


@dataclass(frozen=True)
class Neighbour:
    """A workload close to another one.

    Attributes:
        digest: The workload.
        distance: Euclidean distance between the two vectors.
    """

    digest: str
    distance: float


@dataclass(frozen=True)
class Donation:
    """What became of a recipe on a workload.

    Attributes:
        recipe: Id of the recipe.
        verdict: WRONG where it ever gave a wrong result on the workload, on any target; else that of the record.
        ratio: Median over the recipe's records on the target it did best on, the lower of two middle ones; None where
            it was never timed or is wrong.
        target: Digest of that target.
    """

    recipe: str
    verdict: str
    ratio: float | None
    target: str


@dataclass(frozen=True)
class Stats:
    """How much a database holds.

    Attributes:
        location: Where it is; a password is left out.
        schema: Revision of its tables.
        counts: Rows of each table.
        verdicts: Tuning records of each verdict.
        encoders: Vectors of each encoder.
        families: Workloads of each program family.
        newest: Time of the newest tuning record, "" when there is none.
    """

    location: str
    schema: str
    counts: Mapping[str, int]
    verdicts: Mapping[str, int]
    encoders: Mapping[str, int]
    families: Mapping[str, int]
    newest: str
