"""The tables. A change here needs a revision under `migrations/versions` and a new `HEAD` in `schema.py`."""

from __future__ import annotations

from sqlalchemy import Boolean, Double, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Columns are named as the fields of the records; `content` is the hash of what a row says."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class MetaRow(Base):
    """What a database remembers about itself, such as the shipped records it has merged."""

    __tablename__ = "meta"
    key: Mapped[str] = mapped_column(String, primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class WorkloadRow(Base):
    __tablename__ = "workloads"
    digest: Mapped[str] = mapped_column(String, primary_key=True)
    kind: Mapped[str] = mapped_column(String)
    sizes: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(String)
    sdfg_json: Mapped[str] = mapped_column(Text)


class OccurrenceRow(Base):
    __tablename__ = "occurrences"
    __table_args__ = (Index(None, "family", "digest"),)
    digest: Mapped[str] = mapped_column(ForeignKey("workloads.digest"), primary_key=True)
    program: Mapped[str] = mapped_column(String, primary_key=True)
    family: Mapped[str] = mapped_column(String, primary_key=True)


class RecipeRow(Base):
    __tablename__ = "recipes"
    id: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str] = mapped_column(String)
    text: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(String)


class TargetRow(Base):
    __tablename__ = "targets"
    digest: Mapped[str] = mapped_column(String, primary_key=True)
    description: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(String)


class EmbeddingRow(Base):
    """`serial` grows by one with every row written for an encoder and target, so its maximum tells of changes."""

    __tablename__ = "embeddings"
    __table_args__ = (Index(None, "encoder", "target", "serial"),)
    digest: Mapped[str] = mapped_column(ForeignKey("workloads.digest"), primary_key=True)
    encoder: Mapped[str] = mapped_column(String, primary_key=True)
    target: Mapped[str] = mapped_column(String, primary_key=True)
    serial: Mapped[int] = mapped_column(Integer)
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    content: Mapped[str] = mapped_column(String)


class TuningRow(Base):
    __tablename__ = "tunings"
    __table_args__ = (Index(None, "workload", "recipe"), Index(None, "verdict", "workload"))
    content: Mapped[str] = mapped_column(String, primary_key=True)
    workload: Mapped[str] = mapped_column(ForeignKey("workloads.digest"))
    recipe: Mapped[str] = mapped_column(ForeignKey("recipes.id"))
    target: Mapped[str] = mapped_column(ForeignKey("targets.digest"))
    baseline: Mapped[str] = mapped_column(String)
    verdict: Mapped[str] = mapped_column(String)
    ratio: Mapped[float | None] = mapped_column(Double)
    low: Mapped[float | None] = mapped_column(Double)
    high: Mapped[float | None] = mapped_column(Double)
    samples: Mapped[str] = mapped_column(Text)
    baseline_samples: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    trace: Mapped[str] = mapped_column(Text)
    mode: Mapped[str] = mapped_column(String)
    dace_version: Mapped[str] = mapped_column(String)
    package_version: Mapped[str] = mapped_column(String)
    created: Mapped[str] = mapped_column(String)
    provenance: Mapped[str] = mapped_column(String)


class VerificationRow(Base):
    __tablename__ = "verifications"
    __table_args__ = (Index(None, "workload", "recipe"),)
    content: Mapped[str] = mapped_column(String, primary_key=True)
    workload: Mapped[str] = mapped_column(ForeignKey("workloads.digest"))
    recipe: Mapped[str] = mapped_column(ForeignKey("recipes.id"))
    target: Mapped[str] = mapped_column(ForeignKey("targets.digest"))
    ok: Mapped[bool] = mapped_column(Boolean)
    kind: Mapped[str] = mapped_column(String)
    reason: Mapped[str] = mapped_column(Text)
    max_error: Mapped[float | None] = mapped_column(Double)
    tolerance: Mapped[float | None] = mapped_column(Double)
    trials: Mapped[int] = mapped_column(Integer)
    dace_version: Mapped[str] = mapped_column(String)
    created: Mapped[str] = mapped_column(String)
    local: Mapped[bool] = mapped_column(Boolean)


class SweepRow(Base):
    """A sweep; `planned` once all tasks that its specification asks for are there."""

    __tablename__ = "sweeps"
    id: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str] = mapped_column(String)
    spec: Mapped[str] = mapped_column(Text)
    created: Mapped[float] = mapped_column(Double)
    planned: Mapped[bool] = mapped_column(Boolean)


class SweepTaskRow(Base):
    """One task of a sweep.

    `role` says which workers its next step is for, "" when there is none; `owner` who has it leased, "" when nobody
    has, and `expires` until when; `finished` when it got its final state, 0 before.
    """

    __tablename__ = "sweep_tasks"
    __table_args__ = (
        Index(None, "sweep", "role", "owner", "position"),
        Index(None, "sweep", "expires"),
        Index(None, "sweep", "finished"),
    )
    id: Mapped[str] = mapped_column(String, primary_key=True)
    sweep: Mapped[str] = mapped_column(ForeignKey("sweeps.id"))
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String)
    device: Mapped[str] = mapped_column(String)
    label: Mapped[str] = mapped_column(Text)
    payload: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String)
    role: Mapped[str] = mapped_column(String)
    owner: Mapped[str] = mapped_column(String)
    expires: Mapped[float] = mapped_column(Double)
    tries: Mapped[int] = mapped_column(Integer)
    failure: Mapped[str] = mapped_column(String)
    reason: Mapped[str] = mapped_column(Text)
    seconds: Mapped[float] = mapped_column(Double)
    finished: Mapped[float] = mapped_column(Double)


class SweepTallyRow(Base):
    """How many candidates of a sweep ended in which way."""

    __tablename__ = "sweep_tallies"
    sweep: Mapped[str] = mapped_column(ForeignKey("sweeps.id"), primary_key=True)
    outcome: Mapped[str] = mapped_column(String, primary_key=True)
    count: Mapped[int] = mapped_column(Integer)


def table_of(row: type[Base]) -> Table:
    """Return the table of a model."""
    return Base.metadata.tables[row.__tablename__]
