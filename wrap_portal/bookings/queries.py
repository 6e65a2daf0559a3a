"""Reads of the bookings room: who has a place where."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from wrap_portal.accounts.models import User
from wrap_portal.bookings.models import Booking, BookingState
from wrap_portal.courses.models import Course
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation
from wrap_portal.people.models import Person
from wrap_portal.sessions.models import SessionDate, TrainingSession
from wrap_portal.web.access import Scope


@dataclass(frozen=True)
class PlaceRow:
    """A confirmed place on a session: who, from where, and who booked it (None: nobody who signs in)."""

    booking_id: int
    person_id: int
    person_name: str
    email: str | None
    organisation_id: int
    organisation_name: str
    booked_at: datetime
    booked_by: str | None


@dataclass(frozen=True)
class BookingRow:
    """A booking of an organisation as a line of its list."""

    booking_id: int
    training_session_id: int
    person_id: int
    person_name: str
    course_name: str
    starts_at: datetime
    ends_at: datetime
    state: BookingState
    cancel_reason: str | None


@dataclass(frozen=True)
class Recipient:
    """Whom to tell of a booking: the person, or who booked them where the person has no address."""

    booking_id: int
    name: str
    email: str | None
    booked_by_user_id: int | None
    booked_by_name: str | None
    booked_by_email: str | None


@dataclass(frozen=True)
class Overlap:
    """A place that somebody has at the same time."""

    person_name: str
    course_name: str
    starts_at: datetime
    ends_at: datetime


def bookings_of_session(
    session_id: int,
    *,
    organisation_ids: Collection[int] | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[PlaceRow]:
    """Return the confirmed places of a session by organisation and name; of some organisations, if given."""
    found = (
        select(
            Booking.id,
            Person.id,
            Person.name,
            Person.email,
            Organisation.id,
            Organisation.name,
            Booking.booked_at,
            User.name,
        )
        .join(Person, Person.id == Booking.person_id)
        .join(Organisation, Organisation.id == Booking.organisation_id)
        .outerjoin(User, User.id == Booking.booked_by_user_id)
        .where(Booking.training_session_id == session_id, Booking.state == BookingState.CONFIRMED)
        .order_by(func.lower(Organisation.name), Organisation.id, func.lower(Person.name), Person.id)
    )
    if organisation_ids is not None:
        found = found.where(Booking.organisation_id.in_(organisation_ids))
    return [PlaceRow(*row) for row in db.session.execute(found.limit(limit).offset(offset))]


def count_bookings_of_session(session_id: int, *, organisation_ids: Collection[int] | None = None) -> int:
    """Return how many rows `bookings_of_session` has in all."""
    counted = select(func.count()).where(
        Booking.training_session_id == session_id, Booking.state == BookingState.CONFIRMED
    )
    if organisation_ids is not None:
        counted = counted.where(Booking.organisation_id.in_(organisation_ids))
    return db.session.scalars(counted).one()


def places_of_organisation(*, organisation_id: int, training_session_ids: Collection[int]) -> dict[int, int]:
    """Return how many confirmed places an organisation has on each of these sessions, where it has any."""
    rows = db.session.execute(
        select(Booking.training_session_id, func.count())
        .where(
            Booking.training_session_id.in_(training_session_ids),
            Booking.organisation_id == organisation_id,
            Booking.state == BookingState.CONFIRMED,
        )
        .group_by(Booking.training_session_id)
    )
    return {training_session_id: places for training_session_id, places in rows}


def booked_person_ids(*, training_session_id: int) -> frozenset[int]:
    """Return who has a confirmed place on a session."""
    return frozenset(
        db.session.scalars(
            select(Booking.person_id).where(
                Booking.training_session_id == training_session_id, Booking.state == BookingState.CONFIRMED
            )
        )
    )


def bookings_of_submission(
    *, submission_key: UUID, training_session_id: int, organisation_id: int
) -> list[Booking]:
    """Return the places that a form with this key has booked and that are still held, by id."""
    return list(
        db.session.scalars(
            select(Booking)
            .where(
                Booking.submission_key == submission_key,
                Booking.training_session_id == training_session_id,
                Booking.organisation_id == organisation_id,
                Booking.state == BookingState.CONFIRMED,
            )
            .order_by(Booking.id)
        )
    )


def overlapping_places(*, person_ids: Collection[int], training_session_id: int) -> list[Overlap]:
    """Return the places that these people have on other sessions at this one's time, by name and time."""
    here = aliased(SessionDate)
    found = (
        select(Person.name, Course.name, func.lower(SessionDate.during), func.upper(SessionDate.during))
        .select_from(Booking)
        .join(Person, Person.id == Booking.person_id)
        .join(TrainingSession, TrainingSession.id == Booking.training_session_id)
        .join(Course, Course.id == TrainingSession.course_id)
        .join(SessionDate, SessionDate.training_session_id == Booking.training_session_id)
        .join(here, here.during.op("&&")(SessionDate.during))
        .where(
            here.training_session_id == training_session_id,
            Booking.training_session_id != training_session_id,
            Booking.person_id.in_(person_ids),
            Booking.state == BookingState.CONFIRMED,
        )
        .order_by(func.lower(Person.name), func.lower(SessionDate.during))
    )
    return [Overlap(*row) for row in db.session.execute(found)]


