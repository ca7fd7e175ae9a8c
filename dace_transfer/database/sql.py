"""The store in an SQL database."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError

from dace_transfer.database import checking, ranking, reading
from dace_transfer.database.codec import from_row
from dace_transfer.database.dialects import file_of, wait_for_writers, writing
from dace_transfer.database.models import MetaRow, table_of
from dace_transfer.database.nearest import VectorCache, nearest
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
from dace_transfer.database.schema import revision, upgrade
from dace_transfer.database.writing import batches, write
from dace_transfer.errors import StoreError

R = TypeVar("R", bound=Record)

_META = table_of(MetaRow)


class SqlStore:
    """A `Store` over SQLAlchemy. Threads may share one; they take turns."""

    def __init__(self, engine: Engine) -> None:
        """Create or upgrade the tables of a database.

        Raises:
            StoreError: It cannot be read or written, or is none of this version's.
        """
        self._engine = engine
        self._lock = threading.RLock()
        self._open: Connection | None = None
        self._vectors = VectorCache()
        with _sentences(self.location):
            upgrade(engine)

    @property
    def location(self) -> str:
        """Path of the file, or URL without its password."""
        return str(file_of(self._engine.url) or self._engine.url.render_as_string(hide_password=True))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """See `Store`."""
        with self._lock, _sentences(self.location):
            try:
                with self._nested() if self._open is not None else self._outermost():
                    yield
            except BaseException:
                self._vectors.clear()
                raise

    @contextmanager
    def _outermost(self) -> Iterator[None]:
        with self._engine.connect() as connection, writing(connection).begin():
            wait_for_writers(connection)
            self._open = connection
            try:
                yield
            finally:
                self._open = None

    @contextmanager
    def _nested(self) -> Iterator[None]:
        with self.connection() as connection, connection.begin_nested():
            yield

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Lend the connection of the transaction, or outside of one a connection to read with.

        For what is in the database and is no record.
        """
        with self._lock, _sentences(self.location):
            if self._open is not None:
                yield self._open
                return
            with self._engine.connect() as connection:
                yield connection

    def put_all(self, records: Iterable[Record]) -> None:
        """See `Store`."""
        with self.transaction():
            for batch in batches(records):
                with self.connection() as connection:
                    write(connection, batch)

    def put_workload(self, record: WorkloadRecord) -> None:
        """See `Store`."""
        self.put_all([record])

    def put_embedding(self, record: EmbeddingRecord) -> None:
        """See `Store`."""
        self.put_all([record])

    def put_recipe(self, record: RecipeRecord) -> None:
        """See `Store`."""
        self.put_all([record])

    def put_target(self, record: TargetRecord) -> None:
        """See `Store`."""
        self.put_all([record])

    def put_tuning(self, record: TuningRecord) -> None:
        """See `Store`."""
        self.put_all([record])

    def put_verification(self, record: VerificationRecord) -> None:
        """See `Store`."""
        self.put_all([record])

    def get_workload(self, digest: str) -> WorkloadRecord | None:
        """See `Store`."""
        with self.connection() as connection:
            return reading.find(connection, WorkloadRecord, digest=digest)

    def get_embedding(self, digest: str, encoder: str, target: str = "") -> EmbeddingRecord | None:
        """See `Store`."""
        with self.connection() as connection:
            return reading.find(connection, EmbeddingRecord, digest=digest, encoder=encoder, target=target)

    def get_recipe(self, recipe: str) -> RecipeRecord | None:
        """See `Store`."""
        with self.connection() as connection:
            return reading.find(connection, RecipeRecord, id=recipe)

    def get_target(self, digest: str) -> TargetRecord | None:
        """See `Store`."""
        with self.connection() as connection:
            return reading.find(connection, TargetRecord, digest=digest)

    def occurrences(self, digest: str) -> list[Occurrence]:
        """See `Store`."""
        with self.connection() as connection:
            return reading.occurrences(connection, digest)

    def tunings(self, workload: str, target: str | None = None) -> list[TuningRecord]:
        """See `Store`."""
        with self.connection() as connection:
            return reading.tunings(connection, workload, target)

    def neighbours(
        self,
        encoder: str,
        target: str,
        vector: Vector,
        k: int,
        exclude_families: Collection[str] = (),
        exclude_digests: Collection[str] = (),
    ) -> list[Neighbour]:
        """See `Store`."""
        with self.connection() as connection:
            block = self._vectors.block(connection, encoder, target)
            excluded = reading.of_families(connection, exclude_families).union(exclude_digests)
        return nearest(block, vector, k, excluded)

    def donations(self, digests: Collection[str]) -> dict[str, list[Donation]]:
        """See `Store`."""
        with self.connection() as connection:
            wrong = reading.wrong_recipes(connection, digests)
            found = reading.outcomes(connection, digests)
        refuted = {digest: {recipe for workload, recipe in wrong if workload == digest} for digest in digests}
        return {digest: ranking.donations(found[digest], refuted[digest]) for digest in digests}

    def best(self, digest: str, target: str) -> TuningRecord | None:
        """See `Store`."""
        with self.connection() as connection:
            wrong = {recipe for _, recipe in reading.wrong_recipes(connection, [digest])}
            return ranking.best(reading.tunings(connection, digest, target), wrong)

    def verified(self, digest: str, recipe: str, target: str, dace_version: str) -> VerificationRecord | None:
        """See `Store`."""
        with self.connection() as connection:
            if (digest, recipe) in reading.wrong_recipes(connection, [digest]):
                return None
            return reading.newest_success(connection, digest, recipe, target, dace_version)

    def refuted(self, digest: str, recipe: str) -> bool:
        """See `Store`."""
        with self.connection() as connection:
            return (digest, recipe) in reading.wrong_recipes(connection, [digest])

    def records(self, kind: type[R]) -> Iterator[R]:
        """See `Store`."""
        return (from_row(kind, row) for row in reading.pages(self.connection, kind))

    def stats(self) -> Stats:
        """See `Store`."""
        tunings, embeddings = reading.TABLES[TuningRecord], reading.TABLES[EmbeddingRecord]
        with self.connection() as connection:
            return Stats(
                location=self.location,
                schema=revision(connection),
                counts=reading.counts(connection),
                verdicts=reading.tally(connection, tunings, "verdict", "content"),
                encoders=reading.tally(connection, embeddings, "encoder", "digest"),
                families=reading.tally(connection, reading.OCCURRENCES, "family", "digest"),
                newest=reading.newest_tuning(connection),
            )

    def check(self) -> list[str]:
        """See `Store`."""
        return checking.check(self.connection)

    def remembers(self, key: str) -> bool:
        """Whether something about the database itself was remembered."""
        with self.connection() as connection:
            return connection.execute(select(_META.c.key).where(_META.c.key == key)).first() is not None

    def remember(self, key: str, value: str) -> None:
        """Remember something about the database itself, once."""
        with self.transaction(), self.connection() as connection:
            connection.execute(insert(_META), {"key": key, "value": value})

    def close(self) -> None:
        """See `Store`."""
        self._engine.dispose()


@contextmanager
def _sentences(location: str) -> Iterator[None]:
    """Turn what SQLAlchemy raises into a StoreError that says what to do."""
    try:
        yield
    except IntegrityError as error:
        raise StoreError(
            f"A record refers to a workload, recipe or target that '{location}' does not hold; put what it refers "
            f"to first ({error.orig})."
        ) from error
    except OperationalError as error:
        raise StoreError(
            f"The database '{location}' cannot be used ({error.orig}); see that it can be written and that no other "
            "process holds it, or set DACE_TRANSFER_DATABASE to another path."
        ) from error
    except DBAPIError as error:
        raise StoreError(
            f"The database '{location}' cannot be read ({error.orig}); move it away and import an export of it, "
            "or set DACE_TRANSFER_DATABASE to another path."
        ) from error
    except SQLAlchemyError as error:
        raise StoreError(f"The database '{location}' refused a statement ({error}); please report this.") from error
