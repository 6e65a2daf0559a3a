"""The verbs of accounts: who may sign in, what they may do, and the ways in.

Links and sessions are random tokens of which only the hash is kept (docs/adr: no passwords). Every change
of who may do what leaves an audit event.
"""

import secrets
from datetime import datetime

from sqlalchemy import delete, func, or_, select, text, update

from wrap_portal import clock
from wrap_portal.accounts import queries, rules
from wrap_portal.accounts.models import Grant, SignInAttempt, SignInLink, SignInSession, User
from wrap_portal.audit.service import record_event
from wrap_portal.errors import DomainError, register_refusals
from wrap_portal.extensions import db
from wrap_portal.mail.rules import email_address
from wrap_portal.organisations.models import Organisation
from wrap_portal.web.access import Role

LINK_REFUSED = "This sign-in link has been used, or is older than 15 minutes. Ask for a new one."

register_refusals(
    {
        "uq_users_email": ("There is already an account with this email address.", "email"),
        "uq_grants_current": ("This person already has this role there.", "role"),
    }
)


class TooManyAttempts(DomainError):
    """Somebody asks for ways in, or tries them, more often than people do."""


def normal_email(text: str) -> str:
    """Return an address the way accounts keep it. Raises DomainError (field `email`) where it is none."""
    return email_address(text).lower()


def create_user(*, email: str, name: str, demonstration: bool = False, actor_id: int | None = None) -> User:
    """Add someone who may sign in; what they may do is for `grant_role`.

    Arguments: `name`, as it is to be shown; `demonstration`, whether anybody may sign in as them with one
    click where the portal runs as a demonstration.
    Raises DomainError (fields `email`, `name`) where the address is none or is taken, or the name is blank.
    """
    address = normal_email(email)
    name = " ".join(name.split())
    if not name:
        raise DomainError("Enter a name.", field="name")
    if len(name) > rules.LONGEST_NAME:
        raise DomainError(f"The name must have {rules.LONGEST_NAME} characters or fewer.", field="name")
    if queries.user_by_email(address) is not None:
        raise DomainError("There is already an account with this email address.", field="email")
    user = User(email=address, name=name, created_at=clock.now(), demonstration=demonstration)
    db.session.add(user)
    db.session.flush()
    _record("create_user", "user", user.id, actor_id)
    return user


def grant_role(
    *,
    user_id: int,
    role: Role,
    authority_id: int | None = None,
    organisation_id: int | None = None,
    actor_id: int | None = None,
) -> Grant:
    """Give a user a role, at once.

    Raises DomainError (fields `role`, `authority`, `organisation`) where the role does not go with that
    reach, or the user holds it there already.
    """
    problem = rules.reach_problem(role, authority_id, organisation_id)
    if problem is not None:
        raise DomainError(problem[1], field=problem[0])
    held = select(Grant).where(
        Grant.user_id == user_id,
        Grant.role == role,
        Grant.authority_id.is_not_distinct_from(authority_id),
        Grant.organisation_id.is_not_distinct_from(organisation_id),
        Grant.ended_at.is_(None),
    )
    if db.session.scalar(held) is not None:
        raise DomainError("This person already has this role there.", field="role")
    grant = Grant(
        user_id=user_id,
        role=role,
        authority_id=authority_id,
        organisation_id=organisation_id,
        granted_at=clock.now(),
    )
    db.session.add(grant)
    db.session.flush()
    _record_grant("grant_role", grant, actor_id)
    return grant


def invite_lead(
    *, email: str, name: str, organisation_id: int, actor_id: int | None = None
) -> tuple[User, Grant]:
    """Let somebody look after an organisation: make the account where there is none, and give the lead's
    role.

    Raises what create_user and grant_role do; DomainError (field `email`) for a disabled account, which
    only an administrator may open again.
    """
    user = queries.user_by_email(normal_email(email))
    if user is None:
        user = create_user(email=email, name=name, actor_id=actor_id)
    if user.disabled_at is not None:
        raise DomainError("This account is disabled. Ask your administrator.", field="email")
    try:
        grant = grant_role(
            user_id=user.id, role=Role.LEAD, organisation_id=organisation_id, actor_id=actor_id
        )
    except DomainError as error:
        raise DomainError("This person looks after this organisation already.", field="email") from error
    return user, grant


