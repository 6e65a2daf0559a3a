"""Bookings for tests: whatever a test does not say is valid and unremarkable."""

from typing import Any

from tests.factories.organisations import make_organisation
from tests.factories.people import make_membership
from tests.factories.sessions import make_training_session
from wrap_portal import clock
from wrap_portal.bookings.models import Booking, BookingState
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation
from wrap_portal.people.models import Person
from wrap_portal.sessions.models import TrainingSession


def make_booking(
    training_session: TrainingSession | None = None,
    person: Person | None = None,
    organisation: Organisation | None = None,
    **values: Any,
) -> Booking:
    """Add a confirmed place for a new member of a new school in the session's area, unless given.

    The session's count of places goes up with it, as it does when a place is booked.
    """
    training_session = training_session or make_training_session()
    organisation = organisation or make_organisation(authority_id=training_session.authority_id)
    person = person or make_membership(organisation).person
    defaults = {
        "training_session_id": training_session.id,
        "person_id": person.id,
        "organisation_id": organisation.id,
        "state": BookingState.CONFIRMED,
        "booked_at": clock.now(),
    }
    if values.get("state") is BookingState.CANCELLED:
        defaults |= {"cancelled_at": clock.now()}
    else:
        training_session.booked = (training_session.booked or 0) + 1
    booking = Booking(**(defaults | values))
    db.session.add(booking)
    db.session.flush()
    return booking
