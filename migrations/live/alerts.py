"""Tables of alerts: made and dropped by revision 0002."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def upgrade() -> None:
    """Make the tables."""
    _rules()
    _alerts()
    _deliveries()


def downgrade() -> None:
    """Drop the tables."""
    for table in ("alert_deliveries", "alerts", "alert_rules"):
        op.drop_table(table)


def _stamped() -> list[sa.Column]:
    return [
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    ]


def _rules() -> None:
    op.create_table(
        "alert_rules",
        *_stamped(),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("devices", sa.Boolean(), nullable=False),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("limit", sa.Float(), nullable=False),
        sa.Column("clear", sa.Float(), nullable=False),
        sa.Column("for_s", sa.Float(), nullable=False),
        sa.Column("window_s", sa.Float(), nullable=False),
        sa.Column("severity", sa.String(8), nullable=False),
        sa.Column("webhook_url", sa.Text(), nullable=True),
        sa.Column("webhook_secret", sa.Text(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('threshold', 'load', 'ramp', 'missing-agent', 'model-drift')",
            name=op.f("ck_alert_rules_kind"),
        ),
        sa.CheckConstraint(
            "severity IN ('info', 'warning', 'critical')",
            name=op.f("ck_alert_rules_severity"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rules")),
    )
    op.create_index("ix_alert_rules_created_at", "alert_rules", ["created_at"])


def _alerts() -> None:
    op.create_table(
        "alerts",
        *_stamped(),
        sa.Column("rule_id", sa.String(64), nullable=True),
        sa.Column("rule_name", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("severity", sa.String(8), nullable=False),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("limit", sa.Float(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(80), nullable=False),
        sa.CheckConstraint(
            "status IN ('firing', 'resolved')", name=op.f("ck_alerts_status")
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["alert_rules.id"], ondelete="SET NULL",
            name=op.f("fk_alerts_rule_id_alert_rules"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )  # fmt: skip
    for column in ("created_at", "rule_id", "status"):
        op.create_index(f"ix_alerts_{column}", "alerts", [column])


def _deliveries() -> None:
    op.create_table(
        "alert_deliveries",
        *_stamped(),
        sa.Column("rule_id", sa.String(64), nullable=True),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("alerts", sa.Integer(), nullable=False),
        sa.Column(
            "body",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
        ),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(200), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'delivered', 'given-up')",
            name=op.f("ck_alert_deliveries_state"),
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["alert_rules.id"], ondelete="SET NULL",
            name=op.f("fk_alert_deliveries_rule_id_alert_rules"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_deliveries")),
    )  # fmt: skip
    for column in ("created_at", "rule_id", "state"):
        op.create_index(f"ix_alert_deliveries_{column}", "alert_deliveries", [column])
