"""What the commands of the terminal have in common: they find the database ready, or say what is missing.

The embedded database is set up by the first command that needs it, as `make run` does. A database of
somebody's own is changed by nobody but `flask db upgrade`, run by a person who has made a backup.
"""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import click
import flask_migrate
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from wrap_portal.extensions import db

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")

# The key of the advisory lock that lets one process set up a database; any number that nothing else uses.
SETTING_UP = 7_209_145


class CommandGroup(AppGroup):
    """A group of commands of the portal: each runs on a database that is ready for it."""

    def command(  # type: ignore[override]
        self, *args: Any, **kwargs: Any
    ) -> Callable[[Callable[..., Any]], click.Command]:
        """Take a function as a command of this group."""
        add = super().command(*args, **kwargs)
        return lambda function: add(on_ready_database(function))


def on_ready_database(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Let a command run only where the database answers and has this portal's tables."""

    @functools.wraps(function)
    def prepared(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        prepare_database()
        return function(*args, **kwargs)

    return prepared


def prepare_database() -> None:
    """Set up the embedded database where it is new.

    Raises ClickException where the database does not answer, or was set up by another version of the portal.
    """
    scripts = ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())
    newest = scripts.get_current_head()
    found = _revision()
    if found is None and current_app.config["SETTINGS"].database_url is None:
        found = _set_up()
    if found == newest:
        return
    if found is None:
        raise click.ClickException("The database has not been set up. Run: flask db upgrade")
    if found not in {script.revision for script in scripts.walk_revisions()}:
        raise click.ClickException(
            f"The database was set up by a newer portal ({found}; this one knows {newest}). Use that one."
        )
    raise click.ClickException(
        f"The database is of an older portal ({found}; this one needs {newest})."
        " Make a backup, then run: flask db upgrade"
    )


def _revision() -> str | None:
    try:
        with db.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise click.ClickException(f"The database does not answer: {reason}") from error


def _set_up() -> str | None:
    """Make the tables, unless another process does it first. Return the revision."""
    with db.engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": SETTING_UP})
        try:
            if _revision() is None:
                instance = current_app.config["SETTINGS"].instance
                click.echo(f"Setting up the database in {instance}, the first time only.", err=True)
                flask_migrate.upgrade()
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": SETTING_UP})
    return _revision()
