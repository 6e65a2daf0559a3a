"""Reads of the trainers room: who may deliver what on a day, what waits for a manager, who trains as whom."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from wrap_portal.accounts.models import Grant, User
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation
from wrap_portal.people.models import Membership, Person
from wrap_portal.trainers.models import (
    Accreditation,
    AccreditationScope,
    AccreditationState,
    TrainerAccount,
)
from wrap_portal.web.access import Role, Scope

# A withdrawn accreditation still holds for the days before it was withdrawn: `during` was cut there.
_HELD = (AccreditationState.CONFIRMED, AccreditationState.WITHDRAWN)


@dataclass(frozen=True)
class AccountRow:
    """A user who could be linked to a person, and the person that they are now, if any."""

    user_id: int
    name: str
    email: str
    person_id: int | None


@dataclass(frozen=True)
class PersonRow:
    """Somebody who could be accredited, and where they belong today."""

    person_id: int
    name: str
    email: str | None
    organisations: tuple[str, ...]


@dataclass(frozen=True)
class TrainerChoice:
    """Somebody who could be asked to train, and what they may deliver: (course, first day, last day)."""

    person_id: int
    name: str
    may_deliver: tuple[tuple[str, date | None, date | None], ...]


def accreditation_on(
    *,
    person_id: int,
    course_id: int,
    day: date,
    organisation_id: int | None = None,
    authority_id: int | None = None,
) -> Accreditation | None:
    """Return the accreditation by which a person may deliver a course on a day, if there is one.

    Arguments: `organisation_id` is where it is delivered: an accreditation for the own organisation counts
    there only, one for the area anywhere (domain.md 4.1); `authority_id`, if given, is whose ones count.
    The first and last valid day are included (F18). Of several, the one for the area, then the longest.
    """
    return db.session.scalars(
        _held_on(course_id, day, organisation_id, authority_id)
        .where(Accreditation.person_id == person_id)
        .order_by(Accreditation.scope, func.upper(Accreditation.during).desc().nulls_first())
        .limit(1)
    ).first()


def _held_on(
    course_id: int, day: date, organisation_id: int | None, authority_id: int | None
) -> Select[Accreditation]:
    place = Accreditation.scope == AccreditationScope.AREA
    if organisation_id is not None:
        place = or_(place, Accreditation.organisation_id == organisation_id)
    held = select(Accreditation).where(
        Accreditation.course_id == course_id,
        Accreditation.state.in_(_HELD),
        Accreditation.during.contains(day),
        place,
    )
    return held if authority_id is None else held.where(Accreditation.authority_id == authority_id)


def accreditations_of_person(
    *, person_id: int, authority_id: int, course_id: int | None = None
) -> list[Accreditation]:
    """Return what a person holds, held or was proposed for, latest first; of one course where given."""
    found = (
        select(Accreditation)
        .where(Accreditation.person_id == person_id, Accreditation.authority_id == authority_id)
        .options(joinedload(Accreditation.course), joinedload(Accreditation.organisation))
        .order_by(func.upper(Accreditation.during).desc().nulls_first(), Accreditation.id.desc())
    )
    if course_id is not None:
        found = found.where(Accreditation.course_id == course_id)
    return list(db.session.scalars(found))


def held_until(*, person_id: int, course_id: int, organisation_id: int | None) -> date | None:
    """Return the last valid day of what a person holds for a course in the same place, if anything."""
    latest = db.session.scalars(
        select(Accreditation)
        .where(
            Accreditation.person_id == person_id,
            Accreditation.course_id == course_id,
            Accreditation.organisation_id.is_not_distinct_from(organisation_id),
            Accreditation.state == AccreditationState.CONFIRMED,
        )
        .order_by(func.upper(Accreditation.during).desc())
        .limit(1)
    ).first()
    return latest.ends_on if latest else None


def proposals(authority_id: int) -> list[Accreditation]:
    """Return what waits for a manager's decision, longest waiting first."""
    return list(
        db.session.scalars(
            _described().where(*_proposed(authority_id)).order_by(Accreditation.proposed_at, Accreditation.id)
        )
    )


def proposal_count(authority_id: int) -> int:
    """Return how many proposals wait for a manager's decision."""
    counted = select(func.count()).select_from(Accreditation).where(*_proposed(authority_id))
    return db.session.scalars(counted).one()


def _proposed(authority_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Accreditation.authority_id == authority_id,
        Accreditation.state == AccreditationState.PROPOSED,
    )


def accreditations(
    *,
    authority_id: int,
    as_at: date,
    course_id: int | None = None,
    ended: bool = False,
    limit: int,
    offset: int = 0,
) -> list[Accreditation]:
    """Return a page of accreditations by the trainer's name: current and coming ones, or those ended."""
    return list(
        db.session.scalars(
            _described()
            .join(Person, Person.id == Accreditation.person_id)
            .where(*_listed(authority_id, as_at, course_id, ended))
            .order_by(func.lower(Person.name), Person.id, Accreditation.id)
            .limit(limit)
            .offset(offset)
        )
    )


def accreditation_count(
    *, authority_id: int, as_at: date, course_id: int | None = None, ended: bool = False
) -> int:
    """Return how many rows `accreditations` has in all."""
    counted = (
        select(func.count()).select_from(Accreditation).where(*_listed(authority_id, as_at, course_id, ended))
    )
    return db.session.scalars(counted).one()


def _described() -> Select[Accreditation]:
    return select(Accreditation).options(
        joinedload(Accreditation.person),
        joinedload(Accreditation.course),
        joinedload(Accreditation.organisation),
    )


