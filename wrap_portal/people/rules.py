"""Facts about people and their roles: what roles are called, which go with which sector, when dates make
sense.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from wrap_portal.organisations.models import Sector
from wrap_portal.people.models import MemberRole

ROLE_WORDS = {
    MemberRole.DSL: "Designated safeguarding lead (DSL)",
    MemberRole.DEPUTY_DSL: "Deputy DSL",
    MemberRole.SENIOR_LEADER: "Head or senior leader",
    MemberRole.TEACHING_STAFF: "Teaching staff",
    MemberRole.SUPPORT_STAFF: "Support staff",
    MemberRole.GOVERNOR: "Governor",
    MemberRole.PREVENT_LEAD: "Prevent lead",
    MemberRole.CLINICAL: "Clinical staff",
    MemberRole.NON_CLINICAL: "Non-clinical staff",
    MemberRole.ELECTED_MEMBER: "Elected member",
    MemberRole.CONTRACTOR: "Contractor",
    MemberRole.VOLUNTEER: "Volunteer",
    MemberRole.STAFF: "Staff",
}

# Roles in which one person answers for the organisation's training (domain.md 2.3, LEAD).
LEAD_ROLES = frozenset({MemberRole.DSL, MemberRole.DEPUTY_DSL, MemberRole.PREVENT_LEAD})

_EDUCATION = (
    MemberRole.DSL,
    MemberRole.DEPUTY_DSL,
    MemberRole.SENIOR_LEADER,
    MemberRole.TEACHING_STAFF,
    MemberRole.SUPPORT_STAFF,
    MemberRole.GOVERNOR,
    MemberRole.VOLUNTEER,
    MemberRole.CONTRACTOR,
)
_OTHERS = (
    MemberRole.PREVENT_LEAD,
    MemberRole.SENIOR_LEADER,
    MemberRole.STAFF,
    MemberRole.VOLUNTEER,
    MemberRole.CONTRACTOR,
)
_ROLES = {
    Sector.SCHOOL: _EDUCATION,
    Sector.EARLY_YEARS: _EDUCATION,
    Sector.FURTHER_EDUCATION: _EDUCATION,
    Sector.HIGHER_EDUCATION: (MemberRole.PREVENT_LEAD, *_EDUCATION),
    Sector.HEALTH: (
        MemberRole.PREVENT_LEAD,
        MemberRole.SENIOR_LEADER,
        MemberRole.CLINICAL,
        MemberRole.NON_CLINICAL,
        MemberRole.VOLUNTEER,
        MemberRole.CONTRACTOR,
    ),
    Sector.ELECTED_MEMBERS: (MemberRole.ELECTED_MEMBER,),
}

LONGEST_NAME = 200
LARGEST_HEADCOUNT = 100_000
# Somebody may be entered a school year before they begin; a date further off is a slip of the hand.
FURTHEST_AHEAD = timedelta(days=366)
EARLIEST = date(1950, 1, 1)


def roles_in(sector: Sector) -> tuple[MemberRole, ...]:
    """Return the roles that people have in organisations of a sector, the lead roles first (domain.md 1)."""
    return _ROLES.get(sector, _OTHERS)


def vacant_lead_role(sector: Sector, held: Iterable[MemberRole]) -> MemberRole | None:
    """Return the lead role that nobody holds, None where somebody does or the sector has none (domain.md
    2.9).
    """
    lead_roles = [role for role in roles_in(sector) if role in LEAD_ROLES]
    return lead_roles[0] if lead_roles and not set(lead_roles) & set(held) else None


def has_ended(ends_on: date | None, today: date) -> bool:
    """True where a membership is over: on the leaving date itself it is (domain.md 2.5)."""
    return ends_on is not None and ends_on <= today


def date_problem(on: date, today: date) -> str | None:
    """Return what is wrong with the first or last day of a membership, None where it is plausible."""
    if on < EARLIEST:
        return f"The date must be {EARLIEST.year} or later."
    if on > today + FURTHEST_AHEAD:
        return "The date must be within a year from today."
    return None


def same_name(one: str, other: str) -> bool:
    """True where two names differ in spaces and capitals only: what a second typing of the same name may
    do.
    """
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
