"""Who is told what about bookings, and what lands in their calendars."""

from uuid import uuid4

import pytest
from icalendar import Calendar
from sqlalchemy import select

from tests.factories.accounts import make_lead
from tests.factories.bookings import make_booking
from tests.factories.courses import make_course
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.sessions import in_days, make_training_session, make_venue
from wrap_portal.bookings import messages, service
from wrap_portal.mail.models import Message, MessageState
from wrap_portal.mail.sending import send_due_messages
from wrap_portal.mail.transports import transport_from_settings
from wrap_portal.sessions.models import SessionMode

pytestmark = pytest.mark.usefixtures("db_session")


@pytest.fixture
def school():
    return make_organisation(make_authority(name="Testshire", contact_email="prevent@testshire.example"))


@pytest.fixture
def session(school):
    venue = make_venue(
        school.authority, name="Town Hall", address="1 High Street\nTestborough", access_notes="Lift"
    )
    return make_training_session(
        school.authority,
        course_id=make_course(name="WRAP").id,
        venue_id=venue.id,
        trainers=[make_person(school.authority, name="Tess Trainer")],
        note="Bring a pen",
    )


def person(school, name, email=None):
    return make_membership(school, make_person(school.authority, name=name, email=email)).person


def book(session, school, people, **values):
    bookings = service.book_places(
        **{
            "training_session_id": session.id,
            "organisation_id": school.id,
            "person_ids": [each.id for each in people],
            "user_id": None,
        }
        | values
    )
    messages.queue_confirmations(bookings)
    return bookings


def queued(db_session, kind) -> list[Message]:
    return list(db_session.scalars(select(Message).where(Message.kind == kind).order_by(Message.id)))


def event_of(message: Message):
    (event,) = Calendar.from_ical(message.calendar).walk("VEVENT")
    return event


def sent(db_session) -> None:
    for message in db_session.scalars(select(Message)):
        message.state, message.sent_at = MessageState.SENT, message.queued_at
    db_session.flush()


def test_a_confirmation_says_where_and_when_and_invites(db_session, school, session):
    ada = person(school, "Ada Byron", "ada@school.example")
    (booking,) = book(session, school, [ada])
    (message,) = queued(db_session, "booking_confirmation")
    assert (message.recipient, message.authority_id) == ("ada@school.example", school.authority_id)
    assert (message.subject_type, message.subject_id) == ("booking", booking.id)
    assert message.subject.startswith("Your place: WRAP, ")
    for body in (message.body_text, message.body_html):
        assert all(
            words in body
            for words in ("Ada Byron", "Town Hall", "1 High Street", "10am to midday", "Bring a pen", "Lift")
        )
    event = event_of(message)
    assert message.calendar_method == "REQUEST"
    assert event["LOCATION"] == "Town Hall, 1 High Street, Testborough"
    assert event["DTSTART"].dt == in_days(14)
    assert event["ATTENDEE"] == "mailto:ada@school.example"
    assert event["URL"].endswith(f"/sessions/{session.id}")


def test_an_invitation_holds_nobody_but_its_reader(db_session, school, session):
    lead = make_lead(school, name="Lena Lead", email="lena@school.example")
    ada = person(school, "Ada Byron", "ada@school.example")
    mary = person(school, "Mary Somerville", "mary@school.example")
    book(session, school, [ada, mary], user_id=lead.id)
    own, other = queued(db_session, "booking_confirmation")
    for message, stranger in ((own, "Mary"), (other, "Ada")):
        everything = f"{message.subject}{message.body_text}{message.body_html}{message.calendar}"
        for name in (stranger, "Lena", "lena@", "Tess"):
            assert name not in everything


def test_an_online_session_has_its_link_in_the_invitation(db_session, school):
    online = make_training_session(school.authority, mode=SessionMode.ONLINE)
    book(online, school, [person(school, "Ada Byron", "ada@school.example")])
    (message,) = queued(db_session, "booking_confirmation")
    assert "Join here: https://meet.example/wrap" in message.body_text
    assert event_of(message)["LOCATION"] == "https://meet.example/wrap"


def test_the_booker_is_told_once_of_all_who_have_no_address(db_session, school, session):
    lead = make_lead(school, email="lena@school.example")
    people = [person(school, "Ada Byron"), person(school, "Mary Somerville")]
    book(session, school, people, user_id=lead.id)
    (message,) = queued(db_session, "booking_confirmation_for_others")
    assert message.recipient == "lena@school.example"
    assert "- Ada Byron\n- Mary Somerville\n" in message.body_text
    assert message.calendar is None
    assert queued(db_session, "booking_confirmation") == []


def test_an_address_that_no_server_takes_counts_as_none(db_session, school, session):
    lead = make_lead(school)
    book(session, school, [person(school, "Ada Byron", "ada@ school")], user_id=lead.id)
    assert len(queued(db_session, "booking_confirmation_for_others")) == 1