def end_grant(*, grant: Grant, actor_id: int | None = None) -> None:
    """Take a role away, at once: the next request of any browser of this user does without it.

    Raises DomainError where it would leave the portal without an administrator.
    """
    if grant.ended_at is not None:
        return
    if grant.role is Role.ADMINISTRATOR:
        _refuse_last_administrator(grant.user_id)
    grant.ended_at = max(clock.now(), grant.granted_at)
    db.session.flush()
    _record_grant("end_grant", grant, actor_id)


def disable_user(*, user: User, actor_id: int | None = None) -> None:
    """Shut a user out, at once: sessions end, links that are on their way stay shut.

    Raises DomainError where it would leave the portal without an administrator.
    """
    if user.disabled_at is not None:
        return
    _refuse_last_administrator(user.id)
    now = clock.now()
    user.disabled_at = now
    db.session.execute(
        update(SignInSession)
        .where(SignInSession.user_id == user.id, SignInSession.ended_at.is_(None))
        .values(ended_at=now)
    )
    _shut_links(user.id, now)
    db.session.flush()
    _record("disable_user", "user", user.id, actor_id)


def enable_user(*, user: User, actor_id: int | None = None) -> None:
    """Let a disabled user sign in again, with the roles that were not taken away meanwhile."""
    if user.disabled_at is None:
        return
    user.disabled_at = None
    db.session.flush()
    _record("enable_user", "user", user.id, actor_id)


def request_sign_in_link(*, email: str, network_address: str) -> tuple[User, str] | None:
    """Make a sign-in link for whoever has this address.

    Returns the user and the link's token, which exists nowhere else; None for an address without an
    account, or with a disabled one. Whoever asked must not be able to tell the two apart (quality.md 2).
    Raises DomainError (field `email`) where the text is no address; TooManyAttempts where this address or
    this network has asked too often in the last hour, whether or not there is an account.
    """
    address = normal_email(email)
    count_attempt(email=address, network_address=network_address)
    # For an address without an account a link is made for anybody, and undone: the answer takes as long.
    anybody = select(func.min(User.id)).scalar_subquery()
    found = db.session.scalars(select(User).where(or_(User.email == address, User.id == anybody))).all()
    owner = next((user for user in found if user.email == address and user.disabled_at is None), None)
    if not found:
        return None
    with db.session.begin_nested() as savepoint:
        token = _add_link((owner or found[0]).id)
        if owner is None:
            savepoint.rollback()
    return (owner, token) if owner is not None else None


def issue_sign_in_link(*, user_id: int) -> str:
    """Make a sign-in link for a user and return its token, which exists nowhere else.

    It works once, for 15 minutes. Raises DomainError (field `email`) where the user is disabled.
    """
    user = db.session.get_one(User, user_id)
    if user.disabled_at is not None:
        raise DomainError("This account is disabled.", field="email")
    return _add_link(user_id)


def use_sign_in_link(*, token: str, network_address: str) -> str:
    """Use a sign-in link up, start a sign-in session and return its token.

    The user's other links are shut as well. One statement takes the link, so that of two clicks at once one
    is refused.
    Raises DomainError where the link is unknown, used or too old, or the user is disabled; TooManyAttempts
    where this network has tried too many that did not work (`count_attempt`).
    """
    _refuse_too_many(_network_subject(network_address), rules.ATTEMPTS_A_NETWORK)
    now = clock.now()
    user_id = db.session.scalar(
        update(SignInLink)
        .where(
            SignInLink.token_hash == rules.token_hash(token),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > now,
            SignInLink.user_id == User.id,
            User.disabled_at.is_(None),
        )
        .values(used_at=now)
        .returning(SignInLink.user_id)
        .execution_options(synchronize_session=False)
    )
    if user_id is None:
        raise DomainError(LINK_REFUSED)
    _shut_links(user_id, now)
    return start_session(user_id=user_id)


def start_session(*, user_id: int) -> str:
    """Sign a user in without a link and return the session's token, which exists nowhere else."""
    now = clock.now()
    db.session.execute(
        delete(SignInSession).where(
            SignInSession.user_id == user_id, SignInSession.started_at < now - rules.SESSIONS_KEPT
        )
    )
    token = _new_token()
    db.session.add(
        SignInSession(
            user_id=user_id,
            token_hash=rules.token_hash(token),
            started_at=now,
            last_seen_at=now,
        )
    )
    _record("sign_in", "user", user_id, user_id)
    return token


def mark_session_seen(*, session_id: int) -> None:
    """Note that a signed-in browser has just asked for something: its idle time starts anew."""
    db.session.execute(
        update(SignInSession).where(SignInSession.id == session_id).values(last_seen_at=clock.now())
    )


