"""The table of messages: the outbox."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TIMESTAMP

from wrap_portal.extensions import db, enum_column


class MessageState(StrEnum):
    """Where a message is on its way. `held`: kept in the portal instead of sent (demonstration)."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    HELD = "held"


class Message(db.Model):
    """One e-mail to one address, queued in the transaction that causes it.

    (kind, recipient, subject record, occurrence) is unique: asking twice queues once (domain.md 5.3).
    `message_id` is written before the first try, so that a repeat after a crash carries the same Message-ID
    (quality.md Q5). `confidential` marks a message with a way in (a sign-in link): its body is never shown
    and is emptied once sent. `possibly_repeated` marks one that was tried again after a try whose outcome
    nobody knows (a kill, a connection dropped after the text): it may have arrived twice. `reason` tells
    people who look at the queue why it exists.
    """

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint("position('@' in recipient) > 1", name="recipient"),
        CheckConstraint("(state = 'sending') = (leased_until IS NOT NULL)", name="lease"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        CheckConstraint("attempts BETWEEN 0 AND 10", name="attempts"),
        CheckConstraint("(calendar IS NULL) = (calendar_method IS NULL)", name="calendar"),
        Index(
            "uq_messages_occurrence",
            "kind",
            "recipient",
            "subject_type",
            "subject_id",
            "occurrence",
            unique=True,
        ),
        Index(
            "ix_messages_due",
            "next_attempt_at",
            postgresql_where=text("state IN ('queued', 'sending')"),
        ),
        Index("ix_messages_authority_id_queued_at", "authority_id", "queued_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    authority_id: Mapped[int | None]
    kind: Mapped[str]
    recipient: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[int]
    occurrence: Mapped[str]
    subject: Mapped[str]
    body_text: Mapped[str]
    body_html: Mapped[str | None]
    calendar: Mapped[str | None]
    calendar_method: Mapped[str | None]
    confidential: Mapped[bool] = mapped_column(server_default=text("false"))
    state: Mapped[MessageState] = mapped_column(
        enum_column(MessageState, "state"), server_default=MessageState.QUEUED.value
    )
    message_id: Mapped[str] = mapped_column(unique=True)
    queued_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    next_attempt_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    leased_until: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    sent_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    last_error: Mapped[str | None]
    possibly_repeated: Mapped[bool] = mapped_column(server_default=text("false"))
    reason: Mapped[str | None]
