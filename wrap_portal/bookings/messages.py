"""What bookings say by mail: you have a place, it was given up, the session is cancelled.

Who has an e-mail address gets a calendar file with it. For the others whoever booked them is told, in one
message. Nobody else reads of anybody.
"""

from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any

from flask import current_app

from wrap_portal import clock
from wrap_portal.bookings import queries
from wrap_portal.bookings.models import Booking
from wrap_portal.bookings.queries import Recipient
from wrap_portal.errors import DomainError
from wrap_portal.mail.rendering import render_email
from wrap_portal.mail.service import queue_message, withdraw_messages
from wrap_portal.sessions.calendar_rules import CalendarMethod, Invitation, calendar_file
from wrap_portal.sessions.models import SessionMode

CONFIRMATION = "booking_confirmation"
BOOKING_CANCELLATION = "booking_cancellation"
SESSION_CANCELLATION = "session_cancellation"

# For those who look at the queue: why a message exists.
REASONS = {
    CONFIRMATION: "A place was booked",
    BOOKING_CANCELLATION: "A place was given up",
    SESSION_CANCELLATION: "The session was cancelled",
}


def queue_confirmations(bookings: Sequence[Booking]) -> None:
    """Tell everybody who was just booked on one session; asked twice for the same, they are told once."""
    _queue(bookings, CONFIRMATION, CalendarMethod.REQUEST)


def queue_booking_cancellation(booking: Booking) -> None:
    """Tell somebody that their place was given up, unless nobody has told them yet that they had it."""
    _queue([booking], BOOKING_CANCELLATION, CalendarMethod.CANCEL)


def queue_session_cancellations(bookings: Sequence[Booking]) -> None:
    """Tell everybody who had a place on a session that was just cancelled, and knew of it."""
    _queue(bookings, SESSION_CANCELLATION, CalendarMethod.CANCEL)


def _queue(bookings: Sequence[Booking], kind: str, method: CalendarMethod) -> None:
    if not bookings:
        return
    session = bookings[0].training_session
    recipients = queries.recipients(booking_ids=[booking.id for booking in bookings])
    if method is CalendarMethod.CANCEL:
        recipients = [each for each in recipients if not _withdraw_confirmation(each)]
    facts = _facts(session)
    without_address = [each for each in recipients if not _queue_own(each, session, kind, method, facts)]
    for booker_id in sorted({each.booked_by_user_id for each in without_address if each.booked_by_user_id}):
        people = [each for each in without_address if each.booked_by_user_id == booker_id]
        _queue_for_others(people, session, kind, facts)


def _withdraw_confirmation(recipient: Recipient) -> bool:
    return (
        withdraw_messages(subject_type="booking", subject_id=recipient.booking_id, kinds=[CONFIRMATION]) > 0
    )


def _queue_own(
    recipient: Recipient, session: Any, kind: str, method: CalendarMethod, facts: dict[str, Any]
) -> bool:
    """Queue the person's own message; False where there is no address that mail could go to."""
    if recipient.email is None:
        return False
    subject, text, html = render_email("bookings", kind, name=recipient.name, **facts)
    try:
        queue_message(
            kind=kind,
            recipient=recipient.email,
            subject_type="booking",
            subject_id=recipient.booking_id,
            occurrence=str(session.sequence),
            subject=subject,
            body_text=text,
            body_html=html,
            calendar=calendar_file(_invitation(recipient, session, facts), method, now=clock.now()),
            calendar_method=method.value,
            authority_id=session.authority_id,
            reason=f"{REASONS[kind]}: {session.course.name}.",
        )
    except DomainError:
        # An address that some register once held, and that no mail server takes.
        return False
    return True


def _queue_for_others(people: Sequence[Recipient], session: Any, kind: str, facts: dict[str, Any]) -> None:
    booker = people[0]
    if booker.booked_by_email is None:
        return
    names = [each.name for each in people]
    subject, text, html = render_email(
        "bookings", f"{kind}_for_others", name=booker.booked_by_name, people=names, **facts
    )
    queue_message(
        kind=f"{kind}_for_others",
        recipient=booker.booked_by_email,
        subject_type="booking",
        subject_id=booker.booking_id,
        occurrence=str(session.sequence),
        subject=subject,
        body_text=text,
        body_html=html,
        authority_id=session.authority_id,
        reason=f"{REASONS[kind]} for people without an email address: {session.course.name}.",
    )


def _facts(session: Any) -> dict[str, Any]:
    return {
        "course": session.course.name,
        "dates": [(day.during.lower, day.during.upper) for day in session.dates],
        "online": session.mode is SessionMode.ONLINE,
        "join_link": session.join_link,
        "venue": session.venue,
        "note": session.note,
        "cancel_reason": session.cancel_reason,
        "session_id": session.id,
        "council": session.authority.name,
        "contact": session.authority.contact_email,
    }


def _invitation(recipient: Recipient, session: Any, facts: dict[str, Any]) -> Invitation:
    settings = current_app.config["SETTINGS"]
    day = session.dates[0]
    starts_at, ends_at = facts["dates"][0]
    venue = session.venue
    place = session.join_link or "" if venue is None else _on_one_line(f"{venue.name}\n{venue.address}")
    return Invitation(
        uid=session.uid,
        session_date_id=day.id,
        sequence=session.sequence,
        course_name=session.course.name,
        starts_at=starts_at,
        ends_at=ends_at,
        place=place,
        description=_description(session),
        address=f"{settings.base_url}/sessions/{session.id}",
        organiser_name=session.authority.name,
        organiser_email=parseaddr(settings.mail_from)[1],
        reader_name=recipient.name,
        reader_email=recipient.email or "",
    )


def _description(session: Any) -> str:
    access_notes = session.venue.access_notes if session.venue else ""
    contact = session.authority.contact_email
    lines = [session.note, access_notes, session.join_link and f"Join here: {session.join_link}"]
    lines.append(contact and f"Questions: {contact}")
    return "\n\n".join(line for line in lines if line)


def _on_one_line(words: str) -> str:
    return ", ".join(line.strip(" ,") for line in words.splitlines() if line.strip(" ,"))
