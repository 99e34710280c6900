"""What tests ask of a schema and nobody else: to go back, and to be the models' own."""

from __future__ import annotations

from alembic import command

from store.migrate import _alone, alembic_config


def downgrade_engine(engine, revision="base"):
    """Migrate the database behind an engine down; "base" removes every table."""
    with _alone(engine) as connection:
        command.downgrade(alembic_config(connection), revision)


def check_engine(engine):
    """Compare the database with the models; raises where a migration is missing."""
    with engine.begin() as connection:
        command.check(alembic_config(connection))
