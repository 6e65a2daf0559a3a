"""Reads of the organisations room."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select

from wrap_portal.extensions import db
from wrap_portal.organisations.models import (
    Authority,
    Organisation,
    OrganisationAlias,
    OrganisationStatus,
    RegisterEdition,
    Sector,
    Ward,
)
from wrap_portal.organisations.rules import folded, identifier_text, postcode_key
from wrap_portal.web.access import Scope


@dataclass(frozen=True)
class OrganisationRow:
    """An organisation in a list. `identifier` is its URN, ODS code or local number, in words."""

    organisation_id: int
    name: str
    identifier: str
    sector: Sector
    category: str
    town: str | None
    postcode: str | None
    status: OrganisationStatus
    counts: bool
    closed_on: date | None
    is_open: bool


@dataclass(frozen=True)
class Search:
    """What narrows a list of organisations. None or "" narrows nothing.

    `words` is found in names, former names, identifiers and the start of postcodes; `is_open` is on the day
    that the list is of.
    """

    words: str = ""
    sector: Sector | None = None
    category: str = ""
    is_open: bool | None = None


@dataclass(frozen=True)
class SectorSummary:
    """What is open in an authority on a day, and what of it counts, by sector; only sectors with any."""

    open: int
    counted: dict[Sector, int]


def within(scope: Scope) -> ColumnElement[bool]:
    """Return the condition that an organisation is in a caller's scope."""
    return or_(
        Organisation.authority_id.in_(scope.authority_ids) if scope.authority_ids else false(),
        Organisation.id.in_(scope.organisation_ids) if scope.organisation_ids else false(),
    )


def open_on(day: date) -> ColumnElement[bool]:
    """Return the condition that an organisation is open on a day: `rules.is_open_on` in SQL."""
    return and_(
        Organisation.status != OrganisationStatus.PROPOSED_TO_OPEN,
        or_(Organisation.opened_on.is_(None), Organisation.opened_on <= day),
        or_(Organisation.closed_on.is_(None), Organisation.closed_on > day),
    )


def has_authorities() -> bool:
    """True where the portal holds any authority."""
    return bool(db.session.scalar(select(exists().select_from(Authority))))


def get_authority(code: str) -> Authority | None:
    """Return an authority by its three-digit code."""
    return db.session.scalar(select(Authority).where(Authority.code == code))


def authorities(scope: Scope) -> list[Authority]:
    """Return the authorities that a caller reaches as a whole, by name."""
    return list(
        db.session.scalars(
            select(Authority).where(Authority.id.in_(scope.authority_ids)).order_by(Authority.name)
        )
    )


def all_authorities() -> list[Authority]:
    """Return every authority of the portal, by name."""
    return list(db.session.scalars(select(Authority).order_by(Authority.name)))


def get_organisation(organisation_id: int, scope: Scope) -> Organisation | None:
    """Return an organisation; None where there is none, and where it is not in the scope."""
    return db.session.scalar(select(Organisation).where(Organisation.id == organisation_id, within(scope)))


def wards(authority_id: int) -> list[tuple[str, str]]:
    """Return an authority's wards (code, name), by name."""
    rows = db.session.execute(
        select(Ward.code, Ward.name).where(Ward.authority_id == authority_id).order_by(Ward.name, Ward.code)
    )
    return [(code, name) for code, name in rows]


def former_names(organisation_id: int) -> list[OrganisationAlias]:
    """Return the names that an organisation had, the latest first; without the one that it has now."""
    return list(
        db.session.scalars(
            select(OrganisationAlias)
            .join(Organisation, Organisation.id == OrganisationAlias.organisation_id)
            .where(Organisation.id == organisation_id, OrganisationAlias.name != Organisation.name)
            .order_by(OrganisationAlias.until.desc(), OrganisationAlias.id.desc())
        )
    )


def count_organisations(scope: Scope, search: Search, as_at: date) -> int:
    """Return how many organisations a search finds."""
    statement = select(func.count()).select_from(Organisation).where(within(scope), _matches(search, as_at))
    return db.session.scalar(statement) or 0


def search_organisations(
    scope: Scope, search: Search, as_at: date, *, limit: int | None = None, offset: int = 0
) -> list[OrganisationRow]:
    """Return the organisations that a search finds, by name; `as_at` is the day to be open on."""
    found = (
        select(Organisation, open_on(as_at))
        .where(within(scope), _matches(search, as_at))
        .order_by(func.lower(Organisation.name), Organisation.id)
        .limit(limit)
        .offset(offset)
    )
    return [
        OrganisationRow(
            organisation_id=organisation.id,
            name=organisation.name,
            identifier=identifier_text(
                urn=organisation.urn, ods_code=organisation.ods_code, local_code=organisation.local_code
            ),
            sector=organisation.sector,
            category=organisation.category,
            town=organisation.town,
            postcode=organisation.postcode,
            status=organisation.status,
            counts=organisation.counts,
            closed_on=organisation.closed_on,
            is_open=is_open,
        )
        for organisation, is_open in db.session.execute(found)
    ]


def categories(scope: Scope) -> list[str]:
    """Return the categories that the organisations in a scope have, by name."""
    return list(
        db.session.scalars(
            select(Organisation.category).where(within(scope)).distinct().order_by(Organisation.category)
        )
    )


def sector_summary(authority_id: int, as_at: date) -> SectorSummary:
    """Return what is open in an authority on a day: all of it, and what counts by sector."""
    rows = db.session.execute(
        select(Organisation.sector, Organisation.counts, func.count())
        .where(Organisation.authority_id == authority_id, open_on(as_at))
        .group_by(Organisation.sector, Organisation.counts)
    ).all()
    counted = {sector: number for sector, counts, number in rows if counts}
    return SectorSummary(
        open=sum(number for _, _, number in rows),
        counted={sector: counted[sector] for sector in Sector if sector in counted},
    )


def register_date(authority_id: int) -> date | None:
    """Return the date of the schools register that an authority stands on; None where none was imported."""
    return db.session.scalar(
        select(RegisterEdition.register_date)
        .where(RegisterEdition.authority_id == authority_id)
        .order_by(RegisterEdition.applied_at.desc(), RegisterEdition.id.desc())
        .limit(1)
    )


def _matches(search: Search, as_at: date) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    if search.words:
        conditions.append(_named(search.words))
    if search.sector is not None:
        conditions.append(Organisation.sector == search.sector)
    if search.category:
        conditions.append(Organisation.category == search.category)
    if search.is_open is not None:
        is_open = open_on(as_at)
        conditions.append(is_open if search.is_open else ~is_open)
    return and_(*conditions) if conditions else Organisation.id.is_not(None)


def _named(words: str) -> ColumnElement[bool]:
    parts = folded(words).split(" ")
    alias = exists().where(
        OrganisationAlias.organisation_id == Organisation.id,
        *(OrganisationAlias.name.icontains(part, autoescape=True) for part in parts),
    )
    code = folded(words).upper()
    conditions = [
        and_(*(Organisation.name.icontains(part, autoescape=True) for part in parts)),
        alias,
        Organisation.ods_code == code,
        Organisation.local_code == code,
        func.replace(Organisation.postcode, " ", "").startswith(postcode_key(words), autoescape=True),
    ]
    if code.isascii() and code.isdigit() and len(code) < 10:
        conditions.append(Organisation.urn == int(code))
    return or_(*conditions)
