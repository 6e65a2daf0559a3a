"""Who belongs to an organisation, and where a person belongs."""

from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import joinedload

from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation
from wrap_portal.organisations.queries import within
from wrap_portal.people import rules
from wrap_portal.people.models import DeclaredHeadcount, MemberRole, Membership, Person
from wrap_portal.web.access import Scope


@dataclass(frozen=True)
class StaffRole:
    """One role of a person in an organisation: `ends_on` is the leaving date, None where none is known."""

    membership_id: int
    role: MemberRole
    started_on: date
    ends_on: date | None


@dataclass(frozen=True)
class StaffRow:
    """A person on an organisation's staff list, with every role there; `membership_id` is the first of
    them.
    """

    membership_id: int
    person_id: int
    name: str
    email: str | None
    memberships: tuple[StaffRole, ...]

    @property
    def roles(self) -> tuple[MemberRole, ...]:
        """The roles alone, lead roles first."""
        return tuple(held.role for held in self.memberships)


def staff_list(organisation_id: int, as_at: date) -> list[StaffRow]:
    """Return who belongs to an organisation on a date, holders of lead roles first, then by name."""
    rows = _staff(
        Membership.organisation_id == organisation_id,
        Membership.during.contains(as_at),
        order=(func.lower(Person.name), Person.id, Membership.id),
    )
    return sorted(rows, key=lambda row: row.roles[0] not in rules.LEAD_ROLES)


def staff_to_come(organisation_id: int, as_at: date) -> list[StaffRow]:
    """Return who begins at an organisation after a date and is not on its list then, soonest first."""
    there = select(Membership.person_id).where(
        Membership.organisation_id == organisation_id, Membership.during.contains(as_at)
    )
    return _staff(
        Membership.organisation_id == organisation_id,
        func.lower(Membership.during) > as_at,
        Membership.person_id.not_in(there),
        order=(func.lower(Membership.during), func.lower(Person.name), Person.id, Membership.id),
    )


def staff_row(organisation_id: int, person_id: int, as_at: date) -> StaffRow | None:
    """Return a person with the roles that they have at an organisation on a date or later."""
    rows = _staff(
        Membership.organisation_id == organisation_id,
        Membership.person_id == person_id,
        Membership.during.overlaps(Range(as_at, None, bounds="[)")),
        order=(Membership.id,),
    )
    return rows[0] if rows else None


def get_person(person_id: int, scope: Scope) -> Person | None:
    """Return a person whom the scope reaches: kept by one of its authorities, or ever a member within it."""
    return db.session.scalar(select(Person).where(Person.id == person_id, _reaches(scope)))


def get_membership(membership_id: int, organisation_id: int) -> Membership | None:
    """Return a membership of this organisation, with its person."""
    return db.session.scalar(
        select(Membership)
        .options(joinedload(Membership.person))
        .where(Membership.id == membership_id, Membership.organisation_id == organisation_id)
    )


def memberships_of(person_id: int, scope: Scope) -> list[Membership]:
    """Return a person's memberships of organisations that the scope reaches, latest first."""
    return list(
        db.session.scalars(
            select(Membership)
            .join(Organisation, Organisation.id == Membership.organisation_id)
            .options(joinedload(Membership.organisation))
            .where(Membership.person_id == person_id, within(scope))
            .order_by(func.lower(Membership.during).desc(), Membership.id.desc())
        )
    )


def is_member_on(person_id: int, organisation_id: int, on: date) -> bool:
    """True where the person belongs to the organisation on the date, in whatever role."""
    return bool(
        db.session.scalar(
            select(
                select(Membership.id)
                .where(
                    Membership.person_id == person_id,
                    Membership.organisation_id == organisation_id,
                    Membership.during.contains(on),
                )
                .exists()
            )
        )
    )


def people_with_email(email: str, authority_id: int) -> list[Person]:
    """Return the people of an authority with this address, capitals aside, oldest record first."""
    return list(
        db.session.scalars(
            select(Person)
            .where(func.lower(Person.email) == email.lower(), Person.authority_id == authority_id)
            .order_by(Person.id)
        )
    )


def declared_headcount(organisation_id: int, as_at: date) -> DeclaredHeadcount | None:
    """Return the declaration that is in force on a date: the latest up to then."""
    return db.session.scalar(
        select(DeclaredHeadcount)
        .where(
            DeclaredHeadcount.organisation_id == organisation_id,
            DeclaredHeadcount.declared_on <= as_at,
        )
        .order_by(DeclaredHeadcount.declared_on.desc())
        .limit(1)
    )


def _staff(*conditions: ColumnElement[bool], order: tuple[Any, ...]) -> list[StaffRow]:
    """Return memberships gathered by person, people in the order of their first row."""
    rows = db.session.execute(
        select(Membership, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(*conditions)
        .order_by(*order)
    )
    people: dict[int, tuple[Person, list[Membership]]] = {}
    for membership, person in rows:
        people.setdefault(person.id, (person, []))[1].append(membership)
    return [_row(person, held) for person, held in people.values()]


def _row(person: Person, memberships: list[Membership]) -> StaffRow:
    memberships.sort(key=lambda held: (held.role not in rules.LEAD_ROLES, held.id))
    return StaffRow(
        membership_id=memberships[0].id,
        person_id=person.id,
        name=person.name,
        email=person.email,
        memberships=tuple(
            StaffRole(held.id, held.role, cast(date, held.during.lower), held.during.upper)
            for held in memberships
        ),
    )


def _reaches(scope: Scope) -> ColumnElement[bool]:
    member = (
        select(Membership.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.person_id == Person.id, within(scope))
        .exists()
    )
    kept = Person.authority_id.in_(scope.authority_ids) if scope.authority_ids else false()
    return or_(kept, member)
