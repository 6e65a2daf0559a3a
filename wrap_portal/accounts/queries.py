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
    """One current role. In an organisation, `authority_id` and its name and colour are of that one's
    authority; an administrator's have neither.
    """

    role: Role
    authority_id: int | None = None
    authority_name: str | None = None
    brand_colour: str | None = None
    organisation_id: int | None = None
    organisation_name: str | None = None

    @property
    def whole_authority(self) -> bool:
        """True where the role reaches all of the authority."""
        return self.authority_id is not None and self.organisation_id is None


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


@dataclass(frozen=True)
class LeadRow:
    """Somebody who looks after an organisation, since when, and when they were last seen (None: never)."""

    grant_id: int
    user_id: int
    name: str
    email: str
    disabled: bool
    granted_at: datetime
    last_seen_at: datetime | None


def signed_in(token_hash: str) -> SignedIn | None:
    """Return the sign-in session of a token with its user's current roles; None for a disabled user."""
    # Every request asks this: columns, because building whole objects takes longer than the question.
    rows = db.session.execute(
        select(
            SignInSession.id,
            SignInSession.started_at,
            SignInSession.last_seen_at,
            SignInSession.ended_at,
            User.id,
            User.name,
            User.email,
            Grant.role,
            Authority.id,
            Authority.name,
            Authority.brand_colour,
            Organisation.id,
            Organisation.name,
        )
        .join(User, User.id == SignInSession.user_id)
        .outerjoin(Grant, (Grant.user_id == User.id) & Grant.ended_at.is_(None))
        .outerjoin(Organisation, Organisation.id == Grant.organisation_id)
        .outerjoin(Authority, Authority.id == func.coalesce(Grant.authority_id, Organisation.authority_id))
        .where(SignInSession.token_hash == token_hash, User.disabled_at.is_(None))
        .order_by(Grant.id)
    ).all()
    if not rows:
        return None
    session_id, started_at, last_seen_at, ended_at, user_id, name, email, *_ = rows[0]
    return SignedIn(
        session_id=session_id,
        user_id=user_id,
        name=name,
        email=email,
        started_at=started_at,
        last_seen_at=last_seen_at,
        ended_at=ended_at,
        held=tuple(HeldRole(*row[7:]) for row in rows if row[7] is not None),
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


def organisation_by_code(code: str) -> Organisation | None:
    """Return the organisation with this URN, ODS code or local code, wherever it is."""
    code = code.strip()
    is_urn = code.isascii() and code.isdigit() and len(code) < 10
    return db.session.scalar(
        select(Organisation).where(
            Organisation.urn == int(code)
            if is_urn
            else or_(Organisation.ods_code == code.upper(), Organisation.local_code == code.upper())
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


def leads(organisation_id: int) -> list[LeadRow]:
    """Return who looks after an organisation now, by name."""
    seen = (
        select(func.max(SignInSession.last_seen_at)).where(SignInSession.user_id == User.id).scalar_subquery()
    )
    rows = db.session.execute(
        select(Grant, User, seen)
        .join(User, User.id == Grant.user_id)
        .where(Grant.organisation_id == organisation_id, Grant.role == Role.LEAD, Grant.ended_at.is_(None))
        .order_by(func.lower(User.name), User.id)
    )
    return [
        LeadRow(
            grant_id=grant.id,
            user_id=user.id,
            name=user.name,
            email=user.email,
            disabled=user.disabled_at is not None,
            granted_at=grant.granted_at,
            last_seen_at=last_seen_at,
        )
        for grant, user, last_seen_at in rows
    ]


def demonstration_accounts() -> list[UserRow]:
    """Return the enabled accounts that demonstration data made, in the order in which it made them."""
    return _user_rows(select(User).where(User.demonstration, User.disabled_at.is_(None)).order_by(User.id))


def _matches(search: str) -> ColumnElement[bool]:
    return or_(User.name.icontains(search, autoescape=True), User.email.icontains(search, autoescape=True))


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
