"""Coverage worked out in plain Python, day by day, from domain.md alone: what the spans must agree with.

It shares no code with the portal and makes no use of ranges or unions: it looks at one day and counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction


@dataclass
class PlainOrganisation:
    authority: int
    sector: str
    category: str
    counts: bool = True
    status: str = "open"
    opened_on: date | None = None
    closed_on: date | None = None

    def is_counted(self, day: date) -> bool:
        return (
            self.counts
            and self.status != "proposed_to_open"
            and (self.opened_on is None or self.opened_on <= day)
            and (self.closed_on is None or self.closed_on > day)
        )


@dataclass
class PlainMembership:
    person: int
    organisation: int
    role: str
    started_on: date
    ended_on: date | None = None

    def is_current(self, day: date) -> bool:
        return self.started_on <= day and (self.ended_on is None or day < self.ended_on)


@dataclass
class PlainRecord:
    person: int
    course: int
    completed_on: date
    state: str


@dataclass
class PlainReturn:
    organisation: int
    course: int
    held_on: date
    voided: bool = False


@dataclass
class PlainRequirement:
    authority: int | None
    code: str
    measure: str
    months: int
    basis: str
    sectors: list[str]
    categories: list[str] | None
    roles: list[str] | None
    courses: set[int]
    threshold: int | None = None

    def concerns(self, organisation: PlainOrganisation) -> bool:
        return organisation.sector in self.sectors and (
            self.categories is None or organisation.category in self.categories
        )

    def last_valid_day(self, completed_on: date) -> date:
        month = completed_on.month + self.months
        year = completed_on.year
        while month > 12:
            year, month = year + 1, month - 12
        day_of_month = completed_on.day
        while True:
            try:
                last = date(year, month, day_of_month)
                break
            except ValueError:
                day_of_month -= 1
        if self.basis == "academic_year":
            day = last
            while day >= completed_on:
                if (day.month, day.day) == (8, 31):
                    return day
                day -= timedelta(days=1)
        return last


@dataclass
class PlainWorld:
    organisations: dict[int, PlainOrganisation] = field(default_factory=dict)
    memberships: dict[int, PlainMembership] = field(default_factory=dict)
    records: dict[int, PlainRecord] = field(default_factory=dict)
    returns: dict[int, PlainReturn] = field(default_factory=dict)
    headcounts: dict[tuple[int, date], int] = field(default_factory=dict)
    requirements: dict[int, PlainRequirement] = field(default_factory=dict)

    def standing_requirements(self, authority: int) -> dict[int, PlainRequirement]:
        own = {n: r for n, r in self.requirements.items() if r.authority == authority}
        own_codes = {r.code for r in own.values()}
        defaults = {
            n: r for n, r in self.requirements.items() if r.authority is None and r.code not in own_codes
        }
        return own | defaults

    def counted(self, requirement: PlainRequirement, authority: int, day: date) -> list[int]:
        return [
            number
            for number, organisation in self.organisations.items()
            if organisation.authority == authority
            and organisation.is_counted(day)
            and requirement.concerns(organisation)
        ]

    def is_in_date(self, requirement: PlainRequirement, person: int, day: date, claims: bool) -> bool:
        states = {"accepted", "unverified"} if claims else {"accepted"}
        return any(
            record.person == person
            and record.course in requirement.courses
            and record.state in states
            and record.completed_on <= day <= requirement.last_valid_day(record.completed_on)
            for record in self.records.values()
        )

    def is_covered(self, requirement: PlainRequirement, number: int, day: date, claims: bool) -> bool:
        people = {
            membership.person
            for membership in self.memberships.values()
            if membership.organisation == number
            and membership.is_current(day)
            and (requirement.roles is None or membership.role in requirement.roles)
        }
        in_date = {person for person in people if self.is_in_date(requirement, person, day, claims)}
        if requirement.measure == "share":
            required = self._headcount(number, day)
            required = len(people) if required is None else required
            assert requirement.threshold is not None
            return required > 0 and Fraction(len(in_date), required) >= Fraction(requirement.threshold, 100)
        if in_date:
            return True
        return requirement.measure == "any" and any(
            held.organisation == number
            and held.course in requirement.courses
            and not held.voided
            and held.held_on <= day <= requirement.last_valid_day(held.held_on)
            for held in self.returns.values()
        )

    def members_in_date(self, day: date) -> Iterator[tuple[int, int, bool]]:
        """Requirement, membership, and whether only a claim says so."""
        for number, organisation in self.organisations.items():
            for key, requirement in self.standing_requirements(organisation.authority).items():
                if not organisation.is_counted(day) or not requirement.concerns(organisation):
                    continue
                for membership_key, m in self.memberships.items():
                    holds = requirement.roles is None or m.role in requirement.roles
                    if m.organisation == number and m.is_current(day) and holds:
                        if self.is_in_date(requirement, m.person, day, claims=True):
                            verified = self.is_in_date(requirement, m.person, day, claims=False)
                            yield key, membership_key, not verified

    def covered(self, day: date) -> Iterator[tuple[int, int, bool]]:
        """Requirement, organisation, and whether only claims say so."""
        for authority in {organisation.authority for organisation in self.organisations.values()}:
            for key, requirement in self.standing_requirements(authority).items():
                for number in self.counted(requirement, authority, day):
                    if self.is_covered(requirement, number, day, claims=True):
                        yield key, number, not self.is_covered(requirement, number, day, claims=False)

    def _headcount(self, number: int, day: date) -> int | None:
        declared = [on for organisation, on in self.headcounts if organisation == number and on <= day]
        return self.headcounts[number, max(declared)] if declared else None

    def counts(self, requirement: PlainRequirement, authority: int, day: date) -> tuple[int, int, int]:
        """Denominator, covered, covered with claims."""
        counted = self.counted(requirement, authority, day)
        return (
            len(counted),
            sum(self.is_covered(requirement, number, day, claims=False) for number in counted),
            sum(self.is_covered(requirement, number, day, claims=True) for number in counted),
        )
