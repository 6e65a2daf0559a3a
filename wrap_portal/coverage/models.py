"""Tables of requirements and of the coverage spans that they project."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Numeric, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, Range
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wrap_portal.courses.models import Course
from wrap_portal.extensions import db, enum_column
from wrap_portal.organisations.models import Authority


class Measure(StrEnum):
    """The three measures, never mixed (domain.md 2.3)."""

    LEAD = "lead"
    ANY = "any"
    SHARE = "share"


class ValidityBasis(StrEnum):
    """How the end of validity is found (domain.md 2.4); a basis never lengthens the rolling period."""

    ROLLING = "rolling"
    ACADEMIC_YEAR = "academic_year"


requirement_courses = Table(
    "requirement_courses",
    db.metadata,
    Column("requirement_id", ForeignKey("requirements.id"), primary_key=True),
    Column("course_id", ForeignKey("courses.id"), primary_key=True),
)


class Requirement(db.Model):
    """Who must hold which course, not older than how long, with a measure, a target and a source
    (domain.md 1, 3).

    `authority_id` NULL is the default catalogue; an authority's own requirement with the same code stands
    in its place there. `categories` and `roles` NULL mean all of them. `target_percent` is the share of
    organisations that should be covered, `near_percent` the share from which it is called near the target;
    `threshold_percent` is the share of people that covers an organisation under SHARE, compared unrounded.
    """

    __tablename__ = "requirements"
    __table_args__ = (
        CheckConstraint("code ~ '^[a-z][a-z0-9_]{1,39}$'", name="code"),
        CheckConstraint("months BETWEEN 1 AND 120", name="months"),
        CheckConstraint("target_percent BETWEEN 0 AND 100", name="target_percent"),
        CheckConstraint("near_percent BETWEEN 0 AND target_percent", name="near_percent"),
        CheckConstraint(
            "(measure = 'share') = (threshold_percent IS NOT NULL)"
            " AND (threshold_percent IS NULL OR threshold_percent > 0 AND threshold_percent <= 100)",
            name="threshold_percent",
        ),
        CheckConstraint("measure <> 'lead' OR cardinality(roles) > 0", name="lead_has_roles"),
        CheckConstraint("cardinality(sectors) > 0", name="sectors"),
        CheckConstraint("btrim(name) <> '' AND btrim(source) <> ''", name="name"),
        Index(
            "uq_requirements_authority_id_code",
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
    measure: Mapped[Measure] = mapped_column(enum_column(Measure, "measure"))
    basis: Mapped[ValidityBasis] = mapped_column(
        enum_column(ValidityBasis, "basis"), server_default=ValidityBasis.ROLLING.value
    )
    months: Mapped[int]
    target_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    near_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    threshold_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    sectors: Mapped[list[str]] = mapped_column(ARRAY(Text))
    categories: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    roles: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    source: Mapped[str]

    authority: Mapped[Authority | None] = relationship()
    courses: Mapped[list[Course]] = relationship(secondary=requirement_courses, order_by=Course.name)


class CoverageSpan(db.Model):
    """One unbroken period in which an organisation meets a requirement, future included (architecture.md 5).

    `by_claim` marks what only claims awaiting verification add: the headline reads the rows without it,
    "including claims" reads both. The spans of one organisation and requirement never overlap, whatever
    `by_claim` says.

    Derived rows: `service.refresh_stale` makes them, `service.rebuild_differences` checks them. They carry no
    foreign keys: the lock that a key's check takes would let two changes wait for each other.
    """

    __tablename__ = "coverage_spans"
    __table_args__ = (Index("ix_coverage_spans_organisation_id", "organisation_id"),)

    requirement_id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    during: Mapped[Range[date]] = mapped_column(DATERANGE, primary_key=True)
    by_claim: Mapped[bool] = mapped_column(primary_key=True)


class MemberSpan(db.Model):
    """One unbroken period in which a membership is in date for a requirement: who is due, and when.

    Derived rows like `CoverageSpan`. `organisation_id` is the membership's; the spans of a membership that
    was taken away, or moved to another organisation, are found by it.
    """

    __tablename__ = "member_spans"
    __table_args__ = (Index("ix_member_spans_organisation_id", "organisation_id"),)

    membership_id: Mapped[int] = mapped_column(primary_key=True)
    requirement_id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    during: Mapped[Range[date]] = mapped_column(DATERANGE, primary_key=True)
    by_claim: Mapped[bool] = mapped_column(primary_key=True)


class StaleSubject(StrEnum):
    """What a change of evidence was about: an organisation, a person wherever a member, or the rules.

    RULES holds the authority whose requirements changed, or 0 where the default catalogue did.
    """

    ORGANISATION = "organisation"
    PERSON = "person"
    RULES = "rules"


class StaleEvidence(db.Model):
    """What has changed in a transaction that the spans do not show yet: triggers on every table of evidence
    write it, `service.refresh_stale` empties it before the commit.

    The transaction's number is part of the key, so that no two transactions write the same key and wait for
    each other here. A row that outlives its transaction comes from a change past the application; the next
    commit takes it along.
    """

    __tablename__ = "stale_evidence"

    transaction_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, server_default=text("pg_current_xact_id()::text::bigint")
    )
    subject: Mapped[StaleSubject] = mapped_column(enum_column(StaleSubject, "subject"), primary_key=True)
    subject_id: Mapped[int] = mapped_column(primary_key=True)
