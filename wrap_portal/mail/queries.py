"""Reads of the outbox. `authority_ids` says whose messages a caller may see; None means everybody's."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, any_, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from wrap_portal.extensions import db
from wrap_portal.mail.models import Message, MessageState


@dataclass(frozen=True)
class MessageFilter:
    """Which messages are asked for; None asks for all."""

    state: MessageState | None = None
    kind: str | None = None


@dataclass(frozen=True)
class MessageRow:
    """A line of the queue: everything but what the message says."""

    id: int
    kind: str
    recipient: str
    subject: str
    state: MessageState
    queued_at: datetime
    next_attempt_at: datetime
    sent_at: datetime | None
    attempts: int
    possibly_repeated: bool


ALL_MESSAGES = MessageFilter()


def count_messages(authority_ids: Collection[int] | None, wanted: MessageFilter = ALL_MESSAGES) -> int:
    """Return how many messages there are."""
    statement = select(func.count()).select_from(Message).where(*_conditions(authority_ids, wanted))
    return db.session.scalar(statement) or 0


def messages(
    authority_ids: Collection[int] | None,
    wanted: MessageFilter = ALL_MESSAGES,
    *,
    limit: int,
    offset: int = 0,
) -> list[MessageRow]:
    """Return a part of the queue, the latest first."""
    rows: Iterable[Any] = db.session.execute(
        select(
            Message.id,
            Message.kind,
            Message.recipient,
            Message.subject,
            Message.state,
            Message.queued_at,
            Message.next_attempt_at,
            Message.sent_at,
            Message.attempts,
            Message.possibly_repeated,
        )
        .where(*_conditions(authority_ids, wanted))
        .order_by(Message.queued_at.desc(), Message.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [MessageRow(*row) for row in rows]


def message_kinds(authority_ids: Collection[int] | None) -> list[str]:
    """Return the kinds of message that there are, in the order of the alphabet."""
    conditions = _conditions(authority_ids, ALL_MESSAGES)
    return list(db.session.scalars(select(Message.kind).where(*conditions).distinct().order_by(Message.kind)))


def get_message(message_id: int, authority_ids: Collection[int] | None) -> Message | None:
    """Return a message by id, None where it is not there or not within reach."""
    return db.session.scalar(
        select(Message).where(Message.id == message_id, *_conditions(authority_ids, ALL_MESSAGES))
    )


def _conditions(authority_ids: Collection[int] | None, wanted: MessageFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if authority_ids is not None:
        reach: Any = any_(cast(sorted(authority_ids), ARRAY(Integer)))
        conditions.append(Message.authority_id == reach)
    if wanted.state is not None:
        conditions.append(Message.state == wanted.state)
    if wanted.kind is not None:
        conditions.append(Message.kind == wanted.kind)
    return conditions
