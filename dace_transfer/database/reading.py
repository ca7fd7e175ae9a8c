"""Gets records out of tables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Select, Table, and_, distinct, func, select, tuple_

from dace_transfer.database.codec import KINDS, from_row
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
from dace_transfer.database.ranking import Outcome
from dace_transfer.database.records import (
    WRONG,
    EmbeddingRecord,
    Occurrence,
    RecipeRecord,
    Record,
    TargetRecord,
    TuningRecord,
    VerificationRecord,
    WorkloadRecord,
)
from dace_transfer.errors import StoreError

R = TypeVar("R", bound=Record)
OpenConnection: TypeAlias = Callable[[], AbstractContextManager[Connection]]

_PAGE = 200

TABLES: dict[type[Any], Table] = {
    WorkloadRecord: table_of(WorkloadRow),
    RecipeRecord: table_of(RecipeRow),
    TargetRecord: table_of(TargetRow),
    EmbeddingRecord: table_of(EmbeddingRow),
    TuningRecord: table_of(TuningRow),
    VerificationRecord: table_of(VerificationRow),
}
OCCURRENCES = table_of(OccurrenceRow)
_WORKLOADS = TABLES[WorkloadRecord]
_TUNINGS = TABLES[TuningRecord]
_VERIFICATIONS = TABLES[VerificationRecord]


def find(connection: Connection, kind: type[R], **key: str) -> R | None:
    """Return the first record, in the order of keys, with these values in its columns."""
    wanted = select_all(kind)
    for name, value in key.items():
        wanted = wanted.where(TABLES[kind].c[name] == value)
    row = connection.execute(wanted.order_by(*_order(kind)).limit(1)).mappings().first()
    return None if row is None else from_row(kind, dict(row))


def select_all(kind: type[Any]) -> Select[Any]:
    """Return a query for all rows of a class; a workload's rows are one for each occurrence."""
    if kind not in TABLES:
        raise StoreError(f"A database holds {', '.join(k.__name__ for k in KINDS.values())}, got {kind.__name__}.")
    if kind is not WorkloadRecord:
        return select(TABLES[kind])
    joined = _WORKLOADS.join(OCCURRENCES, OCCURRENCES.c.digest == _WORKLOADS.c.digest)
    return select(_WORKLOADS, OCCURRENCES.c.program, OCCURRENCES.c.family).select_from(joined)


def pages(open_connection: OpenConnection, kind: type[Any]) -> Iterator[dict[str, Any]]:
    """Yield all rows of a class in the order of their keys, with no connection held while yielding."""
    query = select_all(kind)
    order = _order(kind)
    names = [column.name for column in order]
    query = query.order_by(*order).limit(_PAGE)
    rows: list[dict[str, Any]] = []
    while True:
        after = tuple_(*order) > tuple_(*(rows[-1][name] for name in names)) if rows else None
        with open_connection() as connection:
            page = connection.execute(query if after is None else query.where(after)).mappings().all()
        rows = [dict(row) for row in page]
        yield from rows
        if len(rows) < _PAGE:
            return


def occurrences(connection: Connection, digest: str) -> list[Occurrence]:
    """Return where a workload was found, sorted."""
    rows = connection.execute(select(OCCURRENCES).where(OCCURRENCES.c.digest == digest))
    return sorted(
        (Occurrence(row.digest, row.program, row.family) for row in rows), key=lambda o: (o.program, o.family)
    )


def tunings(connection: Connection, workload: str, target: str | None) -> list[TuningRecord]:
    """Return the outcomes for a workload, oldest first."""
    query = select(_TUNINGS).where(_TUNINGS.c.workload == workload)
    if target is not None:
        query = query.where(_TUNINGS.c.target == target)
    rows = connection.execute(query.order_by(_TUNINGS.c.created, _TUNINGS.c.content)).mappings()
    return [from_row(TuningRecord, dict(row)) for row in rows]


def outcomes(connection: Connection, workloads: Collection[str]) -> dict[str, list[Outcome]]:
    """Return what decides of the outcomes for each of some workloads, oldest first."""
    c = _TUNINGS.c
    query = select(c.workload, c.recipe, c.target, c.verdict, c.ratio, c.created).where(c.workload.in_(workloads))
    found: dict[str, list[Outcome]] = {workload: [] for workload in workloads}
    for workload, *outcome in connection.execute(query.order_by(c.created, c.content)):
        found[workload].append(Outcome(*outcome))
    return found


def wrong_recipes(connection: Connection, workloads: Collection[str]) -> set[tuple[str, str]]:
    """Return the pairs of a workload and a recipe that ever gave a wrong result on it."""
    queries = [
        select(t.c.workload, t.c.recipe).where(t.c.workload.in_(workloads), failed == WRONG)
        for t, failed in ((_TUNINGS, _TUNINGS.c.verdict), (_VERIFICATIONS, _VERIFICATIONS.c.kind))
    ]
    return {(row.workload, row.recipe) for row in connection.execute(queries[0].union(queries[1]))}


def newest_success(
    connection: Connection, workload: str, recipe: str, target: str, dace_version: str
) -> VerificationRecord | None:
    """Return the newest successful test that ran for this database."""
    c = _VERIFICATIONS.c
    pair = and_(c.workload == workload, c.recipe == recipe, c.target == target, c.dace_version == dace_version)
    query = select(_VERIFICATIONS).where(pair, c.ok, c.local).order_by(c.created.desc(), c.content).limit(1)
    row = connection.execute(query).mappings().first()
    return None if row is None else from_row(VerificationRecord, dict(row))


def of_families(connection: Connection, families: Collection[str]) -> set[str]:
    """Return the workloads with an occurrence in any of these families."""
    if not families:
        return set()
    return set(connection.execute(select(OCCURRENCES.c.digest).where(OCCURRENCES.c.family.in_(families))).scalars())


def counts(connection: Connection) -> dict[str, int]:
    """Return the number of rows of each table."""
    tables = [*TABLES.values(), OCCURRENCES]
    return {t.name: connection.execute(select(func.count()).select_from(t)).scalar_one() for t in tables}


def tally(connection: Connection, table: Table, by: str, of: str) -> dict[str, int]:
    """Return how many different values of one column there are for each value of another."""
    query = select(table.c[by], func.count(distinct(table.c[of]))).group_by(table.c[by]).order_by(table.c[by])
    return {str(name): int(count) for name, count in connection.execute(query)}


def newest_tuning(connection: Connection) -> str:
    """Return the time of the newest tuning record, "" when there is none."""
    return connection.execute(select(func.max(_TUNINGS.c.created))).scalar() or ""


def _order(kind: type[Any]) -> list[Any]:
    key = list(TABLES[kind].primary_key.columns)
    return [*key, OCCURRENCES.c.program, OCCURRENCES.c.family] if kind is WorkloadRecord else key
