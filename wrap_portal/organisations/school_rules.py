"""A school as the register decides it: what a row of a file makes of it, and what its absence does.

Pure: what stands, what the file says and every date come in as arguments (registers.md 1 and 3).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from datetime import date

from wrap_portal.organisations.gias import ACADEMY_TYPES, FileKind
from wrap_portal.organisations.gias_cells import SchoolRow
from wrap_portal.organisations.models import OrganisationStatus, Sector
from wrap_portal.organisations.rules import category_of_school, is_open_on, same_name

PROPOSED = "Proposed to open"


@dataclass(frozen=True, slots=True)
class TypeRule:
    """What a type of establishment is in the portal: a row of the table of types."""

    code: int
    name: str
    sector: Sector
    category: str | None
    counts: bool
    reason: str | None
    state_funded: bool


@dataclass(frozen=True, slots=True)
class School:
    """What the register decides about an organisation, as it stands or as it would be written.

    `id` is None for one that is not there yet.
    """

    id: int | None
    authority_id: int | None
    urn: int
    name: str
    sector: Sector
    category: str
    counts: bool
    not_counted_reason: str | None
    status: OrganisationStatus
    opened_on: date | None
    closed_on: date | None
    establishment_type_code: int | None
    establishment_number: str | None
    phase: str | None
    ward_code: str | None
    street: str | None
    locality: str | None
    town: str | None
    postcode: str | None
    telephone: str | None
    website: str | None
    trust_name: str | None
    lowest_age: int | None
    highest_age: int | None
    easting: int | None
    northing: int | None

    def is_open_on(self, day: date) -> bool:
        """True where it is open on that day."""
        return is_open_on(day, status=self.status, opened_on=self.opened_on, closed_on=self.closed_on)


SCHOOL_FIELDS = tuple(each.name for each in fields(School))
# What a school takes from a row as it is, where the file has it.
COPIED_FIELDS = (
    "opened_on",
    "establishment_number",
    "phase",
    "ward_code",
    "street",
    "locality",
    "town",
    "postcode",
    "telephone",
    "website",
    "trust_name",
    "lowest_age",
    "highest_age",
    "easting",
    "northing",
)


@dataclass(frozen=True, slots=True)
class Change:
    """A school that stands and would be written differently, and the fields that differ."""

    before: School
    after: School
    changed: tuple[str, ...]

    @property
    def renamed(self) -> bool:
        """True where its name changes."""
        return "name" in self.changed

    @property
    def closing(self) -> bool:
        """True where it does not stand as closed and would."""
        closed = OrganisationStatus.CLOSED
        return self.after.status is closed and self.before.status is not closed


def wanted_school(
    row: SchoolRow,
    *,
    standing: School | None,
    rule: TypeRule | None,
    authority_id: int | None,
    file_fields: Collection[str],
    register_date: date,
) -> School:
    """Return a school as it should stand after the import.

    Arguments: `row`, what the file has; `standing`, the school as it is, None where it is new; `rule`, its
    type, None where the portal does not know it; `file_fields`, the optional fields that the file has: what
    it has no column for stays as it is. A name that differs in white space only is kept (registers.md 3,
    rule 5).
    """
    copied = {
        name: getattr(row, name) if name in file_fields else getattr(standing, name, None)
        for name in COPIED_FIELDS
    }
    sector = rule.sector if rule else Sector.OTHER
    counts = rule.counts if rule else False
    reason = rule.reason if rule else f"{row.type_name}: a type that the portal does not know"
    if row.status is OrganisationStatus.PROPOSED_TO_OPEN:
        counts, reason = False, PROPOSED
    return School(
        id=standing.id if standing else None,
        authority_id=authority_id,
        urn=row.urn,
        name=standing.name if standing and same_name(standing.name, row.name) else row.name,
        sector=sector,
        category=category_of_school(
            sector=sector, type_category=rule.category if rule else None, phase=copied["phase"]
        ),
        counts=counts,
        not_counted_reason=None if counts else reason,
        status=row.status,
        closed_on=closing_date(
            row,
            known=standing.closed_on if standing else None,
            opened_on=copied["opened_on"],
            file_has_dates="closed_on" in file_fields,
            register_date=register_date,
        ),
        establishment_type_code=rule.code if rule else None,
        **copied,
    )


def closing_date(
    row: SchoolRow, *, known: date | None, opened_on: date | None, file_has_dates: bool, register_date: date
) -> date | None:
    """Return the first day on which a school is closed; for one that is still open it may lie ahead.

    Arguments: `known`, the date that stands; `file_has_dates`, whether the file has closing dates at all.
    """
    if row.status is not OrganisationStatus.CLOSED:
        if file_has_dates:
            return row.closed_on
        # The lists of open schools have no closing dates: one that lies ahead was in a fuller file.
        return known if known and known > register_date else None
    # A few that are closed have no date, or one that lies ahead of the register. What is known stays, so that
    # the date does not move with each import; else the last change is when somebody recorded the closing.
    dates = (row.closed_on, known, row.last_changed_on)
    day = next((each for each in dates if each and each <= register_date), register_date)
    return max(day, opened_on or date.min)


def change_of(before: School, after: School) -> Change | None:
    """Return what differs, None where nothing does."""
    if before == after:
        return None
    changed = tuple(name for name in SCHOOL_FIELDS if getattr(before, name) != getattr(after, name))
    return Change(before, after, changed)


def types_listed(kind: FileKind, types: Iterable[TypeRule]) -> set[int | None]:
    """Return the types of which a file of this kind lists every open school; None is a type not known."""
    if kind is FileKind.ALL:
        return {None, *(each.code for each in types)}
    if kind is FileKind.STATE_FUNDED:
        return {each.code for each in types if each.state_funded}
    return set(ACADEMY_TYPES)


def absent_schools(missing: Iterable[School], *, kind: FileKind, types: Iterable[TypeRule]) -> list[School]:
    """Return, of schools that a file of this kind has no row of, those that it should have.

    Only those of the types that it lists (registers.md 3, rule 1); one that is proposed to open stands in the
    full file only.
    """
    listed = types_listed(kind, types)
    passed_over = {OrganisationStatus.CLOSED}
    if kind is not FileKind.ALL:
        passed_over.add(OrganisationStatus.PROPOSED_TO_OPEN)
    return [
        school
        for school in missing
        if school.status not in passed_over and school.establishment_type_code in listed
    ]


def closed_by_absence(school: School, register_date: date) -> School:
    """Return an absent school as closed: on the date it was known to close on, else on the register's."""
    known = school.closed_on if school.closed_on and school.closed_on <= register_date else register_date
    closed_on = max(known, school.opened_on or date.min)
    return replace(school, status=OrganisationStatus.CLOSED, closed_on=closed_on)
