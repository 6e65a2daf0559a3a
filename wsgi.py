"""What `flask` finds when it is started in this folder, so that its commands need no further setting."""

import click
from flask import Flask

from config import SettingsError
from wrap_portal import app
from wrap_portal.embedded_postgres import EmbeddedPostgresError


def create_app() -> Flask:
    """Make the application for the terminal.

    Raises ClickException, which is a line at the terminal, where a setting is wrong or the database of the
    instance cannot be started.
    """
    try:
        return app.create_app()
    except SettingsError as error:
        raise click.ClickException(f"A setting is wrong. {error}") from error
    except EmbeddedPostgresError as error:
        raise click.ClickException(f"The database cannot be used. {error}") from error
