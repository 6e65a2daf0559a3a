"""Giving places up and cancelling sessions in the browser."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.factories.accounts import make_lead, make_manager
from tests.factories.bookings import make_booking
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.sessions import in_days, make_training_session
from tests.support.signing_in import sign_in
from wrap_portal.bookings.models import BookingState
from wrap_portal.mail.models import Message
from wrap_portal.sessions.models import SessionState


@pytest.fixture
def authority(db_session):
    return make_authority()


@pytest.fixture
def school(authority):
    return make_organisation(authority)


@pytest.fixture
def booking(authority, school):
    person = make_person(authority, name="Ada Byron", email="ada@school.example")
    return make_booking(make_training_session(authority), make_membership(school, person).person, school)


@pytest.fixture
def lead(app, school) -> FlaskClient:
    return sign_in(app.test_client(), make_lead(school))


@pytest.fixture
def manager(app, authority) -> FlaskClient:
    return sign_in(app.test_client(), make_manager(authority))


def kinds(db_session) -> list[str]:
    return list(db_session.scalars(select(Message.kind).order_by(Message.kind)))


@pytest.mark.parametrize("who", ["lead", "manager"])
def test_cancel_gives_the_place_up_and_tells_the_person(db_session, request, booking, who):
    client = request.getfixturevalue(who)
    address = f"/bookings/{booking.id}/cancel"
    assert "We tell Ada Byron by email." in client.get(address).text
    answer = client.post(address, data={"reason": "Ill"})
    assert (answer.status_code, answer.location) == (303, f"/sessions/{booking.training_session_id}")
    assert (booking.state, booking.cancel_reason) == (BookingState.CANCELLED, "Ill")
    assert booking.training_session.booked == 0
    assert kinds(db_session) == ["booking_cancellation"]


def test_cancel_twice_gives_the_same_page(db_session, lead, booking):
    answers = [lead.post(f"/bookings/{booking.id}/cancel", data={}) for _ in range(3)]
    assert {answer.location for answer in answers} == {f"/sessions/{booking.training_session_id}"}
    assert booking.training_session.booked == 0
    assert kinds(db_session) == ["booking_cancellation"]


def test_cancel_refuses_once_the_session_has_begun(db_session, lead, authority, school):
    begun = make_training_session(authority, starts_at=in_days(-1))
    booking = make_booking(begun, organisation=school)
    answer = lead.post(f"/bookings/{booking.id}/cancel", data={})
    assert answer.status_code == 422
    assert "The session has begun" in answer.text
    assert booking.state is BookingState.CONFIRMED
    assert kinds(db_session) == []


def test_cancel_is_not_there_for_others(app, booking):
    next_door = make_lead(make_organisation(authority_id=booking.organisation.authority_id))
    for user in (next_door, make_manager()):
        client = sign_in(app.test_client(), user)
        assert client.get(f"/bookings/{booking.id}/cancel").status_code == 404
        assert client.post(f"/bookings/{booking.id}/cancel", data={}).status_code == 404
    assert booking.state is BookingState.CONFIRMED


def test_cancel_session_cancels_it_with_everybody_on_it(db_session, manager, booking):
    session = booking.training_session
    address = f"/sessions/{session.id}/cancel"
    assert "1 place is booked." in manager.get(address).text
    answer = manager.post(address, data={"reason": "Snow"})
    assert (answer.status_code, answer.location) == (303, f"/sessions/{session.id}")
    assert (session.state, booking.state) == (SessionState.CANCELLED, BookingState.CANCELLED)
    page = manager.get(answer.location).text
    assert "The session is cancelled, and 1 booking with it." in page
    assert "This session is cancelled: Snow" in page
    assert kinds(db_session) == ["session_cancellation"]


def test_cancel_session_wants_a_reason(db_session, manager, booking):
    answer = manager.post(f"/sessions/{booking.training_session_id}/cancel", data={"reason": "  "})
    assert answer.status_code == 422
    assert 'href="#reason"' in answer.text
    assert booking.training_session.state is SessionState.PUBLISHED
    assert kinds(db_session) == []


def test_cancel_session_twice_gives_the_same_page(db_session, manager, booking):
    address = f"/sessions/{booking.training_session_id}/cancel"
    answers = [manager.post(address, data={"reason": "Snow"}) for _ in range(2)]
    assert len({answer.location for answer in answers}) == 1
    assert manager.get(address).status_code == 303
    assert kinds(db_session) == ["session_cancellation"]


def test_cancel_session_refuses_what_has_begun(manager, authority):
    begun = make_training_session(authority, starts_at=in_days(-1))
    address = f"/sessions/{begun.id}/cancel"
    assert "has begun and cannot be cancelled" in manager.get(address).text
    answer = manager.post(address, data={"reason": "Snow"})
    assert answer.status_code == 422
    assert begun.state is SessionState.PUBLISHED


def test_cancel_session_of_another_council_is_not_there(manager):
    foreign = make_training_session()
    assert manager.post(f"/sessions/{foreign.id}/cancel", data={"reason": "Snow"}).status_code == 404
    assert foreign.state is SessionState.PUBLISHED
