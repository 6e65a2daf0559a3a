"""Who has an account, what it may do, and who is signed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select

from wrap_portal.accounts.models import Grant, SignInSession, User
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Authority, Organisation
from wrap_portal.web.access import Role


@dataclass(frozen=True)
class HeldRole:
    """One current role; where it is in an organisation, `authority_id` is the authority of that."""

    role: Role
    authority_id: int | None
    organisation_id: int | None


@dataclass(frozen=True)
class SignedIn:
    """A browser's sign-in session, whose it is and what they hold now; `rules.is_session_alive` judges it."""

    session_id: int
    user_id: int
    name: str
    email: str
    started_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None
    held: tuple[HeldRole, ...]


@dataclass(frozen=True)
class GrantRow:
    """A current role in words: `reach` names the authority or organisation; it is "" for the portal."""

    grant_id: int
    user_id: int
    role: Role
    reach: str
    authority_id: int | None
    organisation_id: int | None
    granted_at: datetime


@dataclass(frozen=True)
class UserRow:
    """A user with their current roles, and when they were last seen (None: never)."""

    user_id: int
    name: str
    email: str
    disabled: bool
    last_seen_at: datetime | None
    grants: tuple[GrantRow, ...]


def signed_in(token_hash: str) -> SignedIn | None:
    """Return the sign-in session of a token with its user's current roles; None for a disabled user."""
    rows = db.session.execute(
        select(SignInSession, User, Grant, Organisation.authority_id)
        .join(User, User.id == SignInSession.user_id)
        .outerjoin(Grant, (Grant.user_id == User.id) & Grant.ended_at.is_(None))
        .outerjoin(Organisation, Organisation.id == Grant.organisation_id)
        .where(SignInSession.token_hash == token_hash, User.disabled_at.is_(None))
        .order_by(Grant.id)
    ).all()
    if not rows:
        return None
    session, user = rows[0][0], rows[0][1]
    return SignedIn(
        session_id=session.id,
        user_id=user.id,
        name=user.name,
        email=user.email,
        started_at=session.started_at,
        last_seen_at=session.last_seen_at,
        ended_at=session.ended_at,
        held=tuple(
            HeldRole(grant.role, grant.authority_id or organisation_authority_id, grant.organisation_id)
            for _, _, grant, organisation_authority_id in rows
            if grant is not None
        ),
    )


def get_user(user_id: int) -> User | None:
    """Return a user by id."""
    return db.session.get(User, user_id)


def user_by_email(email: str) -> User | None:
    """Return a user by their address in its normal form."""
    return db.session.scalar(select(User).where(User.email == email))


def get_grant(grant_id: int) -> Grant | None:
    """Return a current grant by id; one that has ended is as good as missing."""
    return db.session.scalar(select(Grant).where(Grant.id == grant_id, Grant.ended_at.is_(None)))


def get_lead_grant(grant_id: int, organisation_id: int) -> Grant | None:
    """Return a current grant of the lead's role in this organisation."""
    return db.session.scalar(
        select(Grant).where(
            Grant.id == grant_id,
            Grant.role == Role.LEAD,
            Grant.organisation_id == organisation_id,
            Grant.ended_at.is_(None),
        )
    )


def count_users(search: str = "") -> int:
    """Return how many users there are whose name or address holds `search`."""
    return db.session.scalar(select(func.count()).select_from(User).where(_matches(search))) or 0


def users(search: str = "", *, limit: int, offset: int = 0) -> list[UserRow]:
    """Return users by name, each with current roles, whose name or address holds `search`."""
    return _user_rows(
        select(User)
        .where(_matches(search))
        .order_by(func.lower(User.name), User.id)
        .limit(limit)
        .offset(offset)
    )


def user_row(user_id: int) -> UserRow | None:
    """Return one user with current roles."""
    rows = _user_rows(select(User).where(User.id == user_id))
    return rows[0] if rows else None


def leads(organisation_id: int) -> list[GrantRow]:
    """Return the current grants of the lead's role in an organisation, oldest first."""
    return _grant_rows([Grant.organisation_id == organisation_id, Grant.role == Role.LEAD])


def lead_users(organisation_id: int) -> list[User]:
    """Return the enabled users who are leads of an organisation now, by name: whom to write to about it."""
    return list(
        db.session.scalars(
            select(User)
            .join(Grant, Grant.user_id == User.id)
            .where(
                Grant.organisation_id == organisation_id,
                Grant.role == Role.LEAD,
                Grant.ended_at.is_(None),
                User.disabled_at.is_(None),
            )
            .order_by(func.lower(User.name), User.id)
        )
    )


def demonstration_accounts() -> list[UserRow]:
    """Return the enabled accounts that demonstration data made: widest role first, then by name."""
    rows = _user_rows(
        select(User)
        .where(User.demonstration, User.disabled_at.is_(None))
        .order_by(func.lower(User.name), User.id)
    )
    order = [Role.ADMINISTRATOR, Role.MANAGER, Role.VIEWER, Role.TRAINER, Role.LEAD]
    return sorted(
        rows, key=lambda row: min((order.index(grant.role) for grant in row.grants), default=len(order))
    )


def _matches(search: str) -> ColumnElement[bool]:
    found = func.lower(search)
    return or_(
        func.lower(User.name).contains(found, autoescape=True), User.email.contains(found, autoescape=True)
    )


def _user_rows(statement: Select[User]) -> list[UserRow]:
    found = db.session.scalars(statement).all()
    ids = [user.id for user in found]
    by_user: dict[int, list[GrantRow]] = {}
    for grant in _grant_rows([Grant.user_id.in_(ids)]):
        by_user.setdefault(grant.user_id, []).append(grant)
    seen = dict(
        db.session.execute(
            select(SignInSession.user_id, func.max(SignInSession.last_seen_at))
            .where(SignInSession.user_id.in_(ids))
            .group_by(SignInSession.user_id)
        ).all()
    )
    return [
        UserRow(
            user_id=user.id,
            name=user.name,
            email=user.email,
            disabled=user.disabled_at is not None,
            last_seen_at=seen.get(user.id),
            grants=tuple(by_user.get(user.id, ())),
        )
        for user in found
    ]


def _grant_rows(conditions: Sequence[ColumnElement[bool]]) -> list[GrantRow]:
    rows = db.session.execute(
        select(Grant, Authority.name, Organisation.name)
        .outerjoin(Authority, Authority.id == Grant.authority_id)
        .outerjoin(Organisation, Organisation.id == Grant.organisation_id)
        .where(Grant.ended_at.is_(None), *conditions)
        .order_by(Grant.id)
    )
    return [
        GrantRow(
            grant_id=grant.id,
            user_id=grant.user_id,
            role=grant.role,
            reach=authority or organisation or "",
            authority_id=grant.authority_id,
            organisation_id=grant.organisation_id,
            granted_at=grant.granted_at,
        )
        for grant, authority, organisation in rows
    ]
