"""Give the workloads of a database vectors of an encoder that has not seen them."""

from __future__ import annotations

from dataclasses import dataclass

from dace_transfer.database.records import EmbeddingRecord, WorkloadRecord
from dace_transfer.database.store import Store
from dace_transfer.database.workloads import workload_in
from dace_transfer.embeddings.encoder import Encoder
from dace_transfer.errors import WorkloadError


@dataclass(frozen=True)
class Encoded:
    """What became of the workloads without a vector.

    Attributes:
        digests: Workloads that have one now.
        failed: Workloads the encoder cannot describe, with the reasons.
    """

    digests: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]


def encode_missing(store: Store, encoder: Encoder) -> Encoded:
    """Encode all workloads that have no vector of an encoder; vectors of other encoders stay as they are."""
    workloads = {record.digest: record for record in store.records(WorkloadRecord)}
    missing = [record for digest, record in workloads.items() if store.get_embedding(digest, encoder.id) is None]
    done: list[str] = []
    failed: list[tuple[str, str]] = []
    for record in missing:
        try:
            vector = encoder.encode([workload_in(record)])[0]
        except WorkloadError as error:
            failed.append((record.digest, str(error)))
            continue
        store.put_embedding(EmbeddingRecord(record.digest, encoder.id, "", vector))
        done.append(record.digest)
    return Encoded(tuple(done), tuple(failed))
