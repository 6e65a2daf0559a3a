"""Which reminders are planned, whom they concern, and which messages they went into."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, any_, cast, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from wrap_portal.coverage.models import Requirement
from wrap_portal.errors import DomainError
from wrap_portal.extensions import db
from wrap_portal.mail.models import Message
from wrap_portal.mail.rules import email_address
from wrap_portal.organisations.models import Authority, Organisation
from wrap_portal.people.models import MemberRole, Membership, Person
from wrap_portal.reminders.digest_rules import AddressedReminder
from wrap_portal.reminders.models import RefresherReminder, ReminderMessage, ReminderState
from wrap_portal.reminders.rules import CATCH_UP_DAYS, Situation

DIGEST = "refresher_digest"

# Who hears of the organisation's members besides those who look after it in the portal.
LEADING_ROLES = (MemberRole.DSL, MemberRole.DEPUTY_DSL, MemberRole.PREVENT_LEAD)

# (requirement, membership, valid until, offset): what makes a reminder one of its own.
ReminderKey = tuple[int, int, date, int]


@dataclass(frozen=True)
class StoredReminder:
    """A reminder on the plan, or one that could be again."""

    id: int
    key: ReminderKey
    state: ReminderState


@dataclass(frozen=True)
class UnsentDigest:
    """A reminder in a digest that still waits in the queue; `occurrence` is the digest's day."""

    message_id: int
    occurrence: str
    key: ReminderKey


@dataclass(frozen=True)
class WithdrawnSituation:
    """A reminder that is not wanted any more; `told`: somebody has a message about it."""

    reminder_id: int
    valid_until: date
    due_on: date
    told: bool
    situation: Situation


@dataclass(frozen=True)
class Sender:
    """An authority in whose name a message goes out."""

    authority_id: int
    name: str
    contact_email: str | None


@dataclass(frozen=True)
class ReminderRow:
    """A reminder in words: about whom, of what, and when. `reachable`: the member has an address."""

    due_on: date
    offset_days: int
    valid_until: date
    person_name: str
    reachable: bool
    organisation_id: int
    organisation_name: str
    requirement_name: str


def senders() -> list[Sender]:
    """Return every authority, by name: reminders are planned and composed for one after another."""
    rows = db.session.execute(
        select(Authority.id, Authority.name, Authority.contact_email).order_by(Authority.name)
    )
    return [Sender(*row) for row in rows]


def reminders_to_decide(authority_id: int, today: date) -> dict[ReminderKey, StoredReminder]:
    """Return what planning must look at again: everything on the plan, and what is settled but could be
    wanted."""
    rows = db.session.execute(
        text("""
            SELECT r.requirement_id, r.membership_id, r.valid_until, r.offset_days, r.id, r.state
            FROM refresher_reminders r
            JOIN memberships m ON m.id = r.membership_id
            JOIN organisations o ON o.id = m.organisation_id
            WHERE o.authority_id = :authority_id AND (r.state = 'planned' OR r.due_on > :since)
            ORDER BY r.id
        """),
        {"authority_id": authority_id, "since": today - timedelta(days=CATCH_UP_DAYS)},
    )
    found: dict[ReminderKey, StoredReminder] = {}
    for requirement_id, membership_id, valid_until, offset_days, reminder_id, state in rows:
        key = (requirement_id, membership_id, valid_until, offset_days)
        found[key] = StoredReminder(reminder_id, key, ReminderState(state))
    return found


def unsent_digests(authority_id: int) -> list[UnsentDigest]:
    """Return the reminders in an authority's digests that wait in the queue and have certainly not
    arrived."""
    rows = db.session.execute(
        text("""
            SELECT g.id, g.occurrence, r.requirement_id, r.membership_id, r.valid_until, r.offset_days
            FROM messages g
            JOIN reminder_messages rm ON rm.message_id = g.id
            JOIN refresher_reminders r ON r.id = rm.reminder_id
            WHERE g.kind = :kind AND g.subject_type = 'authority' AND g.subject_id = :authority_id
                AND g.state = 'queued' AND NOT g.possibly_repeated
            ORDER BY g.id, r.id
        """),
        {"kind": DIGEST, "authority_id": authority_id},
    )
    return [UnsentDigest(row[0], row[1], (row[2], row[3], row[4], row[5])) for row in rows]


