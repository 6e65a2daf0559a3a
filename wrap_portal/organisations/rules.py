"""What an organisation is called, counted as and linked to: pure facts, without the database or the clock."""

import re
from datetime import date

from wrap_portal.organisations.models import OrganisationStatus, Sector

SECTOR_NAMES = {
    Sector.SCHOOL: "Schools",
    Sector.EARLY_YEARS: "Early years",
    Sector.FURTHER_EDUCATION: "Further education",
    Sector.HIGHER_EDUCATION: "Higher education",
    Sector.HEALTH: "Health",
    Sector.COUNCIL: "Council departments",
    Sector.ELECTED_MEMBERS: "Elected members",
    Sector.POLICE_AND_PROBATION: "Police and probation",
    Sector.HOUSING: "Housing",
    Sector.COMMUNITY: "Voluntary, community and faith",
    Sector.CONTRACTOR: "Contractors",
    Sector.OTHER: "Other",
}

STATUS_NAMES = {
    OrganisationStatus.OPEN: "Open",
    OrganisationStatus.PROPOSED_TO_CLOSE: "Open, proposed to close",
    OrganisationStatus.CLOSED: "Closed",
    OrganisationStatus.PROPOSED_TO_OPEN: "Proposed to open",
}

NO_PHASE = "Phase not stated"

_SCHEME = re.compile(r"(https?)[:/]{1,3}(?=[a-z0-9])", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_PORT = re.compile(r"[^/?#]*:[0-9]{1,5}(?:[/?#]|$)")
_ADDRESS = re.compile(
    r"(?P<host>(?:[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z]{2,63})\.?(?P<port>:[0-9]{1,5})?(?P<rest>[/?#].*)?",
    re.IGNORECASE,
)
_SAFE_REST = re.compile(r"[A-Za-z0-9/?#%&=+,;:!~*'()$@._-]*")


def folded(text: str) -> str:
    """Return text with every run of white space as one space and none around it; its case is kept."""
    return " ".join(text.split())


def same_name(one: str, other: str) -> bool:
    """True where two names differ in white space at most: that is no rename (registers.md 3)."""
    return folded(one) == folded(other)


def is_open_on(
    day: date, *, status: OrganisationStatus, opened_on: date | None, closed_on: date | None
) -> bool:
    """True where it is open on that day; what is proposed never is (domain.md 2.2, registers.md 3)."""
    if status is OrganisationStatus.PROPOSED_TO_OPEN:
        return False
    return (opened_on is None or opened_on <= day) and (closed_on is None or closed_on > day)


def status_on(status: OrganisationStatus, closed_on: date | None, day: date) -> OrganisationStatus:
    """Return how an organisation stands on a day: what was to close is closed once its day has come, though
    the register may say so later only.
    """
    return OrganisationStatus.CLOSED if closed_on is not None and closed_on <= day else status


def may_close(status: OrganisationStatus) -> bool:
    """True where an organisation can still be closed by hand."""
    return status is not OrganisationStatus.CLOSED


def category_of_school(*, sector: Sector, type_category: str | None, phase: str | None) -> str:
    """Return the bucket that figures are sliced by: the phase, or the kind of school where it has none.

    Every special, alternative and independent school has the phase "Not applicable" in the register: slicing
    by phase alone loses them silently (registers.md 1, the phase trap). Colleges and universities keep a
    category of their own, though the register gives some of them a phase.
    """
    if sector is Sector.SCHOOL:
        return phase or type_category or NO_PHASE
    return type_category or phase or NO_PHASE


def website_link(text: str) -> str | None:
    """Return a website as the register has it as an http(s) address, or None where it cannot be made one.

    Most are `www...` without a scheme, some read `http:www...`, and nothing vouches for any of them
    (registers.md 1): other schemes, names with a password and unprintable letters are refused.
    """
    text = text.strip()
    scheme, rest = "http", text
    if match := _SCHEME.match(text):
        scheme, rest = match[1].lower(), text[match.end() :]
    elif _OTHER_SCHEME.match(text) and not _PORT.match(text):
        return None
    address = _ADDRESS.fullmatch(rest)
    if address is None or not _SAFE_REST.fullmatch(address["rest"] or ""):
        return None
    return f"{scheme}://{address['host'].lower()}{address['port'] or ''}{address['rest'] or ''}"


def postcode_key(text: str) -> str:
    """Return a postcode as it is compared: without spaces, in capitals."""
    return "".join(text.split()).upper()


def identifier_text(*, urn: int | None, ods_code: str | None, local_code: str | None) -> str:
    """Return what an organisation is known by: "URN 107201", "ODS A81001", or its number in the portal."""
    if urn is not None:
        return f"URN {urn}"
    return f"ODS {ods_code}" if ods_code else local_code or ""


def next_local_code(last: str | None) -> str:
    """Return the number of the next organisation that is in no register (registers.md 3, rule 8)."""
    return f"L{int(last[1:]) + 1 if last else 1:05}"
