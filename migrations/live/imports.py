"""Tables of imports: made and dropped by revision 0002."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

TABLES = ("imports", "import_links", "import_series")


def _document(name: str) -> sa.Column:
    kind = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    return sa.Column(name, kind, nullable=False)


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _stamped() -> tuple[sa.Column, ...]:
    return (
        _text("id", 64),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )


def upgrade() -> None:
    """Make the tables."""
    _imports()
    _links()
    op.create_table(
        "import_series", *_stamped(),
        _text("name", 60), _text("kind", 12), _text("unit", 20),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("step_s", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("values", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_import_series"),
        sa.UniqueConstraint("name", name="uq_import_series_name"),
    )  # fmt: skip
    op.create_index("ix_import_series_created_at", "import_series", ["created_at"])


def _imports() -> None:
    op.create_table(
        "imports", *_stamped(),
        _text("kind", 20), _text("source", 200), _text("name", 120),
        _text("content_sha256", 64), _text("status", 12),
        _text("scenario_id", 64, nullable=True),
        sa.Column("scenario_version", sa.Integer(), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        _document("counts"), _document("document"),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "status IN ('previewed', 'applied', 'refused')", name="ck_imports_status"
        ),
        sa.ForeignKeyConstraint(
            ["scenario_id"], ["scenarios.id"], ondelete="SET NULL",
            name="fk_imports_scenario_id_scenarios",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
    )  # fmt: skip
    for column in ("created_at", "kind", "scenario_id"):
        op.create_index(f"ix_imports_{column}", "imports", [column])


def _links() -> None:
    op.create_table(
        "import_links",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        _text("scenario_id", 64), _text("import_id", 64, nullable=True),
        _text("source", 200), _text("source_id", 300), _text("kind", 12),
        _text("name", 60), _text("source_name", 60), _document("limits"),
        sa.ForeignKeyConstraint(
            ["scenario_id"], ["scenarios.id"], ondelete="CASCADE",
            name="fk_import_links_scenario_id_scenarios",
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], ondelete="SET NULL",
            name="fk_import_links_import_id_imports",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_import_links"),
        sa.UniqueConstraint(
            "scenario_id", "source", "source_id", name="uq_import_links_scenario_id"
        ),
    )  # fmt: skip
    op.create_index("ix_import_links_scenario_id", "import_links", ["scenario_id"])


def downgrade() -> None:
    """Drop the tables."""
    for table in reversed(TABLES):
        op.drop_table(table)
