"""Which workloads are learnt from and which are asked about: whole families are left out, never single workloads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dace_transfer.errors import StoreError
from dace_transfer.learning.profiles import Profiles, Rows


@dataclass(frozen=True, eq=False)
class Fold:
    """Families that are left out.

    Attributes:
        families: Their names.
        test: Workloads with an occurrence in any of them.
        train: Workloads that share no family left out, and no program with any of `test`.
    """

    families: tuple[str, ...]
    test: Rows
    train: Rows


def folds(profiles: Profiles, count: int | None = None, rows: Rows | None = None) -> Iterator[Fold]:
    """Yield folds that leave out every family once.

    Args:
        profiles: The workloads.
        count: Number of folds, of about as many workloads each; one for each family when it is None.
        rows: The only workloads there are; all when it is None.

    Raises:
        StoreError: There is one family or one fold, so that nothing could be learnt from the others.
    """
    rows = np.arange(len(profiles.digests)) if rows is None else rows
    sizes = Counter(family for row in rows for family in profiles.families[row])
    if len(sizes) < 2 or (count is not None and count < 2):
        raise StoreError(
            f"Leaving families out takes two families and two folds, got {len(sizes)} families and "
            f"{len(sizes) if count is None else count} folds; abstention is fitted with another family left out."
        )
    for families in _groups(sizes, len(sizes) if count is None else min(count, len(sizes))):
        yield _fold(profiles, rows, families)


def _groups(sizes: Counter[str], count: int) -> list[tuple[str, ...]]:
    """Each family in one group, the largest first into the smallest group."""
    groups: list[list[str]] = [[] for _ in range(count)]
    for family in sorted(sizes, key=lambda name: (-sizes[name], name)):
        min(groups, key=lambda group: sum(sizes[name] for name in group)).append(family)
    return [tuple(sorted(group)) for group in groups]


def _fold(profiles: Profiles, rows: Rows, families: Sequence[str]) -> Fold:
    test = [row for row in rows if not profiles.families[row].isdisjoint(families)]
    programs = frozenset[str]().union(*(profiles.programs[row] for row in test))
    kin = {*test, *(row for row in rows if not profiles.programs[row].isdisjoint(programs))}
    train = [row for row in rows if row not in kin]
    return Fold(tuple(families), np.array(test, np.intp), np.array(train, np.intp))
