"""Venues and training sessions for tests: whatever a test does not say is valid and unremarkable."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import count
from typing import Any

from sqlalchemy.dialects.postgresql import Range

from tests.factories.courses import make_course
from tests.factories.organisations import make_authority
from wrap_portal import clock
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Authority
from wrap_portal.people.models import Person
from wrap_portal.sessions.models import (
    SessionDate,
    SessionMode,
    SessionState,
    SessionTrainer,
    TrainingSession,
    Venue,
)

_numbers = count(1)


def make_venue(authority: Authority | None = None, **values: Any) -> Venue:
    """Add a hall for 100 people, in a new authority unless one is given."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "name": f"Hall {number}",
        "address": f"{number} High Street, Testborough",
        "capacity": 100,
    }
    if "authority_id" not in values:
        defaults["authority_id"] = (authority or make_authority()).id
    return _added(Venue(**(defaults | values)))


def make_training_session(
    authority: Authority | None = None,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    trainers: Sequence[Person] = (),
    **values: Any,
) -> TrainingSession:
    """Add a published session of two hours with 20 places, in two weeks at 10am, in a hall of its own.

    Nobody gives it unless `trainers` are named. `mode=SessionMode.ONLINE` gives it a link for a hall.
    """
    authority_id = values.pop("authority_id", None) or (authority or make_authority()).id
    starts_at = starts_at or in_days(14)
    ends_at = ends_at or starts_at + timedelta(hours=2)
    defaults: dict[str, Any] = {
        "authority_id": authority_id,
        "mode": SessionMode.IN_PERSON,
        "capacity": 20,
    }
    if "course_id" not in values:
        defaults["course_id"] = make_course().id
    if values.get("mode") is SessionMode.ONLINE:
        defaults["join_link"] = "https://meet.example/wrap"
    elif "venue_id" not in values:
        defaults["venue_id"] = make_venue(authority_id=authority_id).id
    if values.get("state") is SessionState.CANCELLED:
        defaults |= {"cancelled_at": clock.now(), "cancel_reason": "The trainer is ill"}
    session = _added(TrainingSession(**(defaults | values)))
    add_session_date(session, starts_at, ends_at, trainers)
    return session


def add_session_date(
    session: TrainingSession,
    starts_at: datetime,
    ends_at: datetime,
    trainers: Sequence[Person] = (),
) -> SessionDate:
    """Add a date to a session, with its trainers."""
    during = Range(starts_at, ends_at, bounds="[)")
    live = session.state is not SessionState.CANCELLED
    day = _added(
        SessionDate(
            training_session=session,
            during=during,
            venue_id=session.venue_id,
            live=live,
        )
    )
    for person in trainers:
        _added(SessionTrainer(session_date=day, person_id=person.id, during=during, live=live))
    return day


def in_days(days: int, hour: int = 10) -> datetime:
    """Return that hour of the London clock so many days from today, in UTC."""
    day = clock.today() + timedelta(days=days)
    return clock.from_london(datetime.combine(day, time(hour)))


def _added(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row
