"""
Telemetry: sources, devices, ledger, inbox, events and the levels.

On PostgreSQL the levels are cut by time, so that old data leaves as a dropped
partition. Where the server has TimescaleDB they become hypertables; else native
partitions, which the server makes as time goes on.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

LEVELS = ("telemetry_raw", "telemetry_1s", "telemetry_1min", "telemetry_1h")
DAY_US = 86_400_000_000
CHUNK_US = {"telemetry_1min": 30 * DAY_US, "telemetry_1h": 365 * DAY_US}


def _document(name: str) -> sa.Column:
    kind = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    return sa.Column(name, kind, nullable=False)


def _whole(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _counted() -> sa.Column:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("id", kind, nullable=False, autoincrement=True)


def _source() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["source_id"], ["telemetry_sources.id"], ondelete="CASCADE",
    )  # fmt: skip


def _has_timescale() -> bool:
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        return False
    found = bind.execute(
        sa.text("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'")
    )
    return found.scalar() is not None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "telemetry_sources",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        _whole("first_us"),
        _whole("last_us"),
        _document("details"),
        sa.PrimaryKeyConstraint("id", name="pk_telemetry_sources"),
        sa.UniqueConstraint("name", name="uq_telemetry_sources_name"),
    )
    op.create_table(
        "telemetry_devices",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        _document("body"),
        sa.PrimaryKeyConstraint("id", name="pk_telemetry_devices"),
        sa.UniqueConstraint("source_id", "key", name="uq_telemetry_devices_source_id"),
        _source(),
    )
    op.create_table(
        "telemetry_placement",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("scenario_id", sa.String(64), nullable=True),
        _document("nodes"),
        sa.PrimaryKeyConstraint("id", name="pk_telemetry_placement"),
    )
    op.create_table(
        "telemetry_ledger",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("spool", sa.String(32), nullable=False),
        _whole("done"),
        _document("ahead"),
        sa.PrimaryKeyConstraint("source_id", "spool", name="pk_telemetry_ledger"),
        _source(),
    )
    op.create_table(
        "telemetry_inbox",
        _counted(),
        sa.Column("source_id", sa.Integer(), nullable=False),
        _whole("window_us"),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_telemetry_inbox"),
    )
    op.create_index(
        "ix_telemetry_inbox_source_id_window_us", "telemetry_inbox",
        ["source_id", "window_us"],
    )  # fmt: skip
    op.create_table(
        "telemetry_events",
        _counted(),
        sa.Column("source_id", sa.Integer(), nullable=False),
        _whole("time_us"),
        sa.Column("device", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("text", sa.String(400), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_telemetry_events"),
    )
    op.create_index("ix_telemetry_events_time_us", "telemetry_events", ["time_us"])
    hyper = _has_timescale()
    for level in LEVELS:
        _level(level, hyper=hyper)
    for name in ("telemetry_inbox", *LEVELS):
        _plain_bodies(name)


def _plain_bodies(name: str) -> None:
    """Keep PostgreSQL from compressing once more what is compressed already."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {name} ALTER COLUMN body SET STORAGE EXTERNAL")


def _level(name: str, *, hyper: bool) -> None:
    op.create_table(
        name,
        sa.Column("source_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("part", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "part", "start_us", name=f"pk_{name}"),
        **({} if hyper else {"postgresql_partition_by": "RANGE (start_us)"}),
    )
    if hyper:
        length_us = CHUNK_US.get(name, DAY_US)
        op.execute(
            f"SELECT create_hypertable('{name}', 'start_us', "
            f"chunk_time_interval => {length_us}::bigint)"
        )


def downgrade() -> None:
    """Drop the tables; partitions go with theirs."""
    for name in (
        *LEVELS, "telemetry_events", "telemetry_inbox", "telemetry_ledger",
        "telemetry_placement", "telemetry_devices", "telemetry_sources",
    ):  # fmt: skip
        op.drop_table(name)
