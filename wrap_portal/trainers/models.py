"""Tables of accreditations, and which user a trainer signs in as."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import DATERANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import TIMESTAMP

from wrap_portal.courses.models import Course
from wrap_portal.extensions import db, enum_column
from wrap_portal.organisations.models import Authority, Organisation
from wrap_portal.people.models import Person


class AccreditationScope(StrEnum):
    """Where an accredited person may deliver: anywhere in the area, or only in the own organisation
    (domain.md 4.1)."""

    AREA = "area"
    OWN_ORGANISATION = "own_organisation"


class AccreditationState(StrEnum):
    """Proposed by attending train-the-trainer, confirmed or declined by a manager, withdrawn later."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Accreditation(db.Model):
    """A person may deliver a course, from - to. `during` excludes its upper bound; the last valid day is
    the day before.

    Withdrawing one shortens `during` to the withdrawal date, so that what was delivered before stays valid.
    """

    __tablename__ = "accreditations"
    __table_args__ = (
        CheckConstraint("(scope = 'own_organisation') = (organisation_id IS NOT NULL)", name="reach"),
        CheckConstraint("NOT lower_inf(during)", name="during"),
        CheckConstraint("state = 'withdrawn' OR NOT isempty(during)", name="days"),
        CheckConstraint("state = 'proposed' OR decided_at IS NOT NULL", name="decided"),
        CheckConstraint(
            "state NOT IN ('declined', 'withdrawn') OR decision_reason IS NOT NULL",
            name="reason",
        ),
        ExcludeConstraint(
            (text("int4range(person_id, person_id, '[]')"), "&&"),
            (text("int4range(course_id, course_id, '[]')"), "&&"),
            (
                text("int4range(coalesce(organisation_id, 0), coalesce(organisation_id, 0), '[]')"),
                "&&",
            ),
            ("during", "&&"),
            where=text("state = 'confirmed'"),
            name="ex_accreditations_confirmed_twice",
            using="gist",
        ),
        Index(
            "uq_accreditations_one_proposal",
            "person_id",
            "course_id",
            "organisation_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("state = 'proposed'"),
        ),
        Index("ix_accreditations_authority_id_state", "authority_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    scope: Mapped[AccreditationScope] = mapped_column(enum_column(AccreditationScope, "scope"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    during: Mapped[Range[date]] = mapped_column(DATERANGE)
    state: Mapped[AccreditationState] = mapped_column(enum_column(AccreditationState, "state"))
    training_record_id: Mapped[int | None] = mapped_column(ForeignKey("training_records.id"))
    proposed_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=text("now()"))
    decided_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    decided_by_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decision_reason: Mapped[str | None]

    authority: Mapped[Authority] = relationship()
    person: Mapped[Person] = relationship()
    course: Mapped[Course] = relationship()
    organisation: Mapped[Organisation | None] = relationship()

    @property
    def starts_on(self) -> date | None:
        """The first valid day; None where a withdrawal left none."""
        return None if self.during.isempty else self.during.lower

    @property
    def ends_on(self) -> date | None:
        """The last valid day, included (domain.md F18); None where there is none, or no end."""
        if self.during.isempty or self.during.upper is None:
            return None
        return self.during.upper - timedelta(days=1)


class TrainerAccount(db.Model):
    """Which person a user is when they train: joins a User to a Person, which otherwise know nothing of
    each other."""

    __tablename__ = "trainer_accounts"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), unique=True)

    person: Mapped[Person] = relationship()
