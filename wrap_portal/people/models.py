"""Tables of people, their memberships and declared headcounts."""

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import DATERANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wrap_portal.extensions import db, enum_column
from wrap_portal.organisations.models import Authority, Organisation


class MemberRole(StrEnum):
    """What a person is in an organisation (domain.md 1)."""

    DSL = "dsl"
    DEPUTY_DSL = "deputy_dsl"
    SENIOR_LEADER = "senior_leader"
    TEACHING_STAFF = "teaching_staff"
    SUPPORT_STAFF = "support_staff"
    GOVERNOR = "governor"
    PREVENT_LEAD = "prevent_lead"
    CLINICAL = "clinical"
    NON_CLINICAL = "non_clinical"
    ELECTED_MEMBER = "elected_member"
    CONTRACTOR = "contractor"
    VOLUNTEER = "volunteer"
    STAFF = "staff"


class Person(db.Model):
    """A human who is trained. Needs no account and no e-mail address. The name is kept as it was typed.

    `authority_id` is the authority whose officers keep the record.
    """

    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint("btrim(name) <> ''", name="name"),
        CheckConstraint("email IS NULL OR position('@' in email) > 1", name="email"),
        Index("ix_people_authority_id_name_folded", "authority_id", text("lower(name)")),
        Index("ix_people_email_folded", text("lower(email)")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    name: Mapped[str]
    email: Mapped[str | None]

    authority: Mapped[Authority] = relationship()
    memberships: Mapped[list["Membership"]] = relationship(back_populates="person")


class Membership(db.Model):
    """A person x organisation x role x date range. `during` includes the first day, not the leaving date.

    On the leaving date itself the person no longer covers the organisation (domain.md 2.5, F9).
    The same person cannot hold the same role in the same organisation twice at once: an exclusion constraint
    says so.
    The embedded PostgreSQL has no btree_gist, so equality is written as the overlap of one-number ranges.
    """

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint("NOT isempty(during) AND NOT lower_inf(during)", name="during"),
        ExcludeConstraint(
            (text("int4range(person_id, person_id, '[]')"), "&&"),
            (text("int4range(organisation_id, organisation_id, '[]')"), "&&"),
            (text("int4range(hashtext(role), hashtext(role), '[]')"), "&&"),
            ("during", "&&"),
            name="ex_memberships_same_role_twice",
            using="gist",
        ),
        Index("ix_memberships_organisation_id", "organisation_id"),
        Index("ix_memberships_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    role: Mapped[MemberRole] = mapped_column(enum_column(MemberRole, "role"))
    during: Mapped[Range[date]] = mapped_column(DATERANGE)
    ward_code: Mapped[str | None] = mapped_column(ForeignKey("wards.code"))
    political_group: Mapped[str | None]

    person: Mapped[Person] = relationship(back_populates="memberships")
    organisation: Mapped[Organisation] = relationship()


class DeclaredHeadcount(db.Model):
    """How many people an organisation says must be trained, from a date until the next declaration.

    Stands in for the staff list in the SHARE measure where one is in force (domain.md 2.3).
    """

    __tablename__ = "declared_headcounts"
    __table_args__ = (
        CheckConstraint("headcount >= 0", name="headcount"),
        Index(
            "uq_declared_headcounts_organisation_id_declared_on",
            "organisation_id",
            "declared_on",
            unique=True,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    declared_on: Mapped[date]
    headcount: Mapped[int]
