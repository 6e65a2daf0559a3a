"""Verbs of the sessions room: add a venue, put a session in the diary, hand out its places, call it off."""

from collections.abc import Sequence
from datetime import date, datetime, time
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from wrap_portal import clock
from wrap_portal.audit.service import record_event
from wrap_portal.courses.models import Course, CourseMode
from wrap_portal.errors import DomainError, register_refusals
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation
from wrap_portal.people.models import Person
from wrap_portal.sessions import queries, rules
from wrap_portal.sessions.models import (
    SessionDate,
    SessionMode,
    SessionState,
    SessionTrainer,
    TrainingSession,
    Venue,
)
from wrap_portal.trainers.models import Accreditation
from wrap_portal.trainers.queries import accreditation_on, accreditations_of_person
from wrap_portal.wording import count_text, date_text, period_text, time_text

register_refusals(
    {
        "ex_session_trainers_in_two_places": (
            "One of the trainers was given another session at this time a moment ago.",
            "trainers",
        ),
        "ex_session_dates_venue_in_use": (
            "The venue was taken by another session at this time a moment ago.",
            "venue_id",
        ),
        "uq_training_sessions_uid": ("This form was used before. Open it again and start anew.", None),
        "uq_venues_authority_id_name": ("There is a venue of this name already.", "name"),
        "ck_training_sessions_booked_within_capacity": ("This session is full.", None),
    }
)


def add_venue(
    *, authority_id: int, name: str, address: str = "", capacity: int | None = None, access_notes: str = ""
) -> Venue:
    """Add a place where sessions are held.

    Arguments: `capacity` is how many people it holds, None where nobody has counted.
    Raises DomainError where the name is blank or taken, whatever its capitals, or the capacity is below 1.
    """
    venue = Venue(authority_id=authority_id)
    return _described(venue, name=name, address=address, capacity=capacity, access_notes=access_notes)


def change_venue(*, venue_id: int, name: str, address: str, capacity: int | None, access_notes: str) -> Venue:
    """Correct what is known of a venue; raises DomainError like `add_venue`, with the same arguments."""
    venue = db.session.get_one(Venue, venue_id)
    return _described(venue, name=name, address=address, capacity=capacity, access_notes=access_notes)


def session_times(*, on: date, starts: time, ends: time) -> tuple[datetime, datetime]:
    """Return the moments, in UTC, of two times on the London clock on one day.

    Raises DomainError where the end is not after the start, or a time is skipped or comes twice because the
    clocks change: nobody should have to guess which half past one is meant (domain.md F13).
    """
    if ends <= starts:
        raise DomainError("The end must be after the start.", field="ends")
    for field, at in (("starts", starts), ("ends", ends)):
        match rules.clock_change_at(datetime.combine(on, at), clock.LONDON):
            case rules.ClockChange.SKIPPED:
                raise DomainError(
                    f"The clocks go forward on {date_text(on)}: {time_text(at)} does not exist that day."
                    " Choose 2am or later.",
                    field=field,
                )
            case rules.ClockChange.REPEATED:
                raise DomainError(
                    f"The clocks go back on {date_text(on)}: {time_text(at)} comes twice that day."
                    " Choose a time before 1am or from 2am.",
                    field=field,
                )
    return (
        clock.from_london(datetime.combine(on, starts)),
        clock.from_london(datetime.combine(on, ends)),
    )


