"""What one run of the tuner works with."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from dace_transfer import toolchain
from dace_transfer.building.builder import Builder
from dace_transfer.cache import cache_folder
from dace_transfer.database.store import Store, open_store
from dace_transfer.embeddings import Encoder
from dace_transfer.embeddings.encoders import DEFAULT, encoder_named
from dace_transfer.errors import StoreError
from dace_transfer.hardware import describe_cpu
from dace_transfer.modes import check_request
from dace_transfer.search import Trust, shipped_trust
from dace_transfer.target import Target
from dace_transfer.transformations import Recipe, load_library

Mode = Literal["transfer", "measure", "search", "replay"]


BUDGETS = {"transfer": 600.0, "measure": 300.0, "search": 300.0, "replay": 600.0}  # Seconds.


@dataclass(frozen=True)
class Session:
    """The tools and the settings of one tuning run.

    Attributes:
        program: Name of the program, for the records.
        family: Kernel family of the program, "" when it has none.
        mode: One of `modes.MODES`.
        target: The device tuned for.
        store: Where donors come from and what was learnt goes.
        builder: Compiles candidates.
        encoder: Embeds workloads.
        library: Named recipes.
        exclude_families: Families that may not donate, for evaluations.
        deadline: `time.monotonic()` after which no new candidates are tried.
        trust: What verification's runs must show of recipes that are not raced.
        seconds: Time spent so far, by phase; the one field that changes.
    """

    program: str
    family: str
    mode: Mode
    target: Target
    store: Store
    builder: Builder
    encoder: Encoder
    library: Mapping[str, Recipe]
    exclude_families: tuple[str, ...]
    deadline: float
    trust: Trust = field(default_factory=shipped_trust)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def measures(self) -> bool:
        """Whether candidates get timing runs of their own."""
        return self.mode in ("measure", "search")

    @property
    def evaluates(self) -> bool:
        """Whether families are left out: then the program's own past is neither used nor added to."""
        return bool(self.exclude_families)

    @property
    def time_left(self) -> float:
        """Seconds until the deadline, never negative."""
        return max(0.0, self.deadline - time.monotonic())

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the time spent within to `seconds[name]`."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - start


@contextmanager
def open_session(
    program: str,
    mode: str,
    *,
    budget: float | None,
    device: str,
    database: str | Path | Store | None,
    family: str,
    exclude_families: Sequence[str],
    encoder: str = DEFAULT,
) -> Iterator[Session]:
    """Describe the device, open the database and start the builder; all are released at the end.

    Raises:
        DaceTransferError: There is no such mode, device or encoder.
        StoreError: The database cannot be opened, or the encoder has seen none of its workloads.
    """
    check_request(mode, device)
    toolchain.activate()
    target = describe_cpu()
    embeds = encoder_named(encoder, target)
    own = isinstance(database, (str, Path)) or database is None
    store = open_store(cast("str | Path | None", database)) if own else cast(Store, database)
    try:
        _check_vectors(store, encoder, embeds.id)
        with Builder(target, cache_folder() / "builds") as builder:
            yield Session(
                program=program,
                family=family,
                mode=cast(Mode, mode),
                target=target,
                store=store,
                builder=builder,
                encoder=embeds,
                library=load_library(),
                exclude_families=tuple(exclude_families),
                deadline=time.monotonic() + (budget if budget is not None else BUDGETS[mode]),
            )
    finally:
        if own:
            store.close()


def _check_vectors(store: Store, name: str, encoder: str) -> None:
    """Refuse an encoder without neighbours; that of today's records has vectors of all that is put."""
    if name == DEFAULT:
        return
    stats = store.stats()
    if stats.counts["workloads"] and not stats.encoders.get(encoder):
        raise StoreError(
            f"The database holds no vectors of the encoder '{encoder}'; `dace-transfer db encode --encoder {name}` "
            "makes them."
        )