def withdrawn_situations(reminder_ids: Collection[int], today: date) -> list[WithdrawnSituation]:
    """Return how members and organisations of reminders stand, and whether anybody has been told of them."""
    rows: Iterable[Any] = db.session.execute(
        text("""
            SELECT r.id, r.valid_until, r.due_on,
                   EXISTS (SELECT FROM reminder_messages rm JOIN messages g ON g.id = rm.message_id
                           WHERE rm.reminder_id = r.id AND g.state <> 'withdrawn'),
                   m.during @> CAST(:today AS date),
                   o.counts AND daterange(o.opened_on, o.closed_on) @> CAST(:today AS date),
                   (SELECT max(upper(s.during)) - 1 FROM member_spans s
                    WHERE s.membership_id = r.membership_id AND s.requirement_id = r.requirement_id
                        AND NOT s.by_claim)
            FROM refresher_reminders r
            JOIN memberships m ON m.id = r.membership_id
            JOIN organisations o ON o.id = m.organisation_id
            WHERE r.id = ANY (CAST(:ids AS int[]))
            ORDER BY r.id
        """),
        {"ids": sorted(reminder_ids), "today": today},
    )
    return [WithdrawnSituation(row[0], row[1], row[2], row[3], Situation(*row[4:])) for row in rows]


def addressed_reminders(authority_id: int, today: date) -> list[AddressedReminder]:
    """Return the due reminders of an authority with every address that each concerns: the member's, those
    of the organisation's leads on the staff list, and those of the users who look after it. Disabled users
    hear nothing.
    """
    rows = db.session.execute(
        text("""
            WITH due AS (
                SELECT r.id, r.valid_until, q.name AS requirement_name, p.id AS person_id,
                       p.name AS person_name, p.email, o.id AS organisation_id, o.name AS organisation_name
                FROM refresher_reminders r
                JOIN requirements q ON q.id = r.requirement_id
                JOIN memberships m ON m.id = r.membership_id
                JOIN people p ON p.id = m.person_id
                JOIN organisations o ON o.id = m.organisation_id
                WHERE r.state = 'planned' AND r.due_on <= :today AND o.authority_id = :authority_id
            ), addresses AS (
                SELECT due.id, due.email AS address, due.person_name AS name, TRUE AS own FROM due
                UNION
                SELECT due.id, lead.email, lead.name, FALSE FROM due
                JOIN memberships m ON m.organisation_id = due.organisation_id AND m.person_id <> due.person_id
                    AND m.role = ANY (:leading_roles) AND m.during @> CAST(:today AS date)
                JOIN people lead ON lead.id = m.person_id
                UNION
                SELECT due.id, u.email, u.name, FALSE FROM due
                JOIN grants g ON g.organisation_id = due.organisation_id AND g.role = 'lead'
                    AND g.ended_at IS NULL
                JOIN users u ON u.id = g.user_id AND u.disabled_at IS NULL
            )
            SELECT due.id, a.address, a.name, a.own, due.person_id, due.person_name, due.email,
                   due.organisation_id, due.organisation_name, due.requirement_name, due.valid_until
            FROM due JOIN addresses a ON a.id = due.id
            WHERE a.address IS NOT NULL
            ORDER BY due.id, a.own DESC, a.address
        """),
        {
            "authority_id": authority_id,
            "today": today,
            "leading_roles": [role.value for role in LEADING_ROLES],
        },
    )
    envelopes: dict[str | None, str | None] = {None: None}
    found = []
    for reminder_id, address, name, own, person_id, person_name, email, *rest in rows:
        for each in (address, email):
            if each not in envelopes:
                envelopes[each] = _envelope_address(each)
        envelope = envelopes[address]
        if envelope is not None:
            reachable = envelopes[email] is not None
            found.append(
                AddressedReminder(reminder_id, envelope, name, own, person_id, person_name, reachable, *rest)
            )
    return found


