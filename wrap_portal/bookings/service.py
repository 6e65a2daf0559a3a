"""Verbs of the bookings room: book places, give one up, cancel a session with all its bookings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from wrap_portal import clock
from wrap_portal.audit.service import record_event
from wrap_portal.bookings import queries
from wrap_portal.bookings.models import Booking, BookingState
from wrap_portal.errors import DomainError, register_refusals
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation
from wrap_portal.people.models import MemberRole, Membership, Person
from wrap_portal.people.service import add_staff
from wrap_portal.sessions import service as sessions
from wrap_portal.sessions.models import SessionState, TrainingSession
from wrap_portal.wording import date_text, period_text

register_refusals(
    {"uq_bookings_live_place": ("One of these people was booked on this session a moment ago.", "people")}
)


@dataclass(frozen=True, kw_only=True)
class NewColleague:
    """Somebody who is not on the staff list yet; `same_person` as in people.service.add_staff."""

    name: str
    email: str | None
    role: MemberRole
    same_person: bool | None = None


def book_places(
    *,
    training_session_id: int,
    organisation_id: int,
    person_ids: Sequence[int],
    user_id: int | None,
    new_colleagues: Sequence[NewColleague] = (),
    submission_key: UUID | None = None,
    booked_at: datetime | None = None,
) -> list[Booking]:
    """Book places for people of one organisation, all of them or none (domain.md 4.4, 4.6).

    Arguments: `person_ids` are on the organisation's staff list on the day of the session; `new_colleagues`
    join it today; `submission_key`, the key of the form that asks: asked again with it, what was booked is
    returned; `booked_at`, where it is not now.
    Raises DomainError, and then nothing is done, where the session is cancelled, has begun, is for somebody
    else or has too few places left, where nobody is chosen, where somebody is of another organisation or has
    a place on this session or on one at the same time, and what people.service.add_staff raises.
    """
    now = booked_at or clock.now()
    session = db.session.get_one(TrainingSession, training_session_id)
    chosen = sorted(set(person_ids))
    wanted = len(chosen) + len(new_colleagues)
    done = _done(submission_key, session, organisation_id, wanted)
    if done:
        return done
    _check_open(session, now)
    _check_audience(session, organisation_id)
    _check_members(chosen, organisation_id, clock.london_date(sessions.starts_at(session)))
    if wanted == 0:
        raise DomainError("Choose who is coming.", field="people")
    with db.session.begin_nested() as attempt:
        try:
            sessions.take_places(training_session_id=session.id, places=wanted)
        except DomainError as full:
            done = _done(submission_key, session, organisation_id, wanted)
            if done:
                return done
            raise DomainError(full.sentence, field="people") from full
        # Whoever books the same session now waits for us, and we see what those before us did. The same form
        # sent twice at once gets here twice: the second gives its places back and shows what was booked.
        done = _done(submission_key, session, organisation_id, wanted)
        if done:
            attempt.rollback()
            return done
        joined = [_join(each, organisation_id, now) for each in new_colleagues]
        people = [*chosen, *joined]
        if len(set(people)) < len(people):
            raise DomainError("You typed somebody who is ticked in the list as well.", field="name")
        _check_free(people, session)
        bookings = [
            Booking(
                training_session_id=session.id,
                person_id=person_id,
                organisation_id=organisation_id,
                booked_at=now,
                booked_by_user_id=user_id,
                submission_key=submission_key,
            )
            for person_id in people
        ]
        db.session.add_all(bookings)
        db.session.flush()
    ids = {"organisation_id": organisation_id, "bookings": [booking.id for booking in bookings]}
    _audit("book_places", session, user_id, ids)
    return bookings


def cancel_booking(
    *, booking_id: int, reason: str, user_id: int | None, cancelled_at: datetime | None = None
) -> Booking:
    """Give a place up, until the session begins; the booking stays, with who and why (domain.md 4.6).

    What was given up before stays as it is. Raises DomainError where the session has begun.
    """
    now = cancelled_at or clock.now()
    booking = db.session.get_one(Booking, booking_id)
    # The session before the booking, as everywhere: two who lock in another order would wait for each other.
    session = sessions.lock_session(training_session_id=booking.training_session_id)
    db.session.refresh(booking)
    if booking.state is BookingState.CANCELLED:
        return booking
    if sessions.starts_at(session) <= now:
        raise DomainError("The session has begun, so the place can no longer be given up.")
    booking.state = BookingState.CANCELLED
    booking.cancelled_at = now
    booking.cancelled_by_user_id = user_id
    booking.cancel_reason = reason.strip() or None
    sessions.release_places(training_session_id=session.id, places=1)
    db.session.flush()
    _audit("cancel_booking", session, user_id, {"booking_id": booking.id})
    return booking


def cancel_session(
    *,
    training_session_id: int,
    reason: str,
    user_id: int | None,
    cancelled_at: datetime | None = None,
) -> list[Booking]:
    """Cancel a session with all its bookings, and return these: everybody is to be told (domain.md 4.10).

    The session stays, its trainers and its venue are free. One that was cancelled before stays as it is and
    nobody is returned. Raises DomainError where it has begun or no reason is given.
    """
    now = cancelled_at or clock.now()
    session = sessions.lock_session(training_session_id=training_session_id)
    if session.state is SessionState.CANCELLED:
        return []
    booked = session.booked
    sessions.call_off(training_session_id=session.id, reason=reason, now=now)
    _audit("cancel_session", session, user_id, {"booked": booked})
    return list(
        db.session.scalars(
            update(Booking)
            .where(Booking.training_session_id == session.id, Booking.state == BookingState.CONFIRMED)
            .values(
                state=BookingState.CANCELLED,
                cancelled_at=now,
                cancelled_by_user_id=user_id,
                cancel_reason="The session was cancelled",
            )
            .returning(Booking)
            .execution_options(synchronize_session="fetch")
        )
    )


def _audit(action: str, session: TrainingSession, user_id: int | None, details: dict[str, Any]) -> None:
    record_event(
        action=action,
        subject_type="training_session",
        subject_id=session.id,
        actor_id=user_id,
        authority_id=session.authority_id,
        details=details,
    )


def _done(
    submission_key: UUID | None, session: TrainingSession, organisation_id: int, wanted: int
) -> list[Booking]:
    """Return what the same form booked before; nothing where some of it was given up since."""
    if submission_key is None:
        return []
    booked = queries.bookings_of_submission(
        submission_key=submission_key, training_session_id=session.id, organisation_id=organisation_id
    )
    return booked if len(booked) == wanted else []


def _check_open(session: TrainingSession, now: datetime) -> None:
    if session.state is SessionState.CANCELLED:
        raise DomainError("This session is cancelled.")
    starts_at = sessions.starts_at(session)
    if starts_at <= now:
        raise DomainError(f"This session began on {period_text(starts_at)}: it takes no more bookings.")


def _check_audience(session: TrainingSession, organisation_id: int) -> None:
    organisation = db.session.get_one(Organisation, organisation_id)
    if organisation.authority_id != session.authority_id:
        raise DomainError("This session is for organisations of another council.")
    if session.organisation_id not in (None, organisation_id):
        raise DomainError("This session is for one organisation only, and not for this one.")


def _check_members(person_ids: Sequence[int], organisation_id: int, day: date) -> None:
    members = db.session.scalars(
        select(func.count(Membership.person_id.distinct())).where(
            Membership.organisation_id == organisation_id,
            Membership.person_id.in_(person_ids),
            Membership.during.contains(day),
        )
    ).one()
    if members != len(person_ids):
        # Without the name: it may be somebody whom this organisation has no business with.
        raise DomainError(
            "Somebody you chose is not on this organisation's staff list on the day of the session,"
            f" {date_text(day)}. Add them to the staff list first.",
            field="people",
        )


def _join(colleague: NewColleague, organisation_id: int, now: datetime) -> int:
    membership = add_staff(
        organisation_id=organisation_id,
        name=colleague.name,
        email=colleague.email,
        role=colleague.role,
        started_on=clock.london_date(now),
        same_person=colleague.same_person,
    )
    return membership.person_id


def _check_free(person_ids: Sequence[int], session: TrainingSession) -> None:
    # Somebody else may be booking one of them on another session at the same time: one of us waits here.
    people = db.session.scalars(
        select(Person).where(Person.id.in_(person_ids)).order_by(Person.id).with_for_update(key_share=True)
    ).all()
    there = queries.booked_person_ids(training_session_id=session.id)
    twice = sorted(person.name for person in people if person.id in there)
    if twice:
        raise DomainError(f"Already booked on this session: {', '.join(twice)}.", field="people")
    overlaps = queries.overlapping_places(person_ids=person_ids, training_session_id=session.id)
    if overlaps:
        taken = overlaps[0]
        raise DomainError(
            f"{taken.person_name} has a place at the same time: {taken.course_name},"
            f" {period_text(taken.starts_at, taken.ends_at)}.",
            field="people",
        )
