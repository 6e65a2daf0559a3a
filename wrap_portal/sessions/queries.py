"""Reads of the sessions room: what is in the diary, who may see it, and what is in the way of a new one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.dialects.postgresql import Range, aggregate_order_by
from sqlalchemy.orm import aliased, joinedload, selectinload

from wrap_portal.courses.models import Course
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation
from wrap_portal.people.models import Person
from wrap_portal.sessions.models import (
    SessionDate,
    SessionMode,
    SessionState,
    SessionTrainer,
    TrainingSession,
    Venue,
)
from wrap_portal.sessions.rules import places_left
from wrap_portal.web.access import Scope


@dataclass(frozen=True)
class SessionRow:
    """One date of a session as a line of a list. `audience` names the one organisation it is for, if any."""

    training_session_id: int
    session_date_id: int
    course_name: str
    starts_at: datetime
    ends_at: datetime
    mode: SessionMode
    state: SessionState
    capacity: int
    booked: int
    audience: str | None
    venue_name: str | None
    trainers: tuple[str, ...]

    @property
    def places_left(self) -> int:
        """How many places can still be booked."""
        return places_left(self.capacity, self.booked)


@dataclass(frozen=True)
class Clash:
    """What is in the way: somebody or some place is taken by another session at that time."""

    name: str
    course_name: str
    starts_at: datetime
    ends_at: datetime


def get_session(
    session_id: int, scope: Scope, *, trainer_person_id: int | None = None
) -> TrainingSession | None:
    """Return a training session that a scope reaches, with all that a page about it shows.

    An organisation reaches the sessions of its authority that are for everybody or for itself; who trains at
    one (`trainer_person_id`) reaches it too. Not there and not yours are the same None.
    """
    gives_it = (
        select(SessionTrainer.id)
        .join(SessionDate, SessionDate.id == SessionTrainer.session_date_id)
        .where(
            SessionDate.training_session_id == TrainingSession.id,
            SessionTrainer.person_id == trainer_person_id,
        )
        .exists()
    )
    reached = _reached(scope) if trainer_person_id is None else or_(_reached(scope), gives_it)
    return db.session.scalars(
        select(TrainingSession)
        .where(TrainingSession.id == session_id, reached)
        .options(
            joinedload(TrainingSession.authority),
            joinedload(TrainingSession.course),
            joinedload(TrainingSession.venue),
            joinedload(TrainingSession.organisation),
            selectinload(TrainingSession.dates)
            .selectinload(SessionDate.trainers)
            .joinedload(SessionTrainer.person),
        )
    ).one_or_none()


def session_by_uid(*, uid: UUID, authority_id: int) -> TrainingSession | None:
    """Return the session of an authority that was scheduled with this key, None where there is none."""
    return db.session.scalars(
        select(TrainingSession).where(
            TrainingSession.uid == uid, TrainingSession.authority_id == authority_id
        )
    ).one_or_none()


def upcoming_sessions(
    *, scope: Scope, now: datetime, course_id: int | None = None, limit: int, offset: int = 0
) -> list[SessionRow]:
    """Return the sessions that a scope reaches and that have not begun, soonest first; each once."""
    conditions = _upcoming(scope, now, course_id)
    found = _rows().where(*conditions).order_by(_starts(), TrainingSession.id).limit(limit).offset(offset)
    return _read(found)


def upcoming_session_count(*, scope: Scope, now: datetime, course_id: int | None = None) -> int:
    """Return how many rows `upcoming_sessions` has in all."""
    return _count(_upcoming(scope, now, course_id))


def past_sessions(
    *, scope: Scope, now: datetime, course_id: int | None = None, limit: int, offset: int = 0
) -> list[SessionRow]:
    """Return the sessions that a scope reaches and that have begun, latest first; each once."""
    conditions = _past(scope, now, course_id)
    found = _rows().where(*conditions).order_by(_starts().desc(), TrainingSession.id)
    return _read(found.limit(limit).offset(offset))


def past_session_count(*, scope: Scope, now: datetime, course_id: int | None = None) -> int:
    """Return how many rows `past_sessions` has in all."""
    return _count(_past(scope, now, course_id))


def cancelled_sessions(
    *, scope: Scope, course_id: int | None = None, limit: int, offset: int = 0
) -> list[SessionRow]:
    """Return the cancelled sessions that a scope reaches, latest first; each once."""
    conditions = _cancelled(scope, course_id)
    found = _rows().where(*conditions).order_by(_starts().desc(), TrainingSession.id)
    return _read(found.limit(limit).offset(offset))


def cancelled_session_count(*, scope: Scope, course_id: int | None = None) -> int:
    """Return how many rows `cancelled_sessions` has in all."""
    return _count(_cancelled(scope, course_id))


def sessions_of_trainer(
    *, person_id: int, since: datetime, until: datetime | None = None, course_id: int | None = None
) -> list[SessionRow]:
    """Return the dates that a trainer gives, soonest first; a session of several dates stands there for each.

    Arguments: dates that end after `since` and start before `until`; of one course, where it is given.
    """
    found = (
        _rows()
        .join(SessionTrainer, SessionTrainer.session_date_id == SessionDate.id)
        .where(
            SessionTrainer.person_id == person_id,
            TrainingSession.state == SessionState.PUBLISHED,
            SessionDate.during.overlaps(Range(since, until, bounds="[)")),
        )
        .order_by(_starts(), SessionDate.id)
    )
    if course_id is not None:
        found = found.where(TrainingSession.course_id == course_id)
    return _read(found)


def trainer_clash(*, person_ids: Collection[int], during: Range[datetime]) -> Clash | None:
    """Return the first session that one of these trainers gives at that time, None where all are free."""
    return _clash(
        select(Person.name, Course.name, func.lower(SessionDate.during), func.upper(SessionDate.during))
        .select_from(SessionTrainer)
        .join(SessionDate, SessionDate.id == SessionTrainer.session_date_id)
        .join(Person, Person.id == SessionTrainer.person_id)
        .where(
            SessionTrainer.person_id.in_(person_ids),
            SessionTrainer.live,
            SessionTrainer.during.overlaps(during),
        )
    )


def venue_clash(*, venue_id: int, during: Range[datetime]) -> Clash | None:
    """Return the first session that is held at a venue at that time, None where it is free."""
    return _clash(
        select(Venue.name, Course.name, func.lower(SessionDate.during), func.upper(SessionDate.during))
        .select_from(SessionDate)
        .join(Venue, Venue.id == SessionDate.venue_id)
        .where(SessionDate.venue_id == venue_id, SessionDate.live, SessionDate.during.overlaps(during))
    )


def venues(authority_id: int) -> list[Venue]:
    """Return the venues of an authority by name."""
    return list(
        db.session.scalars(
            select(Venue).where(Venue.authority_id == authority_id).order_by(func.lower(Venue.name))
        )
    )


def get_venue(venue_id: int, scope: Scope) -> Venue | None:
    """Return a venue of one of the scope's authorities; not there and not yours are the same None."""
    return db.session.scalars(
        select(Venue).where(Venue.id == venue_id, Venue.authority_id.in_(scope.authority_ids))
    ).one_or_none()


