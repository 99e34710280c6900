"""Sites, scenarios, runs, plans and jobs.

Revision: 0001, after: nothing
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATES = "'queued', 'running', 'done', 'failed', 'cancelled'"


def _document(name: str, *, nullable: bool) -> sa.Column:
    kind = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    return sa.Column(name, kind, nullable=nullable)


def _stamps() -> list[sa.Column]:
    return [
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    ]


def _outcome(table: str) -> None:
    op.create_table(
        table,
        *_stamps(),
        sa.Column("name", sa.String(120), nullable=False),
        _document("body", nullable=False),
        sa.Column("scenario_sha256", sa.String(64), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("model_version", sa.String(40), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("job_id", sa.String(64), nullable=True),
        sa.Column("scenario_id", sa.String(64), nullable=True),
        _document("result", nullable=True),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["scenario_id"], ["scenarios.id"],
            name=f"fk_{table}_scenario_id_scenarios", ondelete="SET NULL",
        ),
        sa.CheckConstraint(f"status IN ({STATES})", name=op.f(f"ck_{table}_status")),
    )
    for column in ("created_at", "scenario_sha256", "scenario_id"):
        op.create_index(f"ix_{table}_{column}", table, [column])


def upgrade() -> None:
    op.create_table(
        "sites",
        *_stamps(),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("time_zone", sa.String(60), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sites"),
    )
    op.create_index("ix_sites_created_at", "sites", ["created_at"])
    op.create_table(
        "scenarios",
        *_stamps(),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("site_id", sa.String(64), nullable=True),
        _document("body", nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_scenarios"),
        sa.ForeignKeyConstraint(
            ["site_id"], ["sites.id"],
            name="fk_scenarios_site_id_sites", ondelete="SET NULL",
        ),
    )
    op.create_index("ix_scenarios_created_at", "scenarios", ["created_at"])
    op.create_index("ix_scenarios_site_id", "scenarios", ["site_id"])
    _outcome("runs")
    _outcome("plans")
    op.create_table(
        "jobs",
        *_stamps(),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("part", sa.Float(), nullable=False),
        sa.Column("text", sa.String(200), nullable=False),
        sa.Column("result_kind", sa.String(20), nullable=True),
        sa.Column("result_id", sa.String(64), nullable=True),
        _document("error", nullable=True),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_jobs_state")),
        sa.CheckConstraint("part >= 0 AND part <= 1", name=op.f("ck_jobs_part")),
    )
    op.create_index("ix_jobs_created_at", "jobs", ["created_at"])
    op.create_index("ix_jobs_state", "jobs", ["state"])


def downgrade() -> None:
    for table in ("jobs", "plans", "runs", "scenarios", "sites"):
        op.drop_table(table)
