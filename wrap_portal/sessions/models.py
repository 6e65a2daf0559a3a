"""Tables of venues, training sessions, their dates and their trainers."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import TIMESTAMP

from wrap_portal.courses.models import Course
from wrap_portal.extensions import db, enum_column
from wrap_portal.organisations.models import Authority, Organisation
from wrap_portal.people.models import Person


class SessionMode(StrEnum):
    """In a room, or by a link that only confirmed people get (domain.md 4.3)."""

    IN_PERSON = "in_person"
    ONLINE = "online"


class SessionState(StrEnum):
    """Published sessions take bookings; a cancelled one is kept, never deleted (domain.md 4.10)."""

    PUBLISHED = "published"
    CANCELLED = "cancelled"


class Venue(db.Model):
    """A place where sessions are held. Shown to confirmed bookings only (quality.md, staff safety)."""

    __tablename__ = "venues"
    __table_args__ = (
        CheckConstraint("btrim(name) <> ''", name="name"),
        CheckConstraint("capacity IS NULL OR capacity > 0", name="capacity"),
        Index("uq_venues_authority_id_name", "authority_id", text("lower(name)"), unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    name: Mapped[str]
    address: Mapped[str] = mapped_column(server_default="")
    capacity: Mapped[int | None]
    access_notes: Mapped[str] = mapped_column(server_default="")

    authority: Mapped[Authority] = relationship()


class TrainingSession(db.Model):
    """One scheduled delivery of a course. `booked` is the number of confirmed places; it can never pass
    `capacity`.

    `uid` and `sequence` belong to its calendar invitation: the one never changes, the other rises
    (domain.md 4.9). `organisation_id` limits the audience to one organisation; NULL is open to all of the
    authority's organisations.
    """

    __tablename__ = "training_sessions"
    __table_args__ = (
        CheckConstraint("capacity BETWEEN 1 AND 5000", name="capacity"),
        CheckConstraint("booked >= 0", name="booked_not_negative"),
        CheckConstraint("booked <= capacity", name="booked_within_capacity"),
        CheckConstraint(
            "CASE mode WHEN 'online' THEN venue_id IS NULL AND join_link IS NOT NULL"
            " ELSE venue_id IS NOT NULL AND join_link IS NULL END",
            name="place",
        ),
        CheckConstraint("join_link IS NULL OR join_link ~ '^https://'", name="join_link"),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled"),
        CheckConstraint("state <> 'cancelled' OR cancel_reason IS NOT NULL", name="cancel_reason"),
        Index("ix_training_sessions_authority_id_state", "authority_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    mode: Mapped[SessionMode] = mapped_column(enum_column(SessionMode, "mode"))
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venues.id"))
    join_link: Mapped[str | None]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    capacity: Mapped[int]
    booked: Mapped[int] = mapped_column(server_default=text("0"))
    state: Mapped[SessionState] = mapped_column(
        enum_column(SessionState, "state"), server_default=SessionState.PUBLISHED.value
    )
    note: Mapped[str] = mapped_column(server_default="")
    uid: Mapped[UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    sequence: Mapped[int] = mapped_column(server_default=text("0"))
    cancelled_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    cancel_reason: Mapped[str | None]

    authority: Mapped[Authority] = relationship()
    course: Mapped[Course] = relationship()
    venue: Mapped[Venue | None] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    dates: Mapped[list["SessionDate"]] = relationship(
        back_populates="training_session", order_by="func.lower(SessionDate.during)"
    )

    @property
    def trainer_ids(self) -> frozenset[int]:
        """Who gives it, on any of its dates."""
        return frozenset(each.person_id for day in self.dates for each in day.trainers)

    @property
    def places_left(self) -> int:
        """How many places can still be booked."""
        return max(self.capacity - self.booked, 0)


class SessionDate(db.Model):
    """One date of a training session. `venue_id` and `live` repeat the session's, so that the database can
    refuse a venue that is in use: an exclusion constraint sees one table only. Foreign keys keep neither
    apart from the session; `sessions.service` writes all of them together.
    """

    __tablename__ = "session_dates"
    __table_args__ = (
        CheckConstraint(
            "NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)"
            " AND upper(during) - lower(during) <= interval '24 hours'",
            name="during",
        ),
        ExcludeConstraint(
            (text("int4range(venue_id, venue_id, '[]')"), "&&"),
            ("during", "&&"),
            where=text("live AND venue_id IS NOT NULL"),
            name="ex_session_dates_venue_in_use",
            using="gist",
        ),
        Index("ix_session_dates_training_session_id", "training_session_id"),
        Index("ix_session_dates_starts_at", text("lower(during)")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    training_session_id: Mapped[int] = mapped_column(ForeignKey("training_sessions.id"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venues.id"))
    live: Mapped[bool] = mapped_column(server_default=text("true"))

    training_session: Mapped[TrainingSession] = relationship(back_populates="dates")
    trainers: Mapped[list["SessionTrainer"]] = relationship(back_populates="session_date")


class SessionTrainer(db.Model):
    """A trainer on one date. A trainer cannot be in two places at once (domain.md 4.5); `live` falls with
    the session."""

    __tablename__ = "session_trainers"
    __table_args__ = (
        ExcludeConstraint(
            (text("int4range(person_id, person_id, '[]')"), "&&"),
            ("during", "&&"),
            where=text("live"),
            name="ex_session_trainers_in_two_places",
            using="gist",
        ),
        Index("uq_session_trainers_session_date_id_person_id", "session_date_id", "person_id", unique=True),
        Index("ix_session_trainers_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    session_date_id: Mapped[int] = mapped_column(ForeignKey("session_dates.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    live: Mapped[bool] = mapped_column(server_default=text("true"))

    session_date: Mapped[SessionDate] = relationship(back_populates="trainers")
    person: Mapped[Person] = relationship()
