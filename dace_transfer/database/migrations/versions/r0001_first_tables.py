"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all tables."""
    op.create_table("meta", _text("key"), _text("value", long=True), _key("meta", "key"))
    op.create_table(
        "workloads",
        *(_text(name) for name in ("digest", "kind")),
        _text("sizes", long=True),
        _text("content"),
        _text("sdfg_json", long=True),
        _key("workloads", "digest"),
    )
    op.create_table(
        "occurrences",
        *(_text(name) for name in ("digest", "program", "family")),
        _refers("occurrences", "digest", "workloads.digest"),
        _key("occurrences", "digest", "program", "family"),
    )
    op.create_index("ix_occurrences_family_digest", "occurrences", ["family", "digest"])
    op.create_table(
        "recipes", _text("id"), _text("name"), _text("text", long=True), _text("content"), _key("recipes", "id")
    )
    op.create_table(
        "targets", _text("digest"), _text("description", long=True), _text("content"), _key("targets", "digest")
    )
    _create_embeddings()
    _create_tunings()
    _create_verifications()


def downgrade() -> None:
    """Drop all tables."""
    for name in ("verifications", "tunings", "embeddings", "targets", "recipes", "occurrences", "workloads", "meta"):
        op.drop_table(name)


def _create_embeddings() -> None:
    op.create_table(
        "embeddings",
        *(_text(name) for name in ("digest", "encoder", "target")),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        _text("content"),
        _refers("embeddings", "digest", "workloads.digest"),
        _key("embeddings", "digest", "encoder", "target"),
    )
    op.create_index("ix_embeddings_encoder_target_serial", "embeddings", ["encoder", "target", "serial"])


def _create_tunings() -> None:
    op.create_table(
        "tunings",
        *(_text(name) for name in ("content", "workload", "recipe", "target", "baseline", "verdict")),
        *(sa.Column(name, sa.Double()) for name in ("ratio", "low", "high")),
        *(_text(name, long=True) for name in ("samples", "baseline_samples", "reason", "trace")),
        *(_text(name) for name in ("mode", "dace_version", "package_version", "created", "provenance")),
        *_refers_to_all("tunings"),
        _key("tunings", "content"),
    )
    op.create_index("ix_tunings_workload_recipe", "tunings", ["workload", "recipe"])
    op.create_index("ix_tunings_verdict_workload", "tunings", ["verdict", "workload"])


def _create_verifications() -> None:
    op.create_table(
        "verifications",
        *(_text(name) for name in ("content", "workload", "recipe", "target")),
        sa.Column("ok", sa.Boolean(), nullable=False),
        _text("kind"),
        _text("reason", long=True),
        *(sa.Column(name, sa.Double()) for name in ("max_error", "tolerance")),
        sa.Column("trials", sa.Integer(), nullable=False),
        *(_text(name) for name in ("dace_version", "created")),
        sa.Column("local", sa.Boolean(), nullable=False),
        *_refers_to_all("verifications"),
        _key("verifications", "content"),
    )
    op.create_index("ix_verifications_workload_recipe", "verifications", ["workload", "recipe"])


def _text(name: str, *, long: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text() if long else sa.String(), nullable=False)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=f"fk_{table}_{column}")


def _refers_to_all(table: str) -> list[sa.ForeignKeyConstraint]:
    to = {"workload": "workloads.digest", "recipe": "recipes.id", "target": "targets.digest"}
    return [_refers(table, column, other) for column, other in to.items()]
