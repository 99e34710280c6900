"""Versions of scenarios, and who changed them; what is stored becomes version 1.

Revision: 0004, after: 0003
"""

import hashlib
import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
SCENARIOS = sa.table(
    "scenarios", sa.column("id", sa.String), sa.column("version", sa.Integer),
    sa.column("updated_at", INSTANT), sa.column("body", DOCUMENT),
)  # fmt: skip


def upgrade() -> None:
    with op.batch_alter_table("scenarios") as scenarios:
        scenarios.add_column(
            sa.Column("changed_by", sa.String(120), nullable=False, server_default="")
        )
    versions = op.create_table(
        "scenario_versions",
        sa.Column("scenario_id", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=True),
        sa.Column("author", sa.String(120), nullable=False),
        sa.Column("autosaved", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("body", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["scenario_id"], ["scenarios.id"], ondelete="CASCADE",
            name=op.f("fk_scenario_versions_scenario_id_scenarios"),
        ),
        sa.PrimaryKeyConstraint(
            "scenario_id", "number", name=op.f("pk_scenario_versions")
        ),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(SCENARIOS)).all():
        text = json.dumps(row.body, sort_keys=True, separators=(",", ":"))
        connection.execute(
            versions.insert().values(
                scenario_id=row.id, number=1, revision=row.version, name=None,
                author="", autosaved=False, created_at=row.updated_at,
                updated_at=row.updated_at, body=row.body,
                sha256=hashlib.sha256(text.encode()).hexdigest(),
            )
        )  # fmt: skip


def downgrade() -> None:
    op.drop_table("scenario_versions")
    with op.batch_alter_table("scenarios") as scenarios:
        scenarios.drop_column("changed_by")
