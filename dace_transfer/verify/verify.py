"""Differential verification of candidates against the cutout or program they are to replace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dace

from dace_transfer.building.builder import Builder
from dace_transfer.target import Target
from dace_transfer.verify.verification import Verification
from dace_transfer.workload import Workload


def verify(
    pairs: Sequence[tuple[Workload, Sequence[dace.SDFG]]],
    builder: Builder,
    target: Target,
    *,
    seed: int = 0,
) -> list[list[Verification]]:
    """Run each candidate against its workload on generated inputs, in child processes.

    Returns:
        One verification per candidate, in the order given.
    """
    raise NotImplementedError


def verify_program(
    original: dace.SDFG,
    tuned: dace.SDFG,
    arguments: Mapping[str, Any],
    builder: Builder,
    target: Target,
) -> Verification:
    """Run a whole tuned program against the original on copies of the user's own arguments.

    Args:
        original: The program as the user wrote it.
        tuned: The program with tuned pieces put back.
        arguments: A NumPy array or scalar per argument of `original`, symbols included; never changed.
        builder: Compiles both.
        target: Where both run.
    """
    raise NotImplementedError