def schedule_session(
    *,
    authority_id: int,
    course_id: int,
    starts_at: datetime,
    ends_at: datetime,
    mode: SessionMode,
    venue_id: int | None,
    join_link: str | None,
    capacity: int,
    trainer_person_ids: Sequence[int],
    organisation_id: int | None = None,
    note: str = "",
    uid: UUID | None = None,
    user_id: int | None = None,
    scheduled_at: datetime | None = None,
) -> TrainingSession:
    """Put a session in the diary; it takes bookings at once.

    Arguments: aware moments (see `session_times`); a venue of the authority for a session in person, an https
    link for one online; `organisation_id` where only that organisation may book; `uid`, the key of the form
    that asks: asked twice with the same key there is one session; `scheduled_at`, where it is not now.
    Raises DomainError (domain.md 4.1, 4.4, 4.5) where a trainer is not accredited for the course that day, a
    trainer or the venue is taken, the venue is too small, the time has passed, or something is missing.
    """
    uid = uid or uuid4()
    existing = queries.session_by_uid(uid=uid, authority_id=authority_id)
    if existing is not None and existing.state is SessionState.PUBLISHED:
        return existing
    if existing is not None:
        # The same answers once more, after what they made was cancelled: that is another session.
        uid = uuid4()
    during = _period(starts_at, ends_at, scheduled_at or clock.now())
    course = _course(course_id, authority_id, clock.london_date(starts_at))
    venue = _venue(venue_id, authority_id) if mode is SessionMode.IN_PERSON else None
    link = _link(join_link) if mode is SessionMode.ONLINE else None
    _check_capacity(capacity, venue)
    _check_audience(organisation_id, authority_id, clock.london_date(starts_at))
    trainers = _trainers(trainer_person_ids, authority_id)
    _check_accreditation(trainers, course, authority_id, organisation_id, during)
    _check_clashes(trainers, venue, during)
    session = TrainingSession(
        authority_id=authority_id,
        course_id=course.id,
        mode=mode,
        venue_id=venue.id if venue else None,
        join_link=link,
        organisation_id=organisation_id,
        capacity=capacity,
        note=note.strip(),
        uid=uid,
    )
    day = SessionDate(training_session=session, during=during, venue_id=session.venue_id, live=True)
    on_day = [
        SessionTrainer(session_date=day, person_id=each.id, during=during, live=True) for each in trainers
    ]
    try:
        with db.session.begin_nested():
            db.session.add_all([session, day, *on_day])
            db.session.flush()
    except IntegrityError:
        # Somebody was quicker between the checks and here, and has committed: now we can say who and when.
        existing = queries.session_by_uid(uid=uid, authority_id=authority_id)
        if existing is not None:
            return existing
        _check_clashes(trainers, venue, during)
        raise
    record_event(
        action="schedule_session",
        subject_type="training_session",
        subject_id=session.id,
        actor_id=user_id,
        authority_id=authority_id,
        details={"trainers": [person.id for person in trainers], "capacity": capacity},
    )
    return session


def take_places(*, training_session_id: int, places: int) -> int:
    """Take places in a published session, all of them or none; return how many are now booked.

    One conditional UPDATE: whoever comes at the same time waits for this transaction and then counts with it
    (quality.md Q1); a CHECK stands behind. Raises DomainError where it is cancelled or has too few left.
    """
    take = (
        update(TrainingSession)
        .where(
            TrainingSession.id == training_session_id,
            TrainingSession.state == SessionState.PUBLISHED,
            TrainingSession.booked + places <= TrainingSession.capacity,
        )
        .values(booked=TrainingSession.booked + places)
        .returning(TrainingSession.booked)
        .execution_options(synchronize_session="fetch")
    )
    for _ in range(3):
        taken = db.session.execute(take).scalar_one_or_none()
        if taken is not None:
            return taken
        # Somebody may have given a place up since: then the next try has it.
        _refuse_if_too_few(training_session_id, places)
    raise DomainError("Many people are booking this session at this moment. Try again.")


def release_places(*, training_session_id: int, places: int) -> None:
    """Give places back, so that others can take them.

    The SEQUENCE of the invitation rises with it: who gave a place up and books again gets an invitation that
    is newer than its cancellation (RFC 5546 2.1.4).
    """
    db.session.execute(
        update(TrainingSession)
        .where(TrainingSession.id == training_session_id)
        .values(booked=TrainingSession.booked - places, sequence=TrainingSession.sequence + 1)
        .execution_options(synchronize_session="fetch")
    )


