"""Finds rows that are not as they were written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Connection, distinct, func, select

from dace_transfer.database.codec import KINDS, content_hash, from_row
from dace_transfer.database.dialects import integrity
from dace_transfer.database.models import Base
from dace_transfer.database.reading import OCCURRENCES, TABLES, OpenConnection, pages
from dace_transfer.database.records import EmbeddingRecord, WorkloadRecord
from dace_transfer.errors import StoreError

_JSON_TEXTS = ("sdfg_json", "description", "trace")


def check(open_connection: OpenConnection) -> list[str]:
    """Return one sentence for each problem."""
    with open_connection() as connection:
        damage = integrity(connection)
        if damage:
            return damage
        problems = [*_dangling(connection), *_nowhere(connection), *_lengths(connection)]
    for name, kind in KINDS.items():
        rows: dict[tuple[Any, ...], str] = {}
        for row in pages(open_connection, kind):
            key = tuple(row[column.name] for column in TABLES[kind].primary_key.columns)
            if key not in rows:
                rows[key] = _problem(kind, row)
        problems += [f"The {name} {' '.join(map(repr, key))} {problem}." for key, problem in rows.items() if problem]
    return problems


def _problem(kind: type[Any], row: dict[str, Any]) -> str:
    try:
        record = from_row(kind, row)
    except StoreError as error:
        return f"is malformed: {str(error).rstrip('.')}"
    if content_hash(record) != row["content"]:
        return "is not what was written: its content does not have the hash stored with it"
    for name in _JSON_TEXTS:
        try:
            json.loads(row.get(name, "{}"))
        except ValueError as error:
            return f"has no valid JSON in its field '{name}': {error}"
    return ""


def _dangling(connection: Connection) -> Iterator[str]:
    """Yield the references to rows that are not there."""
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            column: Column[Any] = key.parent
            missing = select(column).distinct().where(column.not_in(select(key.column)))
            for value in connection.execute(missing).scalars():
                yield f"Table '{table.name}' refers to '{value}', which is not in table '{key.column.table.name}'."


def _nowhere(connection: Connection) -> Iterator[str]:
    workloads = TABLES[WorkloadRecord]
    for digest in connection.execute(
        select(workloads.c.digest).where(workloads.c.digest.not_in(select(OCCURRENCES.c.digest)))
    ).scalars():
        yield f"The workload '{digest}' occurs in no program."


def _lengths(connection: Connection) -> Iterator[str]:
    c = TABLES[EmbeddingRecord].c
    lengths = func.count(distinct(func.length(c.vector)))
    for encoder in connection.execute(select(c.encoder).group_by(c.encoder).having(lengths > 1)).scalars():
        yield f"The vectors of the encoder '{encoder}' differ in length."