def test_nobody_is_told_where_nobody_can_be(db_session, school, session):
    book(session, school, [person(school, "Ada Byron")])
    assert list(db_session.scalars(select(Message))) == []


def test_the_same_form_twice_tells_once(db_session, school, session):
    ada = person(school, "Ada Byron", "ada@school.example")
    key = uuid4()
    book(session, school, [ada], submission_key=key)
    book(session, school, [ada], submission_key=key)
    assert len(queued(db_session, "booking_confirmation")) == 1


def test_a_cancelled_booking_leaves_the_calendar(db_session, school, session):
    (booking,) = book(session, school, [person(school, "Ada Byron", "ada@school.example")])
    sent(db_session)
    messages.queue_booking_cancellation(
        service.cancel_booking(booking_id=booking.id, reason="", user_id=None)
    )
    (request,) = queued(db_session, "booking_confirmation")
    (message,) = queued(db_session, "booking_cancellation")
    assert message.calendar_method == "CANCEL"
    assert event_of(message)["UID"] == event_of(request)["UID"]
    assert event_of(message)["SEQUENCE"] > event_of(request)["SEQUENCE"]


def test_booked_again_invites_again_with_a_higher_sequence(db_session, school, session):
    ada = person(school, "Ada Byron", "ada@school.example")
    (booking,) = book(session, school, [ada])
    sent(db_session)
    messages.queue_booking_cancellation(
        service.cancel_booking(booking_id=booking.id, reason="", user_id=None)
    )
    book(session, school, [ada])
    first, again = queued(db_session, "booking_confirmation")
    (cancellation,) = queued(db_session, "booking_cancellation")
    assert event_of(again)["UID"] == event_of(first)["UID"]
    assert event_of(again)["SEQUENCE"] >= event_of(cancellation)["SEQUENCE"]


def test_who_was_never_told_of_a_place_is_not_told_that_it_is_gone(db_session, school, session):
    (booking,) = book(session, school, [person(school, "Ada Byron", "ada@school.example")])
    messages.queue_booking_cancellation(
        service.cancel_booking(booking_id=booking.id, reason="", user_id=None)
    )
    assert queued(db_session, "booking_cancellation") == []
    (confirmation,) = queued(db_session, "booking_confirmation")
    assert confirmation.state is MessageState.WITHDRAWN


def test_a_cancelled_session_tells_everybody_why(db_session, school, session):
    lead = make_lead(school, email="lena@school.example")
    people = [
        person(school, "Ada Byron", "ada@school.example"),
        person(school, "Mary Somerville", "mary@school.example"),
        person(school, "No Address"),
    ]
    book(session, school, people, user_id=lead.id)
    given_up = make_booking(session, person(school, "Gone", "gone@school.example"), school)
    service.cancel_booking(booking_id=given_up.id, reason="", user_id=None)
    sent(db_session)
    cancelled = service.cancel_session(training_session_id=session.id, reason="Snow", user_id=None)
    messages.queue_session_cancellations(cancelled)
    own = queued(db_session, "session_cancellation")
    assert [message.recipient for message in own] == ["ada@school.example", "mary@school.example"]
    assert all("The reason: Snow" in message.body_text for message in own)
    assert {message.calendar_method for message in own} == {"CANCEL"}
    assert {event_of(message)["STATUS"] for message in own} == {"CANCELLED"}
    (told,) = queued(db_session, "session_cancellation_for_others")
    assert "- No Address\n" in told.body_text
    assert "Ada" not in told.body_text


def test_an_invitation_arrives_as_one_that_calendars_read(smtp_sink, db_session, school, session):
    (booking,) = book(session, school, [person(school, "Ada Byron", "ada@school.example")])
    assert send_due_messages(transport_from_settings())["sent"] == 1
    messages.queue_booking_cancellation(
        service.cancel_booking(booking_id=booking.id, reason="", user_id=None)
    )
    assert send_due_messages(transport_from_settings())["sent"] == 1
    methods = []
    for delivery in smtp_sink.deliveries:
        assert delivery.recipients == ["ada@school.example"]
        parts = [part for part in delivery.message.walk() if part.get_content_type() == "text/calendar"]
        (event,) = Calendar.from_ical(parts[0].get_content()).walk("VEVENT")
        assert event["ATTENDEE"] == "mailto:ada@school.example"
        assert event["ORGANIZER"] == "mailto:portal@example.org" == f"mailto:{delivery.sender}"
        methods.append(parts[0].get_param("method"))
    assert methods == ["REQUEST", "CANCEL"]


def test_markup_in_names_stays_words_in_html(db_session, school, session):
    book(session, school, [person(school, "<b>Ada</b>", "ada@school.example")])
    (message,) = queued(db_session, "booking_confirmation")
    assert "<b>" not in message.body_html
    assert "<b>Ada</b>" in message.body_text
