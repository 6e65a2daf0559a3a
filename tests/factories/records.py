"""Entries of the ledger for tests: whatever a test does not say is valid and unremarkable."""

from datetime import UTC, date, datetime
from typing import Any

from tests.factories.courses import make_course
from tests.factories.organisations import make_organisation
from tests.factories.people import make_membership
from wrap_portal.courses.models import Course
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation
from wrap_portal.people.models import Person
from wrap_portal.records.models import HeadcountReturn, RecordSource, RecordState, TrainingRecord

A_DAY = date(2026, 3, 16)
THEN = datetime(2026, 3, 17, 9, tzinfo=UTC)
DECIDED = {"decided_at": THEN, "decision_reason": "A slip of the finger"}


def make_record(person: Person | None = None, course: Course | None = None, **values: Any) -> TrainingRecord:
    """Add an accepted record of a session on 16 March 2026, of a new member of a new school unless given.

    Arguments worth naming: `completed_on`, `organisation_id`, `source`, `state`.
    """
    if person is None:
        membership = make_membership(make_organisation())
        person = membership.person
        values.setdefault("organisation_id", membership.organisation_id)
    defaults: dict[str, Any] = {
        "person_id": person.id,
        "course_id": (course or make_course()).id,
        "completed_on": A_DAY,
        "source": RecordSource.SESSION,
        "state": RecordState.ACCEPTED,
        "recorded_at": THEN,
    }
    if values.get("state") is RecordState.VOIDED:
        defaults |= DECIDED
    return _added(TrainingRecord(**(defaults | values)))


def make_claim(
    person: Person | None = None,
    course: Course | None = None,
    organisation: Organisation | None = None,
    **values: Any,
) -> TrainingRecord:
    """Add a claim that waits for a manager, filed by a new school for a new member of it unless given."""
    organisation = organisation or make_organisation()
    person = person or make_membership(organisation).person
    defaults: dict[str, Any] = {
        "organisation_id": organisation.id,
        "source": RecordSource.CLAIM,
        "state": RecordState.UNVERIFIED,
        "provider": "Elsewhere Council",
        "proof": "Certificate seen, number 17",
    }
    state = values.get("state", RecordState.UNVERIFIED)
    if state is RecordState.ACCEPTED:
        defaults["decided_at"] = THEN
    elif state is not RecordState.UNVERIFIED:
        defaults |= DECIDED
    return make_record(person, course, **(defaults | values))


def make_headcount(
    organisation: Organisation | None = None, course: Course | None = None, **values: Any
) -> HeadcountReturn:
    """Add that 20 unnamed people of a school were trained on 16 March 2026.

    Arguments worth naming: `held_on`, `headcount`, and `voided_at` with `void_reason`.
    """
    defaults: dict[str, Any] = {
        "organisation_id": (organisation or make_organisation()).id,
        "course_id": (course or make_course()).id,
        "held_on": A_DAY,
        "headcount": 20,
        "recorded_at": THEN,
    }
    return _added(HeadcountReturn(**(defaults | values)))


def _added(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row
