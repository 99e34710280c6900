"""Tables of tracking: made and dropped by revision 0002."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def _document(name: str, *, nullable: bool) -> sa.Column:
    kind = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    return sa.Column(name, kind, nullable=nullable)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "calibrations",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("target", sa.String(250), nullable=False),
        sa.Column("source", sa.String(120), nullable=False),
        sa.Column("device", sa.String(120), nullable=False),
        sa.Column("version", sa.String(16), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("held_out_frac", sa.Float(), nullable=False),
        _document("settings", nullable=False),
        _document("fit", nullable=True),
        _document("error", nullable=True),
        sa.CheckConstraint(
            "kind IN ('gpu-utilisation', 'gpu-clock', 'server', 'conversion', "
            "'thermal', 'levels')",
            name=op.f("ck_calibrations_kind"),
        ),
        sa.CheckConstraint(
            "status IN ('fitted', 'refused')", name=op.f("ck_calibrations_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibrations")),
    )
    op.create_index("ix_calibrations_created_at", "calibrations", ["created_at"])
    op.create_index("ix_calibrations_target", "calibrations", ["target"])
    op.create_index(
        "uq_calibrations_active", "calibrations", ["kind", "target"], unique=True,
        sqlite_where=sa.text("active"), postgresql_where=sa.text("active"),
    )  # fmt: skip


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("calibrations")
