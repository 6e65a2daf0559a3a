"""Models equal migrations, compared as text: autogenerate misses CHECKs and defaults (quality.md Q12)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import Engine, text

from tests.support.databases import OwnDatabase
from wrap_portal.extensions import db

MIGRATIONS = Path(__file__).parents[2] / "migrations" / "versions"

SCHEMA_AS_TEXT = """
    SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
           || ' ' || coalesce(character_maximum_length::text, '') || ' '
           || coalesce(numeric_precision::text, '') || ' ' || coalesce(column_default, '')
      FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
    UNION ALL
    SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
      FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
       AND conrelid::regclass::text <> 'alembic_version'
    UNION ALL
    SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'
     ORDER BY 1
"""


def schema_as_text(engine: Engine) -> list[str]:
    """Return every column, constraint and index of the schema, one line each."""
    with engine.connect() as connection:
        return list(connection.scalars(text(SCHEMA_AS_TEXT)))


@pytest.fixture
def migrated(own_database: OwnDatabase) -> Iterator[Engine]:
    """A migrated database of its own, and the application bound to it."""
    with own_database.app.app_context():
        yield db.engine


def test_models_equal_migrations(migrated: Engine) -> None:
    with_migrations = schema_as_text(migrated)
    with migrated.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    db.create_all()
    from_models = schema_as_text(migrated)
    assert with_migrations == from_models


def test_every_step_goes_down_and_up_again(migrated: Engine) -> None:
    before = schema_as_text(migrated)
    downgrade(revision="base")
    with migrated.connect() as connection:
        left = connection.scalars(
            text(
                "SELECT relname FROM pg_class"
                " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')"
            )
        ).all()
        functions = connection.scalars(
            text("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        ).all()
    assert set(left) <= {"alembic_version"}
    assert functions == []
    upgrade()
    assert schema_as_text(migrated) == before


def test_migrations_are_numbered_in_one_line(migrated: Engine) -> None:
    names = sorted(path.stem for path in MIGRATIONS.glob("*.py"))
    assert [name.split("_")[0] for name in names] == [f"{number:04d}" for number in range(1, len(names) + 1)]
    with migrated.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == names[-1].split("_")[0]
