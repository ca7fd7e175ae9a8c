"""Sweeps and their tasks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of sweeps."""
    op.create_table(
        "sweeps",
        *(_text(name) for name in ("id", "name")),
        _text("spec", long=True),
        _number("created"),
        sa.Column("planned", sa.Boolean(), nullable=False),
        _key("sweeps", "id"),
    )
    op.create_table(
        "sweep_tasks",
        *(_text(name) for name in ("id", "sweep")),
        sa.Column("position", sa.Integer(), nullable=False),
        *(_text(name) for name in ("kind", "device")),
        *(_text(name, long=True) for name in ("label", "payload")),
        *(_text(name) for name in ("state", "role", "owner")),
        _number("expires"),
        sa.Column("tries", sa.Integer(), nullable=False),
        _text("failure"),
        _text("reason", long=True),
        *(_number(name) for name in ("seconds", "finished")),
        _refers("sweep_tasks"),
        _key("sweep_tasks", "id"),
    )
    for columns in (["sweep", "role", "owner", "position"], ["sweep", "expires"], ["sweep", "finished"]):
        op.create_index(f"ix_sweep_tasks_{'_'.join(columns)}", "sweep_tasks", columns)
    op.create_table(
        "sweep_tallies",
        *(_text(name) for name in ("sweep", "outcome")),
        sa.Column("count", sa.Integer(), nullable=False),
        _refers("sweep_tallies"),
        _key("sweep_tallies", "sweep", "outcome"),
    )


def downgrade() -> None:
    """Drop the tables of sweeps."""
    for name in ("sweep_tallies", "sweep_tasks", "sweeps"):
        op.drop_table(name)


def _text(name: str, *, long: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text() if long else sa.String(), nullable=False)


def _number(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=False)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _refers(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["sweep"], ["sweeps.id"], name=f"fk_{table}_sweep")
