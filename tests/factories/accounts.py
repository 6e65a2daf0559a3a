"""Users and what they may do, for tests: whatever a test does not say is valid and unremarkable."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from tests.factories.organisations import make_authority, make_organisation
from wrap_portal.accounts.models import Grant, User
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Authority, Organisation
from wrap_portal.web.access import Role

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

_numbers = count(1)


def make_user(**values: Any) -> User:
    """Add someone who may sign in and holds no role."""
    number = next(_numbers)
    defaults = {
        "email": f"user{number}@council.example",
        "name": f"User {number}",
        "created_at": LONG_AGO,
    }
    return _added(User(**(defaults | values)))


def make_grant(user: User | None = None, **values: Any) -> Grant:
    """Add a grant: of the manager's role in a new authority, where neither role nor reach is given."""
    defaults: dict[str, Any] = {
        "user_id": (user or make_user()).id,
        "role": Role.MANAGER,
        "granted_at": LONG_AGO,
    }
    if not values.keys() & {"role", "authority_id", "organisation_id"}:
        defaults["authority_id"] = make_authority().id
    return _added(Grant(**(defaults | values)))


def make_manager(authority: Authority | None = None, **values: Any) -> User:
    """Add a user who is a manager of an authority. Further values are the user's."""
    return _holder(Role.MANAGER, values, authority_id=(authority or make_authority()).id)


def make_viewer(authority: Authority | None = None, **values: Any) -> User:
    """Add a user who is a viewer of an authority. Further values are the user's."""
    return _holder(Role.VIEWER, values, authority_id=(authority or make_authority()).id)


def make_trainer(
    authority: Authority | None = None, organisation: Organisation | None = None, **values: Any
) -> User:
    """Add a user who is a trainer in an authority, or in one organisation where one is given."""
    if organisation is not None:
        return _holder(Role.TRAINER, values, organisation_id=organisation.id)
    return _holder(Role.TRAINER, values, authority_id=(authority or make_authority()).id)


def make_lead(organisation: Organisation | None = None, **values: Any) -> User:
    """Add a user who is the lead of an organisation. Further values are the user's."""
    return _holder(Role.LEAD, values, organisation_id=(organisation or make_organisation()).id)


def make_administrator(**values: Any) -> User:
    """Add a user who is an administrator. Further values are the user's."""
    return _holder(Role.ADMINISTRATOR, values)


def _holder(role: Role, values: dict[str, Any], **reach: Any) -> User:
    user = make_user(**values)
    make_grant(user, role=role, **reach)
    return user


def _added(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row