def lock_session(*, training_session_id: int) -> TrainingSession:
    """Return a session that nobody else can change or book until this transaction ends."""
    return db.session.get_one(
        TrainingSession,
        training_session_id,
        with_for_update={"key_share": True},
        populate_existing=True,
    )


def call_off(*, training_session_id: int, reason: str, now: datetime) -> TrainingSession:
    """Cancel a session that has not begun: it stays, takes no bookings, and frees its trainers and venue.

    A part of `bookings.service.cancel_session`, which also cancels the bookings; its caller holds it by
    `lock_session`. Raises DomainError where it was cancelled before, has begun, or there is no reason.
    """
    session = db.session.get_one(TrainingSession, training_session_id)
    if session.state is SessionState.CANCELLED:
        raise DomainError("This session was cancelled before.")
    if starts_at(session) <= now:
        raise DomainError("This session has begun and cannot be cancelled. Fill in its register instead.")
    if not reason.strip():
        raise DomainError("Give the reason: everybody who is booked is told.", field="reason")
    session.state = SessionState.CANCELLED
    session.cancelled_at = now
    session.cancel_reason = reason.strip()
    session.booked = 0
    session.sequence += 1
    for day in session.dates:
        day.live = False
        for trainer in day.trainers:
            trainer.live = False
    db.session.flush()
    return session


def starts_at(session: TrainingSession) -> datetime:
    """Return the moment at which a session begins: the start of its first date."""
    return min(day.during.lower for day in session.dates if day.during.lower is not None)


def _described(venue: Venue, *, name: str, address: str, capacity: int | None, access_notes: str) -> Venue:
    name = name.strip()
    if not name:
        raise DomainError("Enter the name of the venue.", field="name")
    if capacity is not None and capacity < 1:
        raise DomainError("A venue holds at least 1 person.", field="capacity")
    taken = db.session.scalars(
        select(Venue.id).where(
            Venue.authority_id == venue.authority_id,
            func.lower(Venue.name) == func.lower(name),
            Venue.id.is_distinct_from(venue.id),
        )
    ).first()
    if taken is not None:
        raise DomainError(f"There is a venue called {name} already.", field="name")
    venue.name, venue.address = name, address.strip()
    venue.capacity, venue.access_notes = capacity, access_notes.strip()
    db.session.add(venue)
    db.session.flush()
    return venue


def _period(starts: datetime, ends: datetime, now: datetime) -> Range[datetime]:
    if ends <= starts:
        raise DomainError("The end must be after the start.", field="ends")
    if starts <= now:
        raise DomainError("The session must begin in the future.", field="on")
    return Range(starts, ends, bounds="[)")


def _course(course_id: int, authority_id: int, day: date) -> Course:
    course = db.session.get(Course, course_id)
    offered = course is not None and course.authority_id in (None, authority_id)
    if course is None or not offered:
        raise DomainError("Choose a course from the list.", field="course_id")
    if course.withdrawn_on is not None and course.withdrawn_on <= day:
        raise DomainError(
            f"{course.name} is withdrawn from {date_text(course.withdrawn_on)}.", field="course_id"
        )
    if course.mode is CourseMode.E_LEARNING:
        raise DomainError(
            f"{course.name} is e-learning: everybody takes it alone, without a session.", field="course_id"
        )
    return course


def _venue(venue_id: int | None, authority_id: int) -> Venue:
    venue = db.session.get(Venue, venue_id) if venue_id is not None else None
    if venue is None or venue.authority_id != authority_id:
        raise DomainError("Choose the venue, or add a new one.", field="venue_id")
    return venue


def _link(words: str | None) -> str:
    link = rules.join_link(words or "")
    if link is None:
        raise DomainError("Enter the link to join, beginning with https://", field="join_link")
    return link


