"""Verbs of the organisations room: authorities, and organisations kept by hand."""

import re
from datetime import date

from sqlalchemy import Integer, cast, func, or_, select, text

from wrap_portal import clock
from wrap_portal.audit.service import record_event
from wrap_portal.errors import DomainError, register_refusals
from wrap_portal.extensions import db
from wrap_portal.organisations import rules
from wrap_portal.organisations.models import (
    Authority,
    Organisation,
    OrganisationStatus,
    Sector,
    Ward,
)
from wrap_portal.wording import date_text

register_refusals(
    {
        "uq_authorities_code": ("This authority was added a moment ago.", "code"),
        "uq_authorities_name": ("An authority of this name was added a moment ago.", "name"),
        "uq_organisations_urn": ("An organisation with this URN was added a moment ago.", "urn"),
        "uq_organisations_ods_code": (
            "An organisation with this ODS code was added a moment ago.",
            "ods_code",
        ),
    }
)

POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}")


def add_authority(
    *, code: str, name: str, contact_email: str | None = None, user_id: int | None = None
) -> Authority:
    """Add a local authority.

    Arguments: `code`, its three digits in the schools register; `name`, as pages print it; `contact_email`,
    whom people write to about training; `user_id`, who adds it. Raises DomainError for a code that is none,
    and for a code or name that is taken.
    """
    name = rules.folded(name)
    if not re.fullmatch(r"[0-9]{3}", code):
        raise DomainError("The code of an authority has three digits, like 380.", field="code")
    if not name:
        raise DomainError("Enter the name of the authority.", field="name")
    taken = db.session.scalars(
        select(Authority).where((Authority.code == code) | (func.lower(Authority.name) == name.lower()))
    ).first()
    if taken is not None and taken.code == code:
        raise DomainError(f"{taken.name} has the code {code} already.", field="code")
    if taken is not None:
        raise DomainError(f"There is an authority of this name already, {taken.code}.", field="name")
    authority = Authority(code=code, name=name, contact_email=contact_email)
    db.session.add(authority)
    db.session.flush()
    record_event(
        action="add_authority",
        subject_type="authority",
        subject_id=authority.id,
        actor_id=user_id,
        authority_id=authority.id,
    )
    return authority


def add_organisation(
    *,
    authority_id: int,
    name: str,
    sector: Sector,
    category: str,
    urn: int | None = None,
    ods_code: str | None = None,
    opened_on: date | None = None,
    street: str | None = None,
    town: str | None = None,
    postcode: str | None = None,
    ward_code: str | None = None,
    website: str | None = None,
    user_id: int | None = None,
) -> Organisation:
    """Add an organisation that is in no register, or not yet; it survives every import (registers.md 3).

    Arguments: `category`, the bucket that figures are sliced by; `urn` or `ods_code`, where it has one:
    without, it gets a number of the portal's own, L00001 and on; `opened_on`, None where it has always been
    there; `user_id`, who adds it. Raises DomainError for a name that an open organisation of the authority
    has, and for a postcode, website, ward or code that cannot be.
    """
    name, category = rules.folded(name), rules.folded(category)
    if not name:
        raise DomainError("Enter the name of the organisation.", field="name")
    if not category:
        raise DomainError("Enter what kind of organisation it is.", field="category")
    _refuse_second(authority_id, name)
    _refuse_taken_code(urn, ods_code)
    organisation = Organisation(
        authority_id=authority_id,
        urn=urn,
        ods_code=ods_code.upper() if ods_code else None,
        local_code=None if urn or ods_code else _next_local_code(),
        name=name,
        sector=sector,
        category=category,
        opened_on=opened_on,
        street=street or None,
        town=town or None,
        postcode=_postcode(postcode),
        ward_code=_ward_code(ward_code, authority_id),
        website=_website(website),
    )
    db.session.add(organisation)
    db.session.flush()
    _record("add_organisation", organisation, user_id)
    return organisation


def close_organisation(*, organisation: Organisation, on: date, user_id: int | None = None) -> None:
    """Close an organisation: from that day on it no longer counts (domain.md 2.2). Nothing of it is deleted.

    Arguments: `on`, the first day on which it is closed; it may lie ahead. Raises DomainError for one that is
    closed already, and for a day before it opened.
    """
    # Once its day has come, one that was to close is closed, though its status still says what was planned.
    if organisation.closed_on is not None and organisation.closed_on <= clock.today():
        raise DomainError(f"{organisation.name} closed on {date_text(organisation.closed_on)}.", field="on")
    if organisation.opened_on is not None and on < organisation.opened_on:
        raise DomainError(
            f"{organisation.name} opened on {date_text(organisation.opened_on)}: it cannot close earlier.",
            field="on",
        )
    organisation.closed_on = on
    organisation.status = (
        OrganisationStatus.CLOSED if on <= clock.today() else OrganisationStatus.PROPOSED_TO_CLOSE
    )
    db.session.flush()
    _record("close_organisation", organisation, user_id, closed_on=on.isoformat())


def _record(action: str, organisation: Organisation, user_id: int | None, **details: str) -> None:
    record_event(
        action=action,
        subject_type="organisation",
        subject_id=organisation.id,
        actor_id=user_id,
        authority_id=organisation.authority_id,
        details=details,
    )


def _refuse_second(authority_id: int, name: str) -> None:
    """Refuse a name that an open organisation has. Registers repeat names; by hand that is a slip."""
    same = db.session.scalar(
        select(Organisation).where(
            Organisation.authority_id == authority_id,
            func.lower(Organisation.name) == name.lower(),
            or_(Organisation.closed_on.is_(None), Organisation.closed_on > clock.today()),
        )
    )
    if same is not None:
        where = f", {same.postcode}" if same.postcode else ""
        raise DomainError(
            f"There is an open organisation of this name already{where}. If this is another one, add its "
            "place to the name.",
            field="name",
        )


def _refuse_taken_code(urn: int | None, ods_code: str | None) -> None:
    if urn is not None and db.session.scalar(select(Organisation).where(Organisation.urn == urn)):
        raise DomainError(f"There is an organisation with the URN {urn} already.", field="urn")
    if ods_code and db.session.scalar(select(Organisation).where(Organisation.ods_code == ods_code.upper())):
        raise DomainError(f"There is an organisation with the code {ods_code} already.", field="ods_code")


def _next_local_code() -> str:
    # Two managers may add one at the same moment: the second waits for the first one's number.
    db.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('organisations.local_code'))"))
    number = cast(func.substr(Organisation.local_code, 2), Integer)
    last = db.session.scalar(
        select(Organisation.local_code)
        .where(Organisation.local_code.regexp_match("^L[0-9]+$"))
        .order_by(number.desc())
        .limit(1)
    )
    return rules.next_local_code(last)


def _postcode(given: str | None) -> str | None:
    key = rules.postcode_key(given or "")
    if not key:
        return None
    postcode = f"{key[:-3]} {key[-3:]}"
    if not POSTCODE.fullmatch(postcode):
        raise DomainError("Enter a full postcode, like BD1 1HX.", field="postcode")
    return postcode


def _website(given: str | None) -> str | None:
    if not (given or "").strip():
        return None
    link = rules.website_link(given or "")
    if link is None:
        raise DomainError("Enter the address of a website, like www.example.org.", field="website")
    return link


def _ward_code(given: str | None, authority_id: int) -> str | None:
    if not given:
        return None
    ward = db.session.get(Ward, given)
    if ward is None or ward.authority_id != authority_id:
        raise DomainError("Select a ward of the authority.", field="ward_code")
    return given
