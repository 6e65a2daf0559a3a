"""Tables of authorities, wards and organisations."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import TIMESTAMP

from wrap_portal.extensions import db, enum_column


class Sector(StrEnum):
    """The kinds of body that must hold trained people (domain.md 1)."""

    SCHOOL = "school"
    EARLY_YEARS = "early_years"
    FURTHER_EDUCATION = "further_education"
    HIGHER_EDUCATION = "higher_education"
    HEALTH = "health"
    COUNCIL = "council"
    ELECTED_MEMBERS = "elected_members"
    POLICE_AND_PROBATION = "police_and_probation"
    HOUSING = "housing"
    COMMUNITY = "community"
    CONTRACTOR = "contractor"
    OTHER = "other"


class OrganisationStatus(StrEnum):
    """The register's word for where an organisation is in its life (registers.md 1, EstablishmentStatus)."""

    OPEN = "open"
    PROPOSED_TO_CLOSE = "proposed_to_close"
    CLOSED = "closed"
    PROPOSED_TO_OPEN = "proposed_to_open"


class Authority(db.Model):
    """A local authority that runs the portal. `code` is its three-digit number in the schools register."""

    __tablename__ = "authorities"
    __table_args__ = (CheckConstraint("code ~ '^[0-9]{3}$'", name="code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(unique=True)
    brand_colour: Mapped[str] = mapped_column(server_default="#1d4f5f")
    contact_email: Mapped[str | None]


class Ward(db.Model):
    """An electoral ward: its code is the key, because names are reused and redrawn (registers.md 5)."""

    __tablename__ = "wards"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"), index=True)


class EstablishmentType(db.Model):
    """A type of establishment in the schools register: its sector and category, and whether it counts.

    Inclusion is data with a reason, never code (registers.md 1, "Type codes"). `category` stands in for a
    phase where the register has none. `state_funded`: the file of state-funded schools lists this type.
    """

    __tablename__ = "establishment_types"
    __table_args__ = (CheckConstraint("counts OR reason IS NOT NULL", name="reason"),)

    code: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(unique=True)
    group_code: Mapped[int]
    group_name: Mapped[str]
    sector: Mapped[Sector] = mapped_column(enum_column(Sector, "sector"))
    category: Mapped[str | None]
    counts: Mapped[bool]
    reason: Mapped[str | None]
    state_funded: Mapped[bool]


class Organisation(db.Model):
    """A body that must hold trained people. Never deleted: it closes, and its history stays.

    `counts` says whether it is in scope, `not_counted_reason` why not. `category` is the bucket that
    figures are sliced by: the phase, or the kind of establishment where the register has no phase (the
    phase trap). `closed_on` is the first day on which it no longer counts (domain.md 2.2).
    """

    __tablename__ = "organisations"
    __table_args__ = (
        CheckConstraint("closed_on IS NULL OR opened_on IS NULL OR closed_on >= opened_on", name="dates"),
        CheckConstraint("counts OR not_counted_reason IS NOT NULL", name="not_counted_reason"),
        CheckConstraint("num_nonnulls(urn, ods_code, local_code) >= 1", name="identifier"),
        CheckConstraint("status <> 'closed' OR closed_on IS NOT NULL", name="closed_has_date"),
        CheckConstraint("btrim(name) <> ''", name="name"),
        Index("ix_organisations_authority_id_sector", "authority_id", "sector"),
        Index("ix_organisations_name_folded", text("lower(name)")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    urn: Mapped[int | None] = mapped_column(unique=True)
    ods_code: Mapped[str | None] = mapped_column(unique=True)
    local_code: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    sector: Mapped[Sector] = mapped_column(enum_column(Sector, "sector"))
    category: Mapped[str]
    counts: Mapped[bool] = mapped_column(server_default=text("true"))
    not_counted_reason: Mapped[str | None]
    status: Mapped[OrganisationStatus] = mapped_column(
        enum_column(OrganisationStatus, "status"), server_default=OrganisationStatus.OPEN.value
    )
    opened_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    establishment_type_code: Mapped[int | None] = mapped_column(ForeignKey("establishment_types.code"))
    establishment_number: Mapped[str | None]
    phase: Mapped[str | None]
    ward_code: Mapped[str | None] = mapped_column(ForeignKey("wards.code"), index=True)
    street: Mapped[str | None]
    locality: Mapped[str | None]
    town: Mapped[str | None]
    postcode: Mapped[str | None] = mapped_column(index=True)
    telephone: Mapped[str | None]
    website: Mapped[str | None]
    trust_name: Mapped[str | None]
    lowest_age: Mapped[int | None]
    highest_age: Mapped[int | None]
    easting: Mapped[int | None]
    northing: Mapped[int | None]

    authority: Mapped[Authority] = relationship()
    ward: Mapped[Ward | None] = relationship()
    establishment_type: Mapped[EstablishmentType | None] = relationship()


class OrganisationAlias(db.Model):
    """A name that an organisation had, or is known by: uploaded lists are matched against these too."""

    __tablename__ = "organisation_aliases"
    __table_args__ = (
        Index("uq_organisation_aliases_organisation_id_name", "organisation_id", "name", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[str]
    until: Mapped[date]


class RegisterEdition(db.Model):
    """Which edition of a register an authority's organisations were last brought up to date with.

    `register_date` is the date of the register itself, printed on every figure; `applied_at` is when it was
    applied.
    """

    __tablename__ = "register_editions"
    __table_args__ = (
        Index("ix_register_editions_authority_id_register", "authority_id", "register", "applied_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("authorities.id"))
    register: Mapped[str]
    register_date: Mapped[date]
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    row_count: Mapped[int]
    applied_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))
