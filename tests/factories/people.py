"""People, memberships and headcounts for tests: whatever a test does not say is valid and unremarkable."""

from datetime import date
from itertools import count
from typing import Any

from sqlalchemy.dialects.postgresql import Range

from tests.factories.organisations import make_authority, make_organisation
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Authority, Organisation
from wrap_portal.people.models import DeclaredHeadcount, MemberRole, Membership, Person

_numbers = count(1)


def make_person(authority: Authority | None = None, **values: Any) -> Person:
    """Add a person without an e-mail address, in a new authority unless one is given."""
    defaults: dict[str, Any] = {"name": f"Person {next(_numbers)}"}
    if "authority_id" not in values:
        defaults["authority_id"] = (authority or make_authority()).id
    return _added(Person(**(defaults | values)))


def make_membership(
    organisation: Organisation | None = None,
    person: Person | None = None,
    *,
    role: MemberRole = MemberRole.DSL,
    started_on: date = date(2020, 9, 1),
    ended_on: date | None = None,
    **values: Any,
) -> Membership:
    """Add a DSL of a school since 1 September 2020; `ended_on` is the first day without them.

    The school and the person are new unless they are given; a new person is of the school's authority.
    """
    organisation = organisation or make_organisation()
    person = person or make_person(authority_id=organisation.authority_id)
    defaults = {
        "organisation_id": organisation.id,
        "person_id": person.id,
        "role": role,
        "during": Range(started_on, ended_on, bounds="[)"),
    }
    return _added(Membership(**(defaults | values)))


def make_declared_headcount(organisation: Organisation | None = None, **values: Any) -> DeclaredHeadcount:
    """Add a declaration of 1 September 2020 that forty people must be trained."""
    organisation = organisation or make_organisation()
    defaults = {
        "organisation_id": organisation.id,
        "declared_on": date(2020, 9, 1),
        "headcount": 40,
    }
    return _added(DeclaredHeadcount(**(defaults | values)))


def _added(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row
