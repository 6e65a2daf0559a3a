"""The terminal commands of the demonstration."""

from time import monotonic

import click
from flask import current_app

from wrap_portal import clock
from wrap_portal.accounts.queries import demonstration_accounts
from wrap_portal.demonstration.service import load_demonstration, update_statistics
from wrap_portal.errors import DomainError
from wrap_portal.terminal import CommandGroup
from wrap_portal.transaction import committed

demo = CommandGroup("demo", help="Five invented councils to try the portal with.")


@demo.command("load")
def load() -> None:
    """Fill an empty portal with five councils of invented schools, people and training."""
    if current_app.config["SETTINGS"].production:
        raise click.ClickException("The demonstration cannot be loaded in production.")
    started = monotonic()
    try:
        with committed():
            rows = load_demonstration(today=clock.today())
        with committed():
            update_statistics()
    except DomainError as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    click.echo(
        f"Loaded 5 councils: {rows['organisations']:,} organisations, {rows['people']:,} people, "
        f"{rows['training_sessions']:,} sessions, {rows['training_records']:,} training records "
        f"in {monotonic() - started:.0f} seconds."
    )


@demo.command("accounts")
def accounts() -> None:
    """List the accounts of the demonstration, which sign in by one click."""
    for account in demonstration_accounts():
        click.echo(f"{account.name}  <{account.email}>")
