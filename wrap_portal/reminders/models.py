"""Tables of planned refresher reminders, and of the messages that they went into."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import TIMESTAMP

from wrap_portal.coverage.models import Requirement
from wrap_portal.extensions import db, enum_column
from wrap_portal.people.models import Membership


class ReminderState(StrEnum):
    """Planned for a date, sent (put into messages to all whom it concerns), or withdrawn."""

    PLANNED = "planned"
    SENT = "sent"
    WITHDRAWN = "withdrawn"


class RefresherReminder(db.Model):
    """One reminder that a member's training runs out (domain.md 5.1).

    The membership and requirement are its subject, `valid_until` and `offset_days` the occurrence; the four
    are unique. `outcome` says why one was withdrawn.
    """

    __tablename__ = "refresher_reminders"
    __table_args__ = (
        CheckConstraint("due_on = valid_until + offset_days", name="due_on"),
        CheckConstraint("(state = 'planned') = (settled_at IS NULL)", name="settled"),
        CheckConstraint("(state = 'withdrawn') = (outcome IS NOT NULL)", name="outcome"),
        Index(
            "uq_refresher_reminders_occurrence",
            "requirement_id",
            "membership_id",
            "valid_until",
            "offset_days",
            unique=True,
        ),
        Index("ix_refresher_reminders_state_due_on", "state", "due_on"),
        Index("ix_refresher_reminders_membership_id", "membership_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    requirement_id: Mapped[int] = mapped_column(ForeignKey("requirements.id"))
    membership_id: Mapped[int] = mapped_column(ForeignKey("memberships.id"))
    valid_until: Mapped[date]
    offset_days: Mapped[int]
    due_on: Mapped[date]
    state: Mapped[ReminderState] = mapped_column(enum_column(ReminderState, "state"))
    settled_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    outcome: Mapped[str | None]

    requirement: Mapped[Requirement] = relationship()
    membership: Mapped[Membership] = relationship()


class ReminderMessage(db.Model):
    """A message that a reminder went into: why the message exists, and who has been told.

    A digest holds many reminders, and a reminder goes to the member and to each lead. Nobody is told of the
    same reminder twice: whoever has a message here that was not withdrawn is left out
    (`queries.untold_reminders`).
    """

    __tablename__ = "reminder_messages"
    __table_args__ = (Index("ix_reminder_messages_message_id", "message_id"),)

    reminder_id: Mapped[int] = mapped_column(ForeignKey("refresher_reminders.id"), primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), primary_key=True)
