"""Steps of the database from each released schema to the next, by alembic."""
