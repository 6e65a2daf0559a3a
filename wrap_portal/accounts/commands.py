"""The terminal commands of the accounts room."""

import click

from wrap_portal.accounts import messages, queries, rules, service
from wrap_portal.errors import DomainError
from wrap_portal.organisations.queries import get_authority
from wrap_portal.terminal import CommandGroup
from wrap_portal.transaction import committed
from wrap_portal.web.access import Role

accounts = CommandGroup("accounts", help="Users, their roles and the links they sign in with.")


@accounts.command("create")
@click.argument("email")
@click.option("--name", help="How they are named on the screen; the part before the @ where it is left out.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--authority", metavar="CODE", help="The council's three-digit code, for example 825.")
@click.option("--organisation", metavar="URN", help="URN, ODS code or local code, for a lead or trainer.")
def create(email: str, name: str | None, role: str, authority: str | None, organisation: str | None) -> None:
    """Make an account with a role and print a link that signs in once, within 15 minutes."""
    try:
        with committed():
            user = service.create_user(email=email, name=name or email.partition("@")[0])
            service.grant_role(
                user_id=user.id,
                role=Role(role),
                authority_id=_authority_id(authority) if authority else None,
                organisation_id=_organisation_id(organisation) if organisation else None,
            )
            token = service.issue_sign_in_link(user_id=user.id)
    except DomainError as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    click.echo(
        f"{rules.ROLE_WORDS[Role(role)]} {user.email} can sign in once with this link within 15 minutes:"
    )
    click.echo(messages.sign_in_address(token))


@accounts.command("sign-in-link")
@click.argument("email")
def sign_in_link(email: str) -> None:
    """Print a link that signs a user in once, within 15 minutes, for when mail does not arrive."""
    try:
        with committed():
            user = queries.user_by_email(service.normal_email(email))
            if user is None:
                raise DomainError(f"There is no account with the address {email}.")
            token = service.issue_sign_in_link(user_id=user.id)
    except DomainError as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    click.echo(messages.sign_in_address(token))


def _authority_id(code: str) -> int:
    authority = get_authority(code)
    if authority is None:
        raise DomainError(f"There is no council with the code {code}. Import its schools first.")
    return authority.id


def _organisation_id(code: str) -> int:
    organisation = queries.organisation_by_code(code)
    if organisation is None:
        raise DomainError(f"There is no organisation with the code {code}.")
    return organisation.id
