"""Tables of courses."""

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wrap_portal.extensions import db, enum_column
from wrap_portal.organisations.models import Authority


class CourseMode(StrEnum):
    """How a course is delivered."""

    WORKSHOP = "workshop"
    BRIEFING = "briefing"
    E_LEARNING = "e_learning"


class Course(db.Model):
    """A product that can be delivered (domain.md 1).

    `authority_id` NULL means every authority's. `accredits_course_id`: attending this course proposes an
    accreditation to deliver that one (train-the-trainer, domain.md 4.1). Validity is not here: it belongs
    to the requirement.
    """

    __tablename__ = "courses"
    __table_args__ = (
        CheckConstraint("code ~ '^[a-z][a-z0-9_]{1,39}$'", name="code"),
        CheckConstraint("btrim(name) <> ''", name="name"),
        CheckConstraint("duration_minutes BETWEEN 5 AND 2880", name="duration_minutes"),
        Index(
            "uq_courses_authority_id_code",
            "authority_id",
            "code",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    authority_id: Mapped[int | None] = mapped_column(ForeignKey("authorities.id"))
    code: Mapped[str]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    mode: Mapped[CourseMode] = mapped_column(enum_column(CourseMode, "mode"))
    version: Mapped[str] = mapped_column(server_default="1")
    duration_minutes: Mapped[int]
    needs_accredited_trainer: Mapped[bool] = mapped_column(server_default=text("false"))
    accredits_course_id: Mapped[int | None] = mapped_column(ForeignKey("courses.id"))
    withdrawn_on: Mapped[date | None]

    authority: Mapped[Authority | None] = relationship()
    accredits_course: Mapped["Course | None"] = relationship(remote_side=[id])
