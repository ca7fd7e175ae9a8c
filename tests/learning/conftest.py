"""Outcomes written by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from dace_transfer.learning.profiles import Profiles

NAN = float("nan")


def make_profiles(
    gains: Sequence[Sequence[float | None]],
    families: Sequence[str],
    programs: Sequence[str] | None = None,
    best: Sequence[float] | None = None,
) -> Profiles:
    """One row for each workload: None where a recipe does not apply, NaN where it is unusable; families as words."""
    table = np.array([[NAN if gain is None else gain for gain in row] for row in gains])
    count, width = table.shape
    owners = programs if programs is not None else [f"program {index}" for index in range(count)]
    return Profiles(
        digests=tuple(f"workload {index}" for index in range(count)),
        families=tuple(frozenset(words.split()) for words in families),
        programs=tuple(frozenset([owner]) for owner in owners),
        recipes=tuple(f"recipe {index}" for index in range(width)),
        names=tuple(f"name {index}" for index in range(width)),
        gains=table,
        applicable=np.array([[gain is not None for gain in row] for row in gains]),
        best=np.array([max([0.0, *(g for g in row if g is not None and g == g)]) for row in gains])
        if best is None
        else np.array(best),
        seconds=np.full(count, 1e-3),
        halves=np.stack([table, table]),
    )


@pytest.fixture
def make() -> Callable[..., Profiles]:
    return make_profiles


@pytest.fixture
def two_kinds() -> Profiles:
    """Twelve workloads of four families; on even ones only recipe 1 is faster, on odd ones only recipe 2."""
    rows = [[0.0, 2.0, -1.0] if index % 2 == 0 else [0.0, -1.0, 2.0] for index in range(12)]
    return make_profiles(rows, [f"family{index // 3}" for index in range(12)])
