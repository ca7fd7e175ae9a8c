"""Puts records into tables. Whatever the order of two puts, the tables end up the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, func, not_, select

from dace_transfer.database.codec import NAMES, content_hash, to_row
from dace_transfer.database.dialects import upsert
from dace_transfer.database.models import (
    EmbeddingRow,
    OccurrenceRow,
    RecipeRow,
    TargetRow,
    TuningRow,
    VerificationRow,
    WorkloadRow,
    table_of,
)
from dace_transfer.database.records import (
    EmbeddingRecord,
    RecipeRecord,
    Record,
    TargetRecord,
    TuningRecord,
    VerificationRecord,
    WorkloadRecord,
)
from dace_transfer.errors import StoreError

_BATCH = 200
Row = dict[str, Any]


def batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Cut records into short lists of one class each, keeping their order."""
    for _, group in groupby(records, key=type):
        while batch := list(islice(group, _BATCH)):
            yield batch


def write(connection: Connection, batch: Sequence[Record]) -> None:
    """Put records of one class.

    Raises:
        StoreError: One of them is malformed.
    """
    if not batch:
        return
    kind = type(batch[0])
    if kind not in _WRITERS:
        raise StoreError(f"A database holds records of {', '.join(NAMES.values())}, got a {kind.__name__}.")
    _WRITERS[kind](connection, [to_row(record) | {"content": content_hash(record)} for record in batch])


def _keep_smaller(table: Table, *key: str) -> Callable[[Connection, list[Row]], None]:
    """Return a writer that, where a key holds other content already, keeps the content of the smaller hash."""

    def put(connection: Connection, rows: list[Row]) -> None:
        statement = upsert(connection, table)
        changed = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in key}
        smaller = statement.excluded["content"] < table.c.content
        connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changed, where=smaller), rows)

    return put


def _put_workloads(connection: Connection, rows: list[Row]) -> None:
    occurrences = [{name: row.pop(name) for name in ("program", "family")} | {"digest": row["digest"]} for row in rows]
    _keep_smaller(table_of(WorkloadRow), "digest")(connection, rows)
    connection.execute(upsert(connection, table_of(OccurrenceRow)).on_conflict_do_nothing(), occurrences)


def _put_embeddings(connection: Connection, rows: list[Row]) -> None:
    table = table_of(EmbeddingRow)
    _check_lengths(connection, rows)
    same = and_(table.c.encoder == bindparam("of_encoder"), table.c.target == bindparam("of_target"))
    statement = upsert(connection, table).values(
        serial=select(func.coalesce(func.max(table.c.serial), 0) + 1).where(same).scalar_subquery()
    )
    changed = {name: statement.excluded[name] for name in ("serial", "vector", "content")}
    smaller = statement.excluded["content"] < table.c.content
    statement = statement.on_conflict_do_update(
        index_elements=("digest", "encoder", "target"), set_=changed, where=smaller
    )
    connection.execute(statement, [row | {"of_encoder": row["encoder"], "of_target": row["target"]} for row in rows])


def _check_lengths(connection: Connection, rows: list[Row]) -> None:
    table = table_of(EmbeddingRow)
    lengths: dict[str, int] = {}
    for row in rows:
        encoder, length = row["encoder"], len(row["vector"])
        if encoder not in lengths:
            stored = select(func.length(table.c.vector)).where(table.c.encoder == encoder).limit(1)
            lengths[encoder] = connection.execute(stored).scalar() or length
        if length != lengths[encoder]:
            raise StoreError(
                f"Vectors of the encoder '{encoder}' have {lengths[encoder] // 4} numbers in this database, got one "
                f"of {length // 4}; an encoder that changes needs another id."
            )


def _put_tunings(connection: Connection, rows: list[Row]) -> None:
    connection.execute(upsert(connection, table_of(TuningRow)).on_conflict_do_nothing(), rows)


def _put_verifications(connection: Connection, rows: list[Row]) -> None:
    table = table_of(VerificationRow)
    statement = upsert(connection, table)
    run_here_too = and_(statement.excluded["local"], not_(table.c.local))
    changed = {"local": statement.excluded["local"]}
    connection.execute(
        statement.on_conflict_do_update(index_elements=("content",), set_=changed, where=run_here_too), rows
    )


_WRITERS: dict[type[Any], Callable[[Connection, list[Row]], None]] = {
    WorkloadRecord: _put_workloads,
    RecipeRecord: _keep_smaller(table_of(RecipeRow), "id"),
    TargetRecord: _keep_smaller(table_of(TargetRow), "digest"),
    EmbeddingRecord: _put_embeddings,
    TuningRecord: _put_tunings,
    VerificationRecord: _put_verifications,
}
