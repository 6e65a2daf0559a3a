"""Tables of bookings."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import TIMESTAMP

from wrap_portal.extensions import db, enum_column
from wrap_portal.organisations.models import Organisation
from wrap_portal.people.models import Person
from wrap_portal.sessions.models import TrainingSession


class BookingState(StrEnum):
    """A place is held, or was given up."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Booking(db.Model):
    """A person's place on a training session, booked from an organisation. One live place each.

    `submission_key` comes with the form that booked it: the same form sent twice books once.
    """

    __tablename__ = "bookings"
    __table_args__ = (
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled"),
        Index(
            "uq_bookings_live_place",
            "training_session_id",
            "person_id",
            unique=True,
            postgresql_where=text("state = 'confirmed'"),
        ),
        Index("ix_bookings_submission_key", "submission_key"),
        Index("ix_bookings_person_id", "person_id"),
        Index("ix_bookings_organisation_id", "organisation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    training_session_id: Mapped[int] = mapped_column(ForeignKey("training_sessions.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    state: Mapped[BookingState] = mapped_column(
        enum_column(BookingState, "state"), server_default=BookingState.CONFIRMED.value
    )
    booked_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    booked_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    cancelled_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    cancelled_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    cancel_reason: Mapped[str | None]
    submission_key: Mapped[UUID | None]

    training_session: Mapped[TrainingSession] = relationship()
    person: Mapped[Person] = relationship()
    organisation: Mapped[Organisation] = relationship()
