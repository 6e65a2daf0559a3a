"""Who belongs to an organisation, and where a person belongs."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import joinedload

from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation
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
    rows = db.session.execute(
        select(Membership, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.organisation_id == organisation_id, Membership.during.contains(as_at))
        .order_by(func.lower(Person.name), Person.id, Membership.id)
    ).all()
    people: dict[int, tuple[Person, list[StaffRole]]] = {}
    for membership, person in rows:
        people.setdefault(person.id, (person, []))[1].append(_role(membership))
    found = [_row(person, held) for person, held in people.values()]
    return sorted(found, key=lambda row: row.roles[0] not in rules.LEAD_ROLES)


def staff_to_come(organisation_id: int, as_at: date) -> list[StaffRow]:
    """Return the people whose first day at an organisation is after a date and who are not on its list
    then.
    """
    there = select(Membership.person_id).where(
        Membership.organisation_id == organisation_id, Membership.during.contains(as_at)
    )
    rows = db.session.execute(
        select(Membership, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.organisation_id == organisation_id,
            func.lower(Membership.during) > as_at,
            Membership.person_id.not_in(there),
        )
        .order_by(func.lower(Membership.during), func.lower(Person.name), Person.id, Membership.id)
    ).all()
    people: dict[int, tuple[Person, list[StaffRole]]] = {}
    for membership, person in rows:
        people.setdefault(person.id, (person, []))[1].append(_role(membership))
    return [_row(person, held) for person, held in people.values()]


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
            .where(Membership.person_id == person_id, _organisation_in(scope))
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


def _role(membership: Membership) -> StaffRole:
    assert membership.during.lower is not None  # noqa: S101 (a CHECK of the table)
    return StaffRole(membership.id, membership.role, membership.during.lower, membership.during.upper)


def _row(person: Person, held: list[StaffRole]) -> StaffRow:
    held = sorted(held, key=lambda role: (role.role not in rules.LEAD_ROLES, role.membership_id))
    return StaffRow(
        membership_id=held[0].membership_id,
        person_id=person.id,
        name=person.name,
        email=person.email,
        memberships=tuple(held),
    )


def _organisation_in(scope: Scope) -> ColumnElement[bool]:
    if scope.is_empty:
        return false()
    return or_(
        Organisation.id.in_(scope.organisation_ids), Organisation.authority_id.in_(scope.authority_ids)
    )


def _reaches(scope: Scope) -> ColumnElement[bool]:
    if scope.is_empty:
        return false()
    member = (
        select(Membership.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(and_(Membership.person_id == Person.id, _organisation_in(scope)))
        .exists()
    )
    return or_(Person.authority_id.in_(scope.authority_ids), member)
