"""What registers and in-house sessions show."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.orm import aliased, joinedload, selectinload

from wrap_portal.accounts.models import User
from wrap_portal.attendance import rules
from wrap_portal.attendance.models import Attendance, AttendanceOutcome, InHouseAttendee, InHouseSession
from wrap_portal.bookings.models import Booking, BookingState
from wrap_portal.courses.models import Course
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation
from wrap_portal.organisations.queries import open_on
from wrap_portal.people.models import Membership, Person
from wrap_portal.records.models import HeadcountReturn, RecordState, TrainingRecord
from wrap_portal.sessions.models import SessionDate, SessionState, SessionTrainer, TrainingSession
from wrap_portal.trainers.models import Accreditation, AccreditationScope, AccreditationState
from wrap_portal.web.access import Scope


@dataclass(frozen=True)
class RegisterDate:
    """A date of a session, from its start to its end."""

    session_date_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class RegisterPage:
    """Which register is open: the date that it is of, and the other dates of the session beside it."""

    training_session_id: int
    authority_id: int
    course_name: str
    place: str
    cancelled: bool
    chosen: RegisterDate
    dates: tuple[RegisterDate, ...]

    @property
    def session_date_id(self) -> int:
        """The date that it is of."""
        return self.chosen.session_date_id

    def problem(self, now: datetime) -> str | None:
        """Say why it cannot be marked now, or None when it can."""
        return rules.register_problem(self.chosen.starts_at, now=now, cancelled=self.cancelled)


@dataclass(frozen=True)
class RegisterRow:
    """One person on the register of a date. `walk_in`: came without a place; `outcome` None: unmarked."""

    person_id: int
    name: str
    organisation_name: str | None
    outcome: AttendanceOutcome | None
    walk_in: bool


@dataclass(frozen=True)
class OrganisationOption:
    """An organisation that a walk-in may come from, told from others of its name by where it is."""

    organisation_id: int
    label: str


@dataclass(frozen=True)
class Deliverer:
    """Somebody who may deliver a course in an organisation, or could once; `ends_on` None: no end."""

    accreditation_id: int
    person_id: int
    person_name: str
    course_id: int
    course_name: str
    course_version: str
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True)
class InHouseRow:
    """A logged in-house session with the chain behind it: who trained the one who delivered, and when.

    `trained_on` and `trained_by` are of the train-the-trainer session; None and () for an accreditation that
    was given without one. `named` counts the attendees whose record stands.
    """

    in_house_session_id: int
    held_on: date
    course_name: str
    course_version: str
    delivered_by: str
    accredited_from: date | None
    accredited_to: date | None
    trained_on: date | None
    trained_by: tuple[str, ...]
    named: int
    headcount: int
    logged_at: datetime
    logged_by: str | None
    voided_at: datetime | None
    void_reason: str | None


@dataclass(frozen=True)
class AttendeeRow:
    """A named person at an in-house session; `counts`: the record that it made stands."""

    person_id: int
    name: str
    counts: bool


def get_register(
    training_session_id: int,
    *,
    scope: Scope,
    trainer_person_id: int | None,
    now: datetime,
    session_date_id: int | None = None,
) -> RegisterPage | None:
    """Return the register of a session's date for who may mark it, None for everybody else.

    Arguments: `scope`, what the caller reaches as a manager; `trainer_person_id`, who the caller is when they
    train: a trainer of any date of the session may mark all of them; `session_date_id`, which date, the one
    that began last where it is left out.
    """
    own = (
        select(SessionTrainer.id)
        .join(SessionDate, SessionTrainer.session_date_id == SessionDate.id)
        .where(
            SessionDate.training_session_id == TrainingSession.id,
            SessionTrainer.person_id == trainer_person_id,
        )
        .exists()
    )
    found = db.session.scalars(
        select(TrainingSession)
        .where(
            TrainingSession.id == training_session_id,
            or_(TrainingSession.authority_id.in_(scope.authority_ids), own),
        )
        .options(
            selectinload(TrainingSession.dates),
            joinedload(TrainingSession.course),
            joinedload(TrainingSession.venue),
        )
    ).one_or_none()
    return None if found is None else _register_page(found, now, session_date_id)


def register_rows(session_date_id: int) -> list[RegisterRow]:
    """Return everybody on the register of a date, by name: confirmed places, and whoever is marked without
    one.
    """
    booked = (
        select(Booking.person_id, Booking.organisation_id)
        .join(SessionDate, Booking.training_session_id == SessionDate.training_session_id)
        .where(SessionDate.id == session_date_id, Booking.state == BookingState.CONFIRMED)
        .subquery()
    )
    marked = (
        select(Attendance.person_id, Attendance.organisation_id, Attendance.outcome, Attendance.walk_in)
        .where(Attendance.session_date_id == session_date_id)
        .subquery()
    )
    person_id = func.coalesce(booked.c.person_id, marked.c.person_id)
    organisation_id = func.coalesce(marked.c.organisation_id, booked.c.organisation_id)
    statement = (
        select(
            Person.id,
            Person.name,
            Organisation.name,
            marked.c.outcome,
            and_(marked.c.walk_in, booked.c.person_id.is_(None)),
        )
        .select_from(booked)
        .outerjoin(marked, marked.c.person_id == booked.c.person_id, full=True)
        .join(Person, Person.id == person_id)
        .outerjoin(Organisation, Organisation.id == organisation_id)
        .order_by(func.lower(Person.name), Person.id)
    )
    return [
        RegisterRow(person, name, organisation, outcome, bool(walk_in))
        for person, name, organisation, outcome, walk_in in db.session.execute(statement)
    ]


def walk_in_organisations(register: RegisterPage, day: date) -> list[OrganisationOption]:
    """Return the organisations of a register's authority that are open on a day, those with places first."""
    with_places = (
        select(Booking.id)
        .where(
            Booking.organisation_id == Organisation.id,
            Booking.training_session_id == register.training_session_id,
            Booking.state == BookingState.CONFIRMED,
        )
        .exists()
    )
    place = func.coalesce(Organisation.postcode, Organisation.town)
    rows = db.session.execute(
        select(Organisation.id, Organisation.name, place)
        .where(
            Organisation.authority_id == register.authority_id,
            open_on(day),
        )
        .order_by(with_places.desc(), func.lower(Organisation.name), place, Organisation.id)
    )
    return [OrganisationOption(number, f"{name}, {place}" if place else name) for number, name, place in rows]


