"""Tables of the ledger: training records, claims among them, and headcount returns."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import TIMESTAMP

from wrap_portal.courses.models import Course
from wrap_portal.extensions import db, enum_column
from wrap_portal.organisations.models import Organisation
from wrap_portal.people.models import Person


class RecordSource(StrEnum):
    """How the evidence came about (domain.md 1)."""

    SESSION = "session"
    E_LEARNING = "e_learning"
    CASCADE = "cascade"
    CLAIM = "claim"


class RecordState(StrEnum):
    """Whether the evidence counts: only accepted records are in the headline figure (domain.md 2.7)."""

    ACCEPTED = "accepted"
    UNVERIFIED = "unverified"
    REJECTED = "rejected"
    VOIDED = "voided"


class TrainingRecord(db.Model):
    """The evidence: this person completed this course on this date.

    `organisation_id` is the attendee's organisation on that date, for period reports; coverage follows
    memberships. Never deleted: a mistake is voided with its reason.
    """

    __tablename__ = "training_records"
    __table_args__ = (
        CheckConstraint(
            "source = 'claim' OR state NOT IN ('unverified', 'rejected')", name="only_claims_wait"
        ),
        CheckConstraint(
            "source <> 'claim' OR provider IS NOT NULL AND proof IS NOT NULL", name="claim_has_proof"
        ),
        CheckConstraint(
            "(state IN ('rejected', 'voided')) <= (decision_reason IS NOT NULL)", name="refusal_has_reason"
        ),
        CheckConstraint(
            "state = 'unverified' OR source <> 'claim' OR decided_at IS NOT NULL", name="claim_decided"
        ),
        Index(
            "ix_training_records_person_id_course_id_completed_on", "person_id", "course_id", "completed_on"
        ),
        Index("ix_training_records_organisation_id_completed_on", "organisation_id", "completed_on"),
        Index(
            "ix_training_records_unverified", "organisation_id", postgresql_where=text("state = 'unverified'")
        ),
        # Records of sessions are left out: each stands for one attendance on one date of a session, of which
        # a course may have two on a day; the attendance room keeps those unique.
        Index(
            "uq_training_records_one_a_day",
            "person_id",
            "course_id",
            "completed_on",
            unique=True,
            postgresql_where=text("state IN ('accepted', 'unverified') AND source <> 'session'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    completed_on: Mapped[date]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    source: Mapped[RecordSource] = mapped_column(enum_column(RecordSource, "source"))
    state: Mapped[RecordState] = mapped_column(
        enum_column(RecordState, "state"), server_default=RecordState.ACCEPTED.value
    )
    provider: Mapped[str | None]
    proof: Mapped[str | None]
    recorded_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=text("now()"))
    recorded_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decision_reason: Mapped[str | None]

    person: Mapped[Person] = relationship()
    course: Mapped[Course] = relationship()
    organisation: Mapped[Organisation | None] = relationship()


class HeadcountReturn(db.Model):
    """So many unnamed people of an organisation were trained at an in-house session (domain.md 1)."""

    __tablename__ = "headcount_returns"
    __table_args__ = (
        CheckConstraint("headcount > 0", name="headcount"),
        CheckConstraint("(voided_at IS NULL) = (void_reason IS NULL)", name="void_has_reason"),
        Index(
            "ix_headcount_returns_organisation_id_course_id_held_on",
            "organisation_id",
            "course_id",
            "held_on",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    held_on: Mapped[date]
    headcount: Mapped[int]
    recorded_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=text("now()"))
    recorded_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    voided_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    void_reason: Mapped[str | None]

    organisation: Mapped[Organisation] = relationship()
    course: Mapped[Course] = relationship()
