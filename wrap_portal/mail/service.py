"""The verbs of the outbox."""

from collections.abc import Collection
from datetime import datetime
from email.utils import parseaddr
from uuid import uuid4

from flask import current_app
from sqlalchemy import Integer, any_, cast, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from wrap_portal import clock
from wrap_portal.errors import DomainError
from wrap_portal.extensions import db
from wrap_portal.mail import rules
from wrap_portal.mail.models import Message, MessageState


def queue_message(
    *,
    kind: str,
    recipient: str,
    subject_type: str,
    subject_id: int,
    occurrence: str,
    subject: str,
    body_text: str,
    body_html: str | None = None,
    calendar: str | None = None,
    calendar_method: str | None = None,
    confidential: bool = False,
    authority_id: int | None = None,
    send_at: datetime | None = None,
    reason: str | None = None,
) -> Message | None:
    """Put one message to one address into the outbox, in the caller's transaction.

    Arguments: `kind`, what it is, in lower_snake_case; `recipient`, one bare address; `subject_type` and
    `subject_id`, the record that it is about; `occurrence`, which of several messages of this kind about
    this record (a date, a number); `calendar`, an iCalendar file, with its method in `calendar_method`;
    `confidential`, the body holds a way in, is never shown and is emptied once sent; `authority_id`, whose
    managers see it; `send_at`, not before this moment; `reason`, a sentence that tells the people who look
    at the queue why it exists.
    Returns the message, or None where the same (kind, recipient, subject, occurrence) was queued before,
    whatever became of it (domain.md 5.3).
    Raises DomainError (field `email`) where the recipient is not an address.
    """
    if (calendar is None) != (calendar_method is None):
        raise ValueError("calendar and calendar_method belong together")
    now = clock.now()
    statement = (
        insert(Message)
        .values(
            kind=kind,
            recipient=rules.email_address(recipient),
            subject_type=subject_type,
            subject_id=subject_id,
            occurrence=occurrence,
            subject=rules.subject_line(subject),
            body_text=rules.body_text(body_text),
            body_html=None if body_html is None else rules.body_text(body_html),
            calendar=calendar,
            calendar_method=calendar_method,
            confidential=confidential,
            authority_id=authority_id,
            reason=reason,
            message_id=_new_message_id(),
            queued_at=now,
            next_attempt_at=now if send_at is None else send_at,
        )
        .on_conflict_do_nothing(
            index_elements=[
                "kind",
                "recipient",
                "subject_type",
                "subject_id",
                "occurrence",
            ]
        )
        .returning(Message)
    )
    return db.session.scalars(statement).one_or_none()


def _new_message_id() -> str:
    sender = parseaddr(current_app.config["SETTINGS"].mail_from)[1]
    return f"<{uuid4().hex}@{sender.rpartition('@')[2]}>"


def withdraw_messages(*, subject_type: str, subject_id: int, kinds: Collection[str] | None = None) -> int:
    """Withdraw what is still queued about a record, because the reason is gone. Returns how many.

    A message that is being sent at this moment is not stopped.
    """
    statement = (
        update(Message)
        .where(
            Message.subject_type == subject_type,
            Message.subject_id == subject_id,
            Message.state == MessageState.QUEUED,
        )
        .values(state=MessageState.WITHDRAWN)
        .returning(Message.id)
    )
    if kinds is not None:
        statement = statement.where(Message.kind.in_(kinds))
    return len(db.session.scalars(statement).all())


def withdraw_unsent(*, message_ids: Collection[int]) -> list[int]:
    """Withdraw those of some messages that have certainly not gone out. Returns their ids.

    One that may have arrived stays in the queue: it goes out as the same message, or fails.
    """
    statement = (
        update(Message)
        .where(
            Message.id == any_(cast(sorted(message_ids), ARRAY(Integer))),
            Message.state == MessageState.QUEUED,
            ~Message.possibly_repeated,
        )
        .values(state=MessageState.WITHDRAWN)
        .returning(Message.id)
    )
    return list(db.session.scalars(statement))


def send_again(*, message: Message) -> None:
    """Put a message that failed for good back into the queue, with ten new attempts.

    Raises DomainError where it did not fail, or where its body held a way in and is gone.
    """
    if message.state is not MessageState.FAILED:
        raise DomainError("Only a message that failed can be sent again.")
    if message.confidential:
        raise DomainError("This message held a link that no longer works. Ask for a new one instead.")
    message.state = MessageState.QUEUED
    message.attempts = 0
    message.next_attempt_at = clock.now()
    db.session.flush()