def end_session(*, session_id: int) -> None:
    """Sign a browser out: its cookie, and every copy of it, is dead."""
    user_id = db.session.scalar(
        update(SignInSession)
        .where(SignInSession.id == session_id, SignInSession.ended_at.is_(None))
        .values(ended_at=clock.now())
        .returning(SignInSession.user_id)
    )
    if user_id is not None:
        _record("sign_out", "user", user_id, user_id)


def note_failed_link(*, network_address: str) -> None:
    """Count a link that did not work against the network that tried it, and leave it in the audit trail."""
    db.session.add(SignInAttempt(subject_hash=_network_subject(network_address), at=clock.now()))
    record_event(action="refuse_sign_in", subject_type="sign_in_link", actor_label="visitor")


def count_attempt(*, network_address: str, email: str | None = None) -> None:
    """Count one attempt against a network and, where it is given, an e-mail address.

    Raises TooManyAttempts where the hour is full: ten an address, some hundreds a network (rules.py). A
    refused attempt is not counted itself, so that whoever waits gets in again.
    """
    limits = {_network_subject(network_address): rules.ATTEMPTS_A_NETWORK}
    if email is not None:
        limits[rules.token_hash(f"email {email}")] = rules.ATTEMPTS_AN_ACCOUNT
    now = clock.now()
    # In one order for everybody, so that two requests cannot wait for each other.
    for subject in sorted(limits):
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(subject, 0))))
        _refuse_too_many(subject, limits[subject])
    db.session.execute(
        delete(SignInAttempt).where(
            SignInAttempt.id.in_(
                select(SignInAttempt.id)
                .where(SignInAttempt.at <= now - rules.ATTEMPT_WINDOW)
                .limit(1000)
                .with_for_update(skip_locked=True)
            )
        )
    )
    db.session.add_all(SignInAttempt(subject_hash=subject, at=now) for subject in limits)
    db.session.flush()


def _add_link(user_id: int) -> str:
    now = clock.now()
    # What nobody can use any more is of no use to us either.
    db.session.execute(
        delete(SignInLink).where(
            SignInLink.user_id == user_id, SignInLink.expires_at < now - rules.SESSION_LIFETIME
        )
    )
    token = _new_token()
    db.session.add(
        SignInLink(
            user_id=user_id,
            token_hash=rules.token_hash(token),
            created_at=now,
            expires_at=now + rules.LINK_LIFETIME,
        )
    )
    db.session.flush()
    return token


def _refuse_too_many(subject: str, limit: int) -> None:
    since = clock.now() - rules.ATTEMPT_WINDOW
    made = db.session.scalar(
        select(func.count())
        .select_from(SignInAttempt)
        .where(SignInAttempt.subject_hash == subject, SignInAttempt.at > since)
    )
    if (made or 0) >= limit:
        raise TooManyAttempts("Too many attempts to sign in. Wait an hour, then try again.", field="email")


def _record(action: str, subject_type: str, subject_id: int, actor_id: int | None) -> None:
    record_event(
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        actor_id=actor_id,
    )


def _record_grant(action: str, grant: Grant, actor_id: int | None) -> None:
    authority_id = grant.authority_id
    if grant.organisation_id is not None:
        authority_id = db.session.get_one(Organisation, grant.organisation_id).authority_id
    record_event(
        action=action,
        subject_type="grant",
        subject_id=grant.id,
        actor_id=actor_id,
        authority_id=authority_id,
        details={
            "user_id": grant.user_id,
            "role": grant.role.value,
            "organisation_id": grant.organisation_id,
        },
    )


def _network_subject(network_address: str) -> str:
    return rules.token_hash(f"network {rules.network_of(network_address)}")


def _new_token() -> str:
    return secrets.token_urlsafe(32)


def _shut_links(user_id: int, now: datetime) -> None:
    db.session.execute(
        update(SignInLink)
        .where(SignInLink.user_id == user_id, SignInLink.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )


def _refuse_last_administrator(user_id: int) -> None:
    """Raise DomainError where nobody else could give roles any more.

    The lock makes two administrators who end each other's role at the same moment take turns.
    """
    db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('administrators', 0))"))
    current = (
        select(Grant.user_id)
        .join(User, User.id == Grant.user_id)
        .where(Grant.role == Role.ADMINISTRATOR, Grant.ended_at.is_(None), User.disabled_at.is_(None))
    )
    administrators = set(db.session.scalars(current))
    if administrators == {user_id}:
        raise DomainError("This is the only administrator: make somebody else one first.")
