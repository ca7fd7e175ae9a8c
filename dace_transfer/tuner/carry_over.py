"""Bring the records of a database to today's normal form, so that what was learnt before keeps donating."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dace_transfer.database.records import (
    FASTER,
    SAME,
    SLOWER,
    EmbeddingRecord,
    RecipeRecord,
    Record,
    TargetRecord,
    TuningRecord,
    WorkloadRecord,
)
from dace_transfer.database.store import Store
from dace_transfer.database.workloads import record_of, sdfg_of
from dace_transfer.embeddings.encoder import Encoder
from dace_transfer.errors import WorkloadError, told
from dace_transfer.transformations.normalization import normalize
from dace_transfer.workload import Workload, workload_of

_TIMED = (FASTER, SAME, SLOWER)


@dataclass(frozen=True)
class CarriedOver:
    """What became of the workloads of a database.

    Attributes:
        kept: Workloads that were in the normal form already.
        changed: Workloads that have another form now, with the digests before and after.
        failed: Workloads that could not be normalised, which were left behind, with the reasons.
    """

    kept: tuple[str, ...]
    changed: tuple[tuple[str, str], ...]
    failed: tuple[tuple[str, str], ...]


def carry_over(source: Store, destination: Store, encoder: Encoder) -> CarriedOver:
    """Add the records of `source` to `destination` under the normal forms of their workloads.

    Ratios come along as what a recipe once did for the computation; failures and verifications do not, since they
    were about other code. What comes from here is verified again before it is used, as everything is.

    Args:
        source: Not changed.
        destination: Where the records go; may hold others.
        encoder: What the new vectors are made with.
    """
    workloads: dict[str, Workload] = {}
    failed: list[tuple[str, str]] = []
    destination.put_all([*source.records(RecipeRecord), *source.records(TargetRecord)])
    for record in source.records(WorkloadRecord):
        if record.digest not in workloads:
            try:
                workloads[record.digest] = _normal_form(record)
            except Exception as error:  # noqa: BLE001  DaCe raises all kinds of errors; the others are still of use.
                failed.append((record.digest, told(error)))
                continue
        destination.put_all(_moved(record, workloads[record.digest], encoder))
    destination.put_all(_tunings(source, workloads))
    pairs = [(old, new.digest) for old, new in workloads.items()]
    kept = tuple(old for old, new in pairs if old == new)
    return CarriedOver(kept, tuple(pair for pair in pairs if pair[0] != pair[1]), tuple(failed))


def _normal_form(record: WorkloadRecord) -> Workload:
    return workload_of(normalize(sdfg_of(record)), record.sizes, record.kind)


def _moved(record: WorkloadRecord, workload: Workload, encoder: Encoder) -> Iterator[Record]:
    yield record_of(workload, record.program, record.family)
    try:
        yield EmbeddingRecord(workload.digest, encoder.id, "", encoder.encode([workload])[0])
    except WorkloadError:  # It is found by its digest alone.
        return


def _tunings(source: Store, workloads: dict[str, Workload]) -> Iterator[Record]:
    for record in source.records(TuningRecord):
        if record.workload in workloads and record.verdict in _TIMED:
            yield replace(record, workload=workloads[record.workload].digest)