def _check_capacity(capacity: int, venue: Venue | None) -> None:
    if not 1 <= capacity <= rules.LARGEST_CAPACITY:
        raise DomainError(
            f"The number of places must be between 1 and {count_text(rules.LARGEST_CAPACITY)}.",
            field="capacity",
        )
    if venue is not None and venue.capacity is not None and capacity > venue.capacity:
        people = count_text(venue.capacity, "person", "people")
        raise DomainError(f"{venue.name} holds {people}. Offer fewer places.", field="capacity")


def _check_audience(organisation_id: int | None, authority_id: int, day: date) -> None:
    if organisation_id is None:
        return
    organisation = db.session.get(Organisation, organisation_id)
    if organisation is None or organisation.authority_id != authority_id:
        raise DomainError("Choose an organisation from the list.", field="organisation_id")
    if organisation.closed_on is not None and organisation.closed_on <= day:
        closed_on = date_text(organisation.closed_on)
        raise DomainError(f"{organisation.name} closes on {closed_on}.", field="organisation_id")


def _trainers(person_ids: Sequence[int], authority_id: int) -> list[Person]:
    found = db.session.scalars(
        select(Person)
        .where(Person.id.in_(person_ids), Person.authority_id == authority_id)
        .order_by(func.lower(Person.name), Person.id)
    ).all()
    if not found or len(found) != len(set(person_ids)):
        raise DomainError("Choose who trains.", field="trainers")
    return list(found)


def _check_accreditation(
    trainers: Sequence[Person],
    course: Course,
    authority_id: int,
    organisation_id: int | None,
    during: Range[datetime],
) -> None:
    if not course.needs_accredited_trainer or during.lower is None or during.upper is None:
        return
    days = sorted({clock.london_date(during.lower), clock.london_date(during.upper)})
    for person in trainers:
        for day in days:
            held = accreditation_on(
                person_id=person.id,
                course_id=course.id,
                day=day,
                organisation_id=organisation_id,
                authority_id=authority_id,
            )
            if held is None:
                raise DomainError(_not_accredited(person, course, authority_id, day), field="trainers")


def _not_accredited(person: Person, course: Course, authority_id: int, day: date) -> str:
    known = accreditations_of_person(person_id=person.id, authority_id=authority_id, course_id=course.id)
    periods = [_days(each) for each in known if each.decided_at is not None and each.starts_on is not None]
    if not periods:
        return f"{person.name} is not accredited to deliver {course.name}."
    return (
        f"{person.name} is accredited to deliver {course.name} {' and '.join(reversed(periods))},"
        f" not on {date_text(day)}."
    )


def _days(held: Accreditation) -> str:
    first, last = held.starts_on, held.ends_on
    where = f" at {held.organisation.name} only" if held.organisation else ""
    until = f" to {date_text(last)}" if last else " on"
    return f"from {date_text(first) if first else ''}{until}{where}"


def _check_clashes(trainers: Sequence[Person], venue: Venue | None, during: Range[datetime]) -> None:
    clash = queries.trainer_clash(person_ids=[person.id for person in trainers], during=during)
    if clash is not None:
        raise DomainError(
            f"{clash.name} already trains then: {clash.course_name},"
            f" {period_text(clash.starts_at, clash.ends_at)}.",
            field="trainers",
        )
    clash = queries.venue_clash(venue_id=venue.id, during=during) if venue else None
    if clash is not None:
        raise DomainError(
            f"{clash.name} is taken then: {clash.course_name},"
            f" {period_text(clash.starts_at, clash.ends_at)}.",
            field="venue_id",
        )


def _refuse_if_too_few(training_session_id: int, wanted: int) -> None:
    session = db.session.get_one(TrainingSession, training_session_id, populate_existing=True)
    if session.state is SessionState.CANCELLED:
        raise DomainError("This session is cancelled.")
    left = rules.places_left(session.capacity, session.booked)
    if left == 0:
        raise DomainError("This session is full.")
    if left < wanted:
        have = "1 place is left" if left == 1 else f"{count_text(left)} places are left"
        raise DomainError(f"Only {have}, and you chose {count_text(wanted, 'person', 'people')}.")
