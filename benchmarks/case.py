"""One benchmark, whichever suite it is from: a program, its arguments and what must come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

RETURN = "__return"
"""DaCe's name of a returned array; several are numbered, "__return_0" and so on."""


@dataclass(frozen=True)
class Tolerance:
    """How far results may be off: element by element, or else in the norm of the whole array."""

    rtol: float = 0.0
    atol: float = 0.0
    norm: float = 1e-5


@dataclass(frozen=True)
class Case:
    """A program at one size.

    Attributes:
        name: Unique in its suite.
        families: Kernel families that it belongs to, the one it is known by first; none where nothing is known.
        load_program: Returns the `DaceProgram`; separate, so that timing the reference needs no DaCe.
        arguments: Every argument, and the sizes by name; never changed.
        reference: The computation in NumPy, called with the first `reference_arguments` of the arguments.
        reference_arguments: Names of the arguments that the reference takes, in order.
        outputs: Arguments to compare afterwards. What is returned is always compared; where that is nothing
            and no outputs are named, the arguments that the reference changes are.
        tolerance: How far results may be off.
        peers: By name in `benchmarks.peers`, what loads the same computation written for others. Called with the
            arguments of the reference.
    """

    name: str
    families: Sequence[str]
    load_program: Callable[[], Any]
    arguments: Mapping[str, Any]
    reference: Callable[..., Any]
    reference_arguments: Sequence[str]
    outputs: Sequence[str]
    tolerance: Tolerance
    peers: Mapping[str, Callable[[], Callable[..., Any]]] = field(default_factory=dict)

    @property
    def family(self) -> str:
        """The family it is known by, "" where nothing is known."""
        return next(iter(self.families), "")

    def fresh_arguments(self) -> list[Any]:
        """Copies of the arguments of one call of the reference."""
        return [_copy(self.arguments[name]) for name in self.reference_arguments]

    def expected(self) -> dict[str, Any]:
        """Run the reference; returns every result that is compared, by its name in the DaCe program."""
        values = self.fresh_arguments()
        results = named(self.reference(*values))
        changed = dict(zip(self.reference_arguments, values, strict=True))
        if not results and not self.outputs:
            return {n: value for n, value in changed.items() if not np.array_equal(value, self.arguments[n])}
        return results | {name: changed[name] for name in self.outputs}


class Suite(Protocol):
    """Where cases come from."""

    def names(self) -> list[str]:
        """Names of all cases."""

    def load(self, name: str, preset: str) -> Case:
        """One case at one size, equal in every process."""


def disagreement(case: Case, expected: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Say in one sentence how results differ from the reference, or "" if they agree."""
    compared = [name for name in expected if name in found]
    if not compared:
        return f"Nothing could be compared: the reference gives {sorted(expected)}, the program {sorted(found)}."
    for name in compared:
        error = _error(np.asarray(expected[name]), np.asarray(found[name]), case.tolerance)
        if not error <= case.tolerance.norm:
            return (
                f"'{name}' differs from NumPy by {error:.2g} in the norm, where {case.tolerance.norm:.2g} is allowed."
            )
    return ""


def _error(expected: np.ndarray, found: np.ndarray, tolerance: Tolerance) -> float:
    if expected.size != found.size:
        return float("inf")
    found = found.reshape(expected.shape)
    if np.allclose(expected, found, rtol=tolerance.rtol, atol=tolerance.atol):
        return 0.0
    wide = np.result_type(expected.dtype, found.dtype, np.float64)
    scale = float(np.linalg.norm(expected.astype(wide).ravel()))
    return float(np.linalg.norm((expected.astype(wide) - found).ravel())) / max(scale, 1e-300)


def named(returned: Any) -> dict[str, Any]:
    """What a function returned, by its names in a DaCe program."""
    if returned is None:
        return {}
    if isinstance(returned, (tuple, list)):
        return {f"{RETURN}_{index}": value for index, value in enumerate(returned)}
    return {RETURN: returned}


def _copy(value: Any) -> Any:
    return np.copy(value) if isinstance(value, np.ndarray) else value
