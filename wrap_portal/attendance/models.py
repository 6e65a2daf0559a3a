"""Tables of attendance and of in-house sessions."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import TIMESTAMP

from wrap_portal.courses.models import Course
from wrap_portal.extensions import db, enum_column
from wrap_portal.organisations.models import Organisation
from wrap_portal.people.models import Person
from wrap_portal.records.models import HeadcountReturn, TrainingRecord
from wrap_portal.sessions.models import SessionDate
from wrap_portal.trainers.models import Accreditation


class AttendanceOutcome(StrEnum):
    """What became of a person at a session; only `attended` makes a training record (domain.md 4.7)."""

    ATTENDED = "attended"
    LEFT_EARLY = "left_early"
    DID_NOT_ATTEND = "did_not_attend"


class Attendance(db.Model):
    """What happened to one person on one date of a session. No row means that nobody has marked it yet."""

    __tablename__ = "attendances"
    __table_args__ = (
        CheckConstraint(
            "(outcome = 'attended') = (training_record_id IS NOT NULL)", name="record_if_attended"
        ),
        Index("uq_attendances_session_date_id_person_id", "session_date_id", "person_id", unique=True),
        Index("ix_attendances_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    session_date_id: Mapped[int] = mapped_column(ForeignKey("session_dates.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    outcome: Mapped[AttendanceOutcome] = mapped_column(enum_column(AttendanceOutcome, "outcome"))
    walk_in: Mapped[bool] = mapped_column(server_default=text("false"))
    training_record_id: Mapped[int | None] = mapped_column(ForeignKey("training_records.id"), unique=True)
    marked_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    marked_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    session_date: Mapped[SessionDate] = relationship()
    person: Mapped[Person] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    training_record: Mapped[TrainingRecord | None] = relationship()


class InHouseSession(db.Model):
    """Training that an accredited person gave in the own organisation: the cascade (domain.md 4.2).

    The chain trainer -> lead -> in-house session is `accreditation_id`; what it yielded are the named
    attendees' records and at most one headcount return. `submission_key` comes with the form: the same form
    sent twice is one session. One that was logged by mistake is voided with its reason, together with all
    that it yielded, and is never deleted.
    """

    __tablename__ = "in_house_sessions"
    __table_args__ = (
        CheckConstraint("btrim(course_version) <> ''", name="course_version"),
        CheckConstraint("(voided_at IS NULL) = (void_reason IS NULL)", name="void_has_reason"),
        Index("ix_in_house_sessions_organisation_id_held_on", "organisation_id", "held_on"),
        Index("ix_in_house_sessions_accreditation_id", "accreditation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    accreditation_id: Mapped[int] = mapped_column(ForeignKey("accreditations.id"))
    held_on: Mapped[date]
    course_version: Mapped[str]
    headcount_return_id: Mapped[int | None] = mapped_column(ForeignKey("headcount_returns.id"), unique=True)
    logged_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    logged_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    submission_key: Mapped[UUID | None] = mapped_column(unique=True)
    voided_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    voided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    void_reason: Mapped[str | None]

    organisation: Mapped[Organisation] = relationship()
    course: Mapped[Course] = relationship()
    accreditation: Mapped[Accreditation] = relationship()
    headcount_return: Mapped[HeadcountReturn | None] = relationship()
    attendees: Mapped[list["InHouseAttendee"]] = relationship(back_populates="in_house_session")


class InHouseAttendee(db.Model):
    """A named person at an in-house session, with the record that it made."""

    __tablename__ = "in_house_attendees"

    in_house_session_id: Mapped[int] = mapped_column(ForeignKey("in_house_sessions.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    training_record_id: Mapped[int] = mapped_column(ForeignKey("training_records.id"), unique=True)

    in_house_session: Mapped[InHouseSession] = relationship(back_populates="attendees")
    person: Mapped[Person] = relationship()
