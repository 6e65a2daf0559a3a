"""Reads around the schools register: what stands, what an import would do, which edition is in use."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import distinct_on

from wrap_portal.extensions import db
from wrap_portal.organisations.models import Authority, EstablishmentType, Organisation, RegisterEdition
from wrap_portal.organisations.register_rules import Incoming, Plan, plan_import
from wrap_portal.organisations.school_rules import SCHOOL_FIELDS, School, TypeRule

SCHOOLS = "schools"
# A statement takes 65,535 parameters; England in one go would be close.
_AT_ONCE = 10_000


@dataclass(frozen=True)
class Edition:
    """An edition of a register that was applied to an authority."""

    authority_id: int
    authority_code: str
    authority_name: str
    register_date: date
    file_name: str
    file_sha256: str
    row_count: int
    applied_at: datetime


def type_rules() -> dict[int, TypeRule]:
    """Return what each type of establishment is in the portal, by its code."""
    return {
        each.code: TypeRule(
            code=each.code,
            name=each.name,
            sector=each.sector,
            category=each.category,
            counts=each.counts,
            reason=each.reason,
            state_funded=each.state_funded,
        )
        for each in db.session.scalars(select(EstablishmentType))
    }


def type_names() -> dict[int, str]:
    """Return the names of the types of establishment by their codes: what the reader of a file needs."""
    rows = db.session.execute(select(EstablishmentType.code, EstablishmentType.name))
    return {code: name for code, name in rows}


def import_plans(incoming: Collection[Incoming]) -> list[Plan]:
    """Return what importing would do to each of the authorities, in the order given; nothing is written.

    A school that stands under another authority is moved where that one is part of the import, and left where
    it is otherwise: nobody's import reaches into another authority.
    """
    codes = [each.authority_code for each in incoming]
    authorities = {
        authority.code: authority
        for authority in db.session.scalars(select(Authority).where(Authority.code.in_(codes)))
    }
    authority_ids = {authority.id for authority in authorities.values()}
    standing = _schools_of(authority_ids)
    urns = {row.urn for each in incoming for row in each.rows} - standing.keys()
    kept_elsewhere = _keepers(urns)
    editions = editions_in_use(authority_ids)
    types = type_rules()
    own: dict[int | None, dict[int, School]] = {authority_id: {} for authority_id in authority_ids}
    for urn, school in standing.items():
        own[school.authority_id][urn] = school
    plans = []
    for each in incoming:
        authority = authorities.get(each.authority_code)
        authority_id = authority.id if authority else None
        in_use = editions[authority_id] if authority_id in editions else None
        moving = {row.urn: standing[row.urn] for row in each.rows if row.urn in standing}
        plans.append(
            plan_import(
                each,
                authority_id=authority_id,
                authority_name=authority.name if authority else None,
                standing=own.get(authority_id, {}) | moving,
                kept_elsewhere=kept_elsewhere,
                types=types,
                date_in_use=in_use.register_date if in_use else None,
                sha256_in_use=in_use.file_sha256 if in_use else None,
            )
        )
    return plans


def editions(authority_ids: Collection[int]) -> list[Edition]:
    """Return the editions of the schools register that were applied to authorities, the latest first."""
    return _editions(_applied(authority_ids).order_by(*_LATEST_FIRST))


def editions_in_use(authority_ids: Collection[int]) -> dict[int, Edition]:
    """Return, by authority, the edition that was applied last."""
    latest = _applied(authority_ids).ext(distinct_on(RegisterEdition.authority_id))
    found = _editions(latest.order_by(RegisterEdition.authority_id, *_LATEST_FIRST))
    return {edition.authority_id: edition for edition in found}


_LATEST_FIRST = (RegisterEdition.applied_at.desc(), RegisterEdition.id.desc())


def _applied(authority_ids: Collection[int]) -> Select[RegisterEdition, Authority]:
    return (
        select(RegisterEdition, Authority)
        .join(Authority, Authority.id == RegisterEdition.authority_id)
        .where(RegisterEdition.register == SCHOOLS, RegisterEdition.authority_id.in_(authority_ids))
    )


def _editions(statement: Select[RegisterEdition, Authority]) -> list[Edition]:
    return [
        Edition(
            authority_id=authority.id,
            authority_code=authority.code,
            authority_name=authority.name,
            register_date=edition.register_date,
            file_name=edition.file_name,
            file_sha256=edition.file_sha256,
            row_count=edition.row_count,
            applied_at=edition.applied_at,
        )
        for edition, authority in db.session.execute(statement)
    ]


def _schools_of(authority_ids: Iterable[int]) -> dict[int, School]:
    columns = [getattr(Organisation, name) for name in SCHOOL_FIELDS]
    rows = db.session.execute(
        select(*columns).where(
            Organisation.authority_id.in_(list(authority_ids)), Organisation.urn.is_not(None)
        )
    )
    return {school.urn: school for school in (School(*row) for row in rows)}


def _keepers(urns: Iterable[int]) -> dict[int, str]:
    """Return the names of the authorities that hold the schools with these URNs."""
    wanted = sorted(urns)
    keepers: dict[int, str] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        rows = db.session.execute(
            select(Organisation.urn, Authority.name)
            .join(Authority, Authority.id == Organisation.authority_id)
            .where(Organisation.urn.in_(wanted[start : start + _AT_ONCE]))
        )
        keepers |= {urn: name for urn, name in rows if urn is not None}
    return keepers