def registers_of_person(person_id: int) -> dict[int, tuple[int, int]]:
    """Return which register each record of a person stands on: (session, date of it) by record."""
    rows = db.session.execute(
        select(TrainingRecord.id, SessionDate.training_session_id, SessionDate.id)
        .join(Attendance, Attendance.training_record_id == TrainingRecord.id)
        .join(SessionDate, SessionDate.id == Attendance.session_date_id)
        .where(TrainingRecord.person_id == person_id)
    )
    return {record_id: (session_id, date_id) for record_id, session_id, date_id in rows}


def deliverers(organisation: Organisation) -> list[Deliverer]:
    """Return who of an organisation's staff may deliver which course there, or could once, by name.

    One row a person and course: the accreditation that lasts longest. Those that have ended are there too,
    because a session may be logged after the event; whether one covers the day is for
    `service.log_in_house_session`.
    """
    on_staff = select(Membership.id).where(
        Membership.person_id == Accreditation.person_id,
        Membership.organisation_id == organisation.id,
        Membership.during.overlaps(Accreditation.during),
    )
    latest = (
        select(Accreditation)
        .where(
            Accreditation.state.in_((AccreditationState.CONFIRMED, AccreditationState.WITHDRAWN)),
            ~func.isempty(Accreditation.during),
            or_(
                Accreditation.organisation_id == organisation.id,
                and_(
                    Accreditation.scope == AccreditationScope.AREA,
                    Accreditation.authority_id == organisation.authority_id,
                ),
            ),
            on_staff.exists(),
        )
        .ext(distinct_on(Accreditation.person_id, Accreditation.course_id))
        .order_by(
            Accreditation.person_id,
            Accreditation.course_id,
            func.upper(Accreditation.during).desc().nulls_first(),
            Accreditation.id,
        )
        .options(joinedload(Accreditation.person), joinedload(Accreditation.course))
    )
    found = [_deliverer(accreditation) for accreditation in db.session.scalars(latest)]
    return sorted(found, key=lambda one: (one.person_name.casefold(), one.person_id, one.course_name))


