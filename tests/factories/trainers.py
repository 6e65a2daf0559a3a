"""Accreditations for tests: whatever a test does not say is valid and unremarkable."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import Range

from tests.factories.courses import make_course
from tests.factories.people import make_person
from wrap_portal.courses.models import Course
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation
from wrap_portal.people.models import Person
from wrap_portal.trainers.models import (
    Accreditation,
    AccreditationScope,
    AccreditationState,
    TrainerAccount,
)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def make_accreditation(
    person: Person | None = None,
    course: Course | None = None,
    organisation: Organisation | None = None,
    *,
    starts_on: date = date(2020, 1, 1),
    ends_on: date | None = date(2039, 12, 31),
    **values: Any,
) -> Accreditation:
    """Add a confirmed accreditation from the first to the last valid day, both included.

    It holds in the area of the person's authority, or in one organisation only where one is given.
    """
    if person is None:
        person = make_person(authority_id=organisation.authority_id) if organisation else make_person()
    upper = ends_on + timedelta(days=1) if ends_on else None
    defaults = {
        "authority_id": person.authority_id,
        "person_id": person.id,
        "course_id": (course or make_course(needs_accredited_trainer=True)).id,
        "scope": AccreditationScope.OWN_ORGANISATION if organisation else AccreditationScope.AREA,
        "organisation_id": organisation.id if organisation else None,
        "during": Range(starts_on, upper, bounds="[)"),
        "state": AccreditationState.CONFIRMED,
        "decided_at": LONG_AGO,
    }
    return _added(Accreditation(**(defaults | values)))


def make_proposal(
    person: Person | None = None,
    course: Course | None = None,
    organisation: Organisation | None = None,
    **values: Any,
) -> Accreditation:
    """Add a proposed accreditation, as train-the-trainer attendance makes it; it waits for a manager."""
    defaults = {"state": AccreditationState.PROPOSED, "decided_at": None}
    return make_accreditation(person, course, organisation, **(defaults | values))


def make_trainer_account(user_id: int, person: Person) -> TrainerAccount:
    """Say that a user is this person when they train."""
    return _added(TrainerAccount(user_id=user_id, person_id=person.id))


def _added(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row