def _listed(
    authority_id: int, as_at: date, course_id: int | None, ended: bool
) -> tuple[ColumnElement[bool], ...]:
    # An accreditation that was withdrawn on its first day has an empty period: nothing of it is left.
    is_over = or_(func.isempty(Accreditation.during), func.upper(Accreditation.during) <= as_at)
    conditions = (
        Accreditation.authority_id == authority_id,
        Accreditation.state.in_(_HELD),
        is_over if ended else is_over.is_not(True),
    )
    return conditions if course_id is None else (*conditions, Accreditation.course_id == course_id)


def get_accreditation(*, accreditation_id: int, scope: Scope) -> Accreditation | None:
    """Return an accreditation of the scope's authorities; not there and not yours are the same None."""
    return db.session.scalars(
        _described().where(
            Accreditation.id == accreditation_id, Accreditation.authority_id.in_(scope.authority_ids)
        )
    ).one_or_none()


def get_trainer(person_id: int, scope: Scope) -> Person | None:
    """Return a person of one of the scope's authorities, whether or not they train yet; None for others'."""
    return db.session.scalars(
        select(Person).where(Person.id == person_id, Person.authority_id.in_(scope.authority_ids))
    ).one_or_none()


def people_matching(*, authority_id: int, words: str, as_at: date, limit: int = 50) -> list[PersonRow]:
    """Return the people of an authority whose name or e-mail address holds the words, by name."""
    belongs = (
        select(func.array_agg(Organisation.name.distinct()))
        .select_from(Membership)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.person_id == Person.id, Membership.during.contains(as_at))
        .correlate(Person)
        .scalar_subquery()
    )
    found = (
        select(Person.id, Person.name, Person.email, belongs)
        .where(
            Person.authority_id == authority_id,
            or_(
                Person.name.icontains(words, autoescape=True),
                Person.email.icontains(words, autoescape=True),
            ),
        )
        .order_by(func.lower(Person.name), Person.id)
        .limit(limit)
    )
    return [
        PersonRow(person_id, name, email, tuple(sorted(organisations or ())))
        for person_id, name, email, organisations in db.session.execute(found)
    ]


def organisations_of(*, person_id: int, authority_id: int, as_at: date) -> list[tuple[int, str]]:
    """Return the organisations of an authority that a person belongs to on a day: (id, name), by name."""
    rows = db.session.execute(
        select(Organisation.id, Organisation.name)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(
            Membership.person_id == person_id,
            Membership.during.contains(as_at),
            Organisation.authority_id == authority_id,
        )
        .distinct()
        .order_by(Organisation.name, Organisation.id)
    )
    return [(organisation_id, name) for organisation_id, name in rows]


def trainer_choices(*, authority_id: int, as_at: date) -> list[TrainerChoice]:
    """Return who could give a session of an authority, by name, with what they may deliver from `as_at` on.

    They are those accredited in the area, and those who sign in as a trainer there: some courses need no
    accreditation. Whoever is accredited for the own organisation only trains there, without a schedule.
    """
    held = db.session.scalars(
        _described().where(
            *_listed(authority_id, as_at, None, ended=False), Accreditation.scope == AccreditationScope.AREA
        )
    ).all()
    signing_in = db.session.scalars(
        select(Person)
        .join(TrainerAccount, TrainerAccount.person_id == Person.id)
        .where(_trains_in(authority_id, TrainerAccount.user_id))
    ).all()
    people = {person.id: person for person in (*(row.person for row in held), *signing_in)}
    may_deliver: dict[int, list[tuple[str, date | None, date | None]]] = {}
    for row in held:
        may_deliver.setdefault(row.person_id, []).append((row.course.name, row.starts_on, row.ends_on))
    return [
        TrainerChoice(person.id, person.name, tuple(may_deliver.get(person.id, ())))
        for person in sorted(people.values(), key=lambda person: (person.name.lower(), person.id))
    ]


def person_of_user(user_id: int) -> Person | None:
    """Return who a user is when they train, None where nobody has said so."""
    return db.session.scalars(
        select(Person)
        .join(TrainerAccount, TrainerAccount.person_id == Person.id)
        .where(TrainerAccount.user_id == user_id)
    ).one_or_none()


def account_of_person(*, person_id: int) -> User | None:
    """Return the user that a person signs in as when they train, None where nobody has said so."""
    return db.session.scalars(
        select(User)
        .join(TrainerAccount, TrainerAccount.user_id == User.id)
        .where(TrainerAccount.person_id == person_id)
    ).one_or_none()


def trainer_accounts(*, authority_id: int) -> list[AccountRow]:
    """Return the users who may train in an authority or in one of its organisations, by name."""
    rows = db.session.execute(
        select(User.id, User.name, User.email, TrainerAccount.person_id)
        .outerjoin(TrainerAccount, TrainerAccount.user_id == User.id)
        .where(User.disabled_at.is_(None), _trains_in(authority_id, User.id, organisations_too=True))
        .order_by(func.lower(User.name), User.id)
    )
    return [AccountRow(*row) for row in rows]


def _trains_in(
    authority_id: int, user_id: InstrumentedAttribute[int], *, organisations_too: bool = False
) -> ColumnElement[bool]:
    reach: ColumnElement[bool] = Grant.authority_id == authority_id
    if organisations_too:
        of_authority = select(Organisation.id).where(Organisation.authority_id == authority_id)
        reach = or_(reach, Grant.organisation_id.in_(of_authority))
    return (
        select(Grant.id)
        .where(Grant.user_id == user_id, Grant.role == Role.TRAINER, Grant.ended_at.is_(None), reach)
        .exists()
    )
