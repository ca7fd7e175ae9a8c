"""The interface every database implements, and the way to open one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeVar

from dace_transfer.database.records import (
    Donation,
    EmbeddingRecord,
    Neighbour,
    Occurrence,
    RecipeRecord,
    Record,
    Stats,
    TargetRecord,
    TuningRecord,
    Vector,
    VerificationRecord,
    WorkloadRecord,
)

R = TypeVar("R", bound=Record)


class Store(Protocol):
    """Remembers workloads and what was learnt about them.

    Puts are idempotent and durable when they return, or when the enclosing `transaction` ends. Where two puts
    disagree on what one key holds, the same one is kept whatever their order, so that merging is a set union.
    Every method raises StoreError when the database cannot be read or written.
    """

    def transaction(self) -> AbstractContextManager[None]:
        """Make all puts within it take effect together or, when it is left by an exception, not at all.

        Other writers wait meanwhile, so it should hold puts only. A transaction within another one joins it.
        """
        ...

    def put_workload(self, record: WorkloadRecord) -> None:
        """Add a workload, or another occurrence of it."""
        ...

    def put_embedding(self, record: EmbeddingRecord) -> None:
        """Add a vector. Its workload must be there, and other vectors of the encoder have the same length."""
        ...

    def put_recipe(self, record: RecipeRecord) -> None:
        """Add a recipe."""
        ...

    def put_target(self, record: TargetRecord) -> None:
        """Add a target."""
        ...

    def put_tuning(self, record: TuningRecord) -> None:
        """Add an outcome. Its workload, recipe and target must be there."""
        ...

    def put_verification(self, record: VerificationRecord) -> None:
        """Add the result of a differential test. Its workload, recipe and target must be there."""
        ...

    def put_all(self, records: Iterable[Record]) -> None:
        """Add many records in one transaction, faster than one by one. What others refer to comes first."""
        ...

    def get_workload(self, digest: str) -> WorkloadRecord | None:
        """Return a workload with the first of its occurrences, in the order of their names."""
        ...

    def get_embedding(self, digest: str, encoder: str, target: str = "") -> EmbeddingRecord | None:
        """Return what an encoder made of a workload."""
        ...

    def get_recipe(self, recipe: str) -> RecipeRecord | None:
        """Return a recipe by its id."""
        ...

    def get_target(self, digest: str) -> TargetRecord | None:
        """Return a target."""
        ...

    def occurrences(self, digest: str) -> list[Occurrence]:
        """Return the programs a workload was found in, sorted."""
        ...

    def tunings(self, workload: str, target: str | None = None) -> list[TuningRecord]:
        """Return all outcomes for a workload, oldest first; of one target when it is given."""
        ...

    def neighbours(
        self,
        encoder: str,
        target: str,
        vector: Vector,
        k: int,
        exclude_families: Collection[str] = (),
        exclude_digests: Collection[str] = (),
    ) -> list[Neighbour]:
        """Return the k workloads whose vectors are nearest, exactly, nearest first and ties by digest.

        Args:
            encoder: Only vectors of this encoder are looked at.
            target: Target digest the vectors depend on, "" when they depend on none.
            vector: Shape (d,).
            k: At most this many are returned.
            exclude_families: A workload is left out when any of its occurrences is in one of these.
            exclude_digests: Workloads to leave out.
        """
        ...

    def donations(self, digests: Collection[str]) -> dict[str, list[Donation]]:
        """Return what became of recipes on each of some workloads.

        Those that were FASTER come first, then AMBIGUOUS and SAME ones, then the rest, each by ratio, best first.
        """
        ...

    def best(self, digest: str, target: str) -> TuningRecord | None:
        """Return what to replay for exactly this workload and target, None when nothing is known.

        The verdict is FASTER when there is something to apply; any other says that the baseline stays.
        """
        ...

    def verified(self, digest: str, recipe: str, target: str, dace_version: str) -> VerificationRecord | None:
        """Return the newest local test that succeeded, None when there is none or the pair is refuted."""
        ...

    def refuted(self, digest: str, recipe: str) -> bool:
        """Whether the recipe ever gave a wrong result on the workload, on any target, here or elsewhere."""
        ...

    def records(self, kind: type[R]) -> Iterator[R]:
        """Yield all records of one class in the order of their keys; a workload once for each occurrence."""
        ...

    def stats(self) -> Stats:
        """Count what is there."""
        ...

    def check(self) -> list[str]:
        """Return one sentence for each thing that is not as it was written; empty when all is well."""
        ...

    def close(self) -> None:
        """Release the database; the store cannot be used afterwards."""
        ...


def open_store(url_or_path: str | Path | None = None, *, seed: bool | None = None) -> Store:
    """Open a database, creating and upgrading it as needed.

    Args:
        url_or_path: A file, an SQLAlchemy URL, or None for the one named by the environment variable
            DACE_TRANSFER_DATABASE or else the one in the user's data folder.
        seed: Whether to merge the records that are shipped with the package. None: only when `url_or_path`
            is None.

    Raises:
        StoreError: It cannot be opened, is no database of dace_transfer, or was written by a newer version.
    """
    # SQLAlchemy takes a third of a second to import, which those who only name the interface need not pay.
    from dace_transfer.database.opening import open_sql_store

    return open_sql_store(url_or_path, seed=url_or_path is None if seed is None else seed)