def _reached(scope: Scope) -> ColumnElement[bool]:
    if scope.is_empty:
        return false()
    own_authorities = select(Organisation.authority_id).where(Organisation.id.in_(scope.organisation_ids))
    for_them = or_(
        TrainingSession.organisation_id.is_(None),
        TrainingSession.organisation_id.in_(scope.organisation_ids),
    )
    return or_(
        TrainingSession.authority_id.in_(scope.authority_ids),
        and_(TrainingSession.authority_id.in_(own_authorities), for_them),
    )


def _starts() -> ColumnElement[datetime]:
    return func.lower(SessionDate.during)


def _first_date() -> ColumnElement[bool]:
    other = aliased(SessionDate)
    earlier = select(other.id).where(
        other.training_session_id == SessionDate.training_session_id, other.during < SessionDate.during
    )
    return ~earlier.exists()


def _upcoming(scope: Scope, now: datetime, course_id: int | None) -> list[ColumnElement[bool]]:
    published = TrainingSession.state == SessionState.PUBLISHED
    return [_reached(scope), published, _starts() > now, _first_date(), *_of_course(course_id)]


def _past(scope: Scope, now: datetime, course_id: int | None) -> list[ColumnElement[bool]]:
    published = TrainingSession.state == SessionState.PUBLISHED
    return [_reached(scope), published, _starts() <= now, _first_date(), *_of_course(course_id)]


def _cancelled(scope: Scope, course_id: int | None) -> list[ColumnElement[bool]]:
    cancelled = TrainingSession.state == SessionState.CANCELLED
    return [_reached(scope), cancelled, _first_date(), *_of_course(course_id)]


def _of_course(course_id: int | None) -> list[ColumnElement[bool]]:
    return [] if course_id is None else [TrainingSession.course_id == course_id]


def _rows() -> Select[*tuple[Any, ...]]:
    trainers = (
        select(func.array_agg(aggregate_order_by(Person.name, func.lower(Person.name))))
        .select_from(SessionTrainer)
        .join(Person, Person.id == SessionTrainer.person_id)
        .where(SessionTrainer.session_date_id == SessionDate.id)
        .correlate(SessionDate)
        .scalar_subquery()
    )
    return (
        select(
            TrainingSession.id,
            SessionDate.id,
            Course.name,
            _starts(),
            func.upper(SessionDate.during),
            TrainingSession.mode,
            TrainingSession.state,
            TrainingSession.capacity,
            TrainingSession.booked,
            Organisation.name,
            Venue.name,
            trainers,
        )
        .select_from(SessionDate)
        .join(TrainingSession, TrainingSession.id == SessionDate.training_session_id)
        .join(Course, Course.id == TrainingSession.course_id)
        .outerjoin(Organisation, Organisation.id == TrainingSession.organisation_id)
        .outerjoin(Venue, Venue.id == TrainingSession.venue_id)
    )


def _read(found: Select[*tuple[Any, ...]]) -> list[SessionRow]:
    rows = db.session.execute(found)
    return [SessionRow(*(*row[:-1], tuple(row[-1] or ()))) for row in rows]


def _count(conditions: list[ColumnElement[bool]]) -> int:
    return db.session.scalars(
        select(func.count())
        .select_from(SessionDate)
        .join(TrainingSession, TrainingSession.id == SessionDate.training_session_id)
        .where(*conditions)
    ).one()


def _clash(found: Select[*tuple[Any, ...]]) -> Clash | None:
    row = db.session.execute(
        found.join(TrainingSession, TrainingSession.id == SessionDate.training_session_id)
        .join(Course, Course.id == TrainingSession.course_id)
        .order_by(_starts(), SessionDate.id)
        .limit(1)
    ).first()
    return Clash(*row) if row else None
