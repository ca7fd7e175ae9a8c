"""What is raced: programs that can be told to do more of the same work."""

# mypy: disable-error-code="valid-type,misc,untyped-decorator"
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dace

from benchmarks import versions
from benchmarks.programs.jacobi2d import jacobi2d
from benchmarks.programs.nbody import nbody
from benchmarks.programs.power_iteration import power_iteration
from dace_transfer.building.binary import Binary, Failure
from dace_transfer.building.builder import Builder
from dace_transfer.errors import BuildError
from dace_transfer.tuner.parsing import parse

MOST = 0.25
"""The largest slowdown that the sizes have room for."""

N, PART, STEPS = (dace.symbol(name) for name in ("N", "PART", "STEPS"))


@dace.program
def triad(a: dace.float64[N], b: dace.float64[N], c: dace.float64[N]) -> None:
    for i in dace.map[0 : STEPS * PART]:
        c[i] = a[i] + 3.0 * b[i]


@dace.program
def logistic(x: dace.float64[N], y: dace.float64[N]) -> None:
    for i in dace.map[0:N]:
        value = x[i]
        for _ in range(STEPS):
            value = 0.9 * value * (1.0 - value)
        y[i] = value


@dataclass(frozen=True)
class Subject:
    """One program that is raced.

    Attributes:
        name: Unique among the subjects.
        kind: What it spends its time on.
        program: A `DaceProgram`; its symbol STEPS says how much work it does.
        sizes: Values of its other symbols.
        steps: Of STEPS for the work that others do more of; a multiple of 20, so that 5 % more is exact.
    """

    name: str
    kind: str
    program: Any
    sizes: Mapping[str, int]
    steps: int = 100

    def more(self, slowdown: float) -> int:
        """STEPS of the program that does this share more work."""
        return round(self.steps * (1 + slowdown))


SUBJECTS = {
    subject.name: subject
    for subject in (
        Subject("triad", "memory", triad, {"N": 2_500_000, "PART": 20_000}),
        Subject("logistic", "arithmetic", logistic, {"N": 20_000}),
        Subject("power_iteration", "BLAS", power_iteration, {"N": 300}),
        Subject("jacobi2d", "many small parallel regions", jacobi2d, {"N": 60}),
        Subject("nbody", "roots and sums", nbody, {"BODIES": 80}, 20),
        Subject("logistic_short", "less than a millisecond", logistic, {"N": 1000}),
    )
}


def build(subject: Subject, slowdowns: Sequence[float], builder: Builder) -> dict[float, Binary]:
    """Build a program as `auto_optimize` leaves it, by how much more work it does: 0 and all slowdowns.

    Raises:
        BuildError: One of them cannot be built.
    """
    original = parse(subject.program)
    steps = {slowdown: subject.more(slowdown) for slowdown in (0.0, *slowdowns)}
    sdfgs = [versions.optimized(original, {**subject.sizes, "STEPS": count}) for count in steps.values()]
    built = dict(zip(steps, builder.build(sdfgs), strict=True))
    for slowdown, outcome in built.items():
        if isinstance(outcome, Failure):
            raise BuildError(f"'{subject.name}' with {slowdown:.0%} more work was not built: {outcome.message}")
    return {slowdown: outcome for slowdown, outcome in built.items() if isinstance(outcome, Binary)}
