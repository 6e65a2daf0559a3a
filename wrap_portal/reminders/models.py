"""Tables of planned refresher reminders."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import TIMESTAMP

from wrap_portal.coverage.models import Requirement
from wrap_portal.extensions import db, enum_column
from wrap_portal.people.models import Membership


class ReminderState(StrEnum):
    """Planned for a date, sent (put into a message), or withdrawn because the reason is gone."""

    PLANNED = "planned"
    SENT = "sent"
    WITHDRAWN = "withdrawn"


class RefresherReminder(db.Model):
    """One reminder that a member's training runs out (domain.md 5.1). One message = (kind, recipient,
    subject, occurrence), unique: here the membership and requirement are the subject, `valid_until` and
    `offset_days` the occurrence.
    """

    __tablename__ = "refresher_reminders"
    __table_args__ = (
        CheckConstraint("due_on = valid_until + offset_days", name="due_on"),
        CheckConstraint("(state = 'planned') = (settled_at IS NULL)", name="settled"),
        Index(
            "uq_refresher_reminders_occurrence",
            "requirement_id",
            "membership_id",
            "valid_until",
            "offset_days",
            unique=True,
        ),
        Index("ix_refresher_reminders_state_due_on", "state", "due_on"),
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