def in_house_sessions(organisation_id: int, *, limit: int | None = None, offset: int = 0) -> list[InHouseRow]:
    """Return an organisation's logged in-house sessions, latest first, those taken back among them."""
    statement = (
        _in_house()
        .where(InHouseSession.organisation_id == organisation_id)
        .order_by(InHouseSession.held_on.desc(), InHouseSession.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [_in_house_row(row) for row in db.session.execute(statement)]


def count_in_house_sessions(organisation_id: int) -> int:
    """Return how many in-house sessions an organisation has logged, those taken back among them."""
    counted = select(func.count()).where(InHouseSession.organisation_id == organisation_id)
    return db.session.scalar(counted) or 0


def get_in_house_session(in_house_session_id: int, organisation_id: int) -> InHouseRow | None:
    """Return an in-house session of this organisation, or None."""
    row = db.session.execute(
        _in_house().where(
            InHouseSession.id == in_house_session_id, InHouseSession.organisation_id == organisation_id
        )
    ).one_or_none()
    return None if row is None else _in_house_row(row)


def attendees_of(in_house_session_id: int) -> list[AttendeeRow]:
    """Return the named attendees of an in-house session, by name."""
    statement = (
        select(Person.id, Person.name, TrainingRecord.state == RecordState.ACCEPTED)
        .join(InHouseAttendee, InHouseAttendee.person_id == Person.id)
        .join(TrainingRecord, TrainingRecord.id == InHouseAttendee.training_record_id)
        .where(InHouseAttendee.in_house_session_id == in_house_session_id)
        .order_by(func.lower(Person.name), Person.id)
    )
    return [AttendeeRow(*row) for row in db.session.execute(statement)]


def _register_page(found: TrainingSession, now: datetime, session_date_id: int | None) -> RegisterPage | None:
    dates = tuple(
        RegisterDate(day.id, day.during.lower, day.during.upper)
        for day in found.dates
        if day.during.lower is not None and day.during.upper is not None
    )
    if session_date_id is None:
        wanted = [dates[rules.date_to_mark([day.starts_at for day in dates], now=now)]]
    else:
        wanted = [day for day in dates if day.session_date_id == session_date_id]
    if not wanted:
        return None
    return RegisterPage(
        training_session_id=found.id,
        authority_id=found.authority_id,
        course_name=found.course.name,
        place=found.venue.name if found.venue else "Online",
        cancelled=found.state is SessionState.CANCELLED,
        chosen=wanted[0],
        dates=dates,
    )


def _deliverer(accreditation: Accreditation) -> Deliverer:
    assert accreditation.starts_on is not None  # noqa: S101 (empty ones are left out)
    return Deliverer(
        accreditation_id=accreditation.id,
        person_id=accreditation.person_id,
        person_name=accreditation.person.name,
        course_id=accreditation.course_id,
        course_name=accreditation.course.name,
        course_version=accreditation.course.version,
        starts_on=accreditation.starts_on,
        ends_on=accreditation.ends_on,
    )


def _in_house() -> Select[*tuple[Any, ...]]:
    deliverer, trainer, lesson = aliased(Person), aliased(Person), aliased(TrainingRecord)
    named = (
        select(func.count())
        .select_from(InHouseAttendee)
        .join(TrainingRecord, TrainingRecord.id == InHouseAttendee.training_record_id)
        .where(
            InHouseAttendee.in_house_session_id == InHouseSession.id,
            TrainingRecord.state == RecordState.ACCEPTED,
        )
        .correlate(InHouseSession)
        .scalar_subquery()
    )
    trained_by = (
        select(func.array_agg(aggregate_order_by(trainer.name, func.lower(trainer.name))))
        .select_from(Attendance)
        .join(SessionTrainer, SessionTrainer.session_date_id == Attendance.session_date_id)
        .join(trainer, trainer.id == SessionTrainer.person_id)
        .where(Attendance.training_record_id == Accreditation.training_record_id)
        .correlate(Accreditation)
        .scalar_subquery()
    )
    return (
        select(
            InHouseSession.id,
            InHouseSession.held_on,
            Course.name,
            InHouseSession.course_version,
            deliverer.name,
            func.lower(Accreditation.during),
            func.upper(Accreditation.during),
            lesson.completed_on,
            trained_by,
            named,
            func.coalesce(HeadcountReturn.headcount, 0),
            InHouseSession.logged_at,
            User.name,
            InHouseSession.voided_at,
            InHouseSession.void_reason,
        )
        .join(Course, Course.id == InHouseSession.course_id)
        .join(Accreditation, Accreditation.id == InHouseSession.accreditation_id)
        .join(deliverer, deliverer.id == Accreditation.person_id)
        .outerjoin(lesson, lesson.id == Accreditation.training_record_id)
        .outerjoin(
            HeadcountReturn,
            and_(
                HeadcountReturn.id == InHouseSession.headcount_return_id, HeadcountReturn.voided_at.is_(None)
            ),
        )
        .outerjoin(User, User.id == InHouseSession.logged_by_user_id)
    )


def _in_house_row(row: Row[*tuple[Any, ...]]) -> InHouseRow:
    (key, held_on, course, version, delivered_by, since, until, trained_on, trained_by, *rest) = row
    return InHouseRow(
        key,
        held_on,
        course,
        version,
        delivered_by,
        since,
        until - timedelta(days=1) if until is not None else None,
        trained_on,
        tuple(trained_by or ()),
        *rest,
    )
