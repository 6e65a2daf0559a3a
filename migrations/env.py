"""Runs the migrations in the application's own database, each in a transaction of its own."""

from alembic import context
from flask import current_app

database = current_app.extensions["migrate"].db


def run_migrations() -> None:
    """Bring the schema to the asked revision; a failing step leaves the ones before it in place."""
    with database.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            transaction_per_migration=True,
            compare_server_default=False,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("The migrations read the database as they go: run them with `flask db upgrade`.")

run_migrations()
