"""Give the workloads of a database vectors of an encoder that has not seen them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dace_transfer.database.records import EmbeddingRecord, Vector, WorkloadRecord
from dace_transfer.database.store import Store
from dace_transfer.database.workloads import once_each, workload_in
from dace_transfer.embeddings.encoder import Encoder
from dace_transfer.errors import WorkloadError

_TOGETHER = 64  # Workloads that are encoded and stored at once.


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
    workloads = once_each(store)
    missing = [record for digest, record in workloads.items() if store.get_embedding(digest, encoder.id) is None]
    done: list[str] = []
    failed: list[tuple[str, str]] = []
    for first in range(0, len(missing), _TOGETHER):
        vectors: list[EmbeddingRecord] = []
        for record, vector in _encode(encoder, missing[first : first + _TOGETHER]):
            if isinstance(vector, WorkloadError):
                failed.append((record.digest, str(vector)))
            else:
                vectors.append(EmbeddingRecord(record.digest, encoder.id, "", vector))
        store.put_all(vectors)
        done += [record.digest for record in vectors]
    return Encoded(tuple(done), tuple(failed))


def _encode(
    encoder: Encoder, records: Sequence[WorkloadRecord]
) -> Iterator[tuple[WorkloadRecord, Vector | WorkloadError]]:
    """Encode all at once, or, where that fails, one by one, to find which of them cannot be."""
    try:
        yield from zip(records, encoder.encode([workload_in(record) for record in records]), strict=True)
    except WorkloadError as error:
        if len(records) == 1:
            yield records[0], error
            return
        for record in records:
            yield from _encode(encoder, [record])