def recipients(*, booking_ids: Collection[int]) -> list[Recipient]:
    """Return whom to tell of these bookings, by name. A booker counts only while they may sign in."""
    found = (
        select(Booking.id, Person.name, Person.email, User.id, User.name, User.email)
        .join(Person, Person.id == Booking.person_id)
        .outerjoin(User, and_(User.id == Booking.booked_by_user_id, User.disabled_at.is_(None)))
        .where(Booking.id.in_(booking_ids))
        .order_by(func.lower(Person.name), Booking.id)
    )
    return [Recipient(*row) for row in db.session.execute(found)]


def get_booking(booking_id: int, scope: Scope) -> Booking | None:
    """Return a booking that a scope reaches by its organisation or by the session's authority.

    Not there and not yours are the same None.
    """
    return db.session.scalars(
        select(Booking)
        .join(TrainingSession, TrainingSession.id == Booking.training_session_id)
        .options(
            joinedload(Booking.person),
            joinedload(Booking.organisation),
            joinedload(Booking.training_session).joinedload(TrainingSession.course),
        )
        .where(Booking.id == booking_id, _reached(scope))
    ).one_or_none()


def coming_bookings(*, organisation_id: int, now: datetime) -> list[BookingRow]:
    """Return an organisation's confirmed places on sessions that have not begun, soonest first."""
    return _read(
        _of_organisation(organisation_id)
        .where(Booking.state == BookingState.CONFIRMED, _starts() > now)
        .order_by(_starts(), TrainingSession.id, func.lower(Person.name), Booking.id)
    )


def earlier_bookings(*, organisation_id: int, now: datetime, limit: int, offset: int = 0) -> list[BookingRow]:
    """Return an organisation's places on sessions that have begun, and those given up, latest first."""
    return _read(
        _of_organisation(organisation_id)
        .where(_is_over(now))
        .order_by(_starts().desc(), TrainingSession.id, func.lower(Person.name), Booking.id)
        .limit(limit)
        .offset(offset)
    )


def earlier_booking_count(*, organisation_id: int, now: datetime) -> int:
    """Return how many rows `earlier_bookings` has in all."""
    rows = _of_organisation(organisation_id).where(_is_over(now)).subquery()
    return db.session.scalars(select(func.count()).select_from(rows)).one()


def _reached(scope: Scope) -> ColumnElement[bool]:
    if scope.is_empty:
        return false()
    return or_(
        Booking.organisation_id.in_(scope.organisation_ids),
        TrainingSession.authority_id.in_(scope.authority_ids),
    )


def _starts() -> ColumnElement[datetime]:
    return func.lower(SessionDate.during)


def _is_over(now: datetime) -> ColumnElement[bool]:
    return or_(Booking.state == BookingState.CANCELLED, _starts() <= now)


def _of_organisation(organisation_id: int) -> Select[*tuple[Any, ...]]:
    earlier = aliased(SessionDate)
    has_earlier = select(earlier.id).where(
        earlier.training_session_id == SessionDate.training_session_id,
        earlier.during < SessionDate.during,
    )
    return (
        select(
            Booking.id,
            TrainingSession.id,
            Person.id,
            Person.name,
            Course.name,
            _starts(),
            func.upper(SessionDate.during),
            Booking.state,
            Booking.cancel_reason,
        )
        .join(Person, Person.id == Booking.person_id)
        .join(TrainingSession, TrainingSession.id == Booking.training_session_id)
        .join(Course, Course.id == TrainingSession.course_id)
        .join(SessionDate, SessionDate.training_session_id == TrainingSession.id)
        .where(Booking.organisation_id == organisation_id, ~has_earlier.exists())
    )


def _read(found: Select[*tuple[Any, ...]]) -> list[BookingRow]:
    return [BookingRow(*row) for row in db.session.execute(found)]