def _envelope_address(text: str) -> str | None:
    try:
        return email_address(text)
    except DomainError:
        return None


def told_addresses(authority_id: int, today: date) -> set[tuple[int, str]]:
    """Return (reminder, address in small letters) of everybody who has a message about a reminder that is
    due."""
    rows = db.session.execute(
        text("""
            SELECT r.id, lower(g.recipient)
            FROM refresher_reminders r
            JOIN reminder_messages rm ON rm.reminder_id = r.id
            JOIN messages g ON g.id = rm.message_id AND g.state <> 'withdrawn'
            WHERE r.state = 'planned' AND r.due_on <= :today AND g.authority_id = :authority_id
        """),
        {"authority_id": authority_id, "today": today},
    )
    return {(reminder_id, address) for reminder_id, address in rows}


def addresses_with_digest(authority_id: int, today: date) -> set[str]:
    """Return the addresses, in small letters, for which there is a digest of today, whatever became of it."""
    recipients = db.session.scalars(
        select(Message.recipient).where(
            Message.kind == DIGEST,
            Message.subject_type == "authority",
            Message.subject_id == authority_id,
            Message.occurrence == today.isoformat(),
        )
    )
    return {recipient.lower() for recipient in recipients}


def count_planned_reminders(authority_ids: Collection[int] | None, until: date) -> int:
    """Return how many reminders will be sent up to a day. `authority_ids` None means everywhere."""
    statement = _in_words(authority_ids).where(*_to_come(until)).order_by(None).subquery()
    return db.session.scalar(select(func.count()).select_from(statement)) or 0


def planned_reminders(
    authority_ids: Collection[int] | None, until: date, *, limit: int, offset: int = 0
) -> list[ReminderRow]:
    """Return a part of the reminders that will be sent up to a day, the next first."""
    rows = db.session.execute(
        _in_words(authority_ids)
        .where(*_to_come(until))
        .order_by(RefresherReminder.due_on, Organisation.name, Person.name, RefresherReminder.id)
        .limit(limit)
        .offset(offset)
    )
    return [ReminderRow(*row) for row in rows]


def reminders_in_message(message_id: int) -> list[ReminderRow]:
    """Return the reminders that a message exists for, by organisation and member."""
    rows = db.session.execute(
        _in_words(None)
        .join(ReminderMessage, ReminderMessage.reminder_id == RefresherReminder.id)
        .where(ReminderMessage.message_id == message_id)
        .order_by(Organisation.name, RefresherReminder.valid_until, Person.name, RefresherReminder.id)
    )
    return [ReminderRow(*row) for row in rows]


def _to_come(until: date) -> tuple[ColumnElement[bool], ...]:
    return (RefresherReminder.state == ReminderState.PLANNED, RefresherReminder.due_on <= until)


def _in_words(authority_ids: Collection[int] | None) -> Select[*tuple[Any, ...]]:
    statement = (
        select(
            RefresherReminder.due_on,
            RefresherReminder.offset_days,
            RefresherReminder.valid_until,
            Person.name,
            Person.email.is_not(None),
            Organisation.id,
            Organisation.name,
            Requirement.name,
        )
        .join(Requirement, Requirement.id == RefresherReminder.requirement_id)
        .join(Membership, Membership.id == RefresherReminder.membership_id)
        .join(Person, Person.id == Membership.person_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
    )
    if authority_ids is None:
        return statement
    reach: Any = any_(cast(sorted(authority_ids), ARRAY(Integer)))
    return statement.where(Organisation.authority_id == reach)
