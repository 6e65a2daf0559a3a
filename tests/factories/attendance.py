"""Registers and in-house sessions for tests: whatever a test does not say is valid and unremarkable."""

from datetime import date
from typing import Any

from tests.factories.organisations import make_organisation
from tests.factories.people import make_membership
from tests.factories.records import A_DAY, THEN, make_headcount, make_record
from tests.factories.trainers import make_accreditation
from wrap_portal.attendance.models import Attendance, AttendanceOutcome, InHouseAttendee, InHouseSession
from wrap_portal.clock import london_date
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation
from wrap_portal.people.models import Person
from wrap_portal.records.models import RecordSource
from wrap_portal.sessions.models import SessionDate
from wrap_portal.trainers.models import Accreditation


def make_attendance(
    session_date: SessionDate,
    person: Person | None = None,
    organisation: Organisation | None = None,
    *,
    outcome: AttendanceOutcome = AttendanceOutcome.ATTENDED,
    **values: Any,
) -> Attendance:
    """Add a mark of a new member of a new school, unless given; attended comes with its record of that day.

    Argument worth naming: `walk_in`.
    """
    training_session = session_date.training_session
    organisation = organisation or make_organisation(authority_id=training_session.authority_id)
    person = person or make_membership(organisation).person
    defaults: dict[str, Any] = {
        "session_date_id": session_date.id,
        "person_id": person.id,
        "organisation_id": organisation.id,
        "outcome": outcome,
        "marked_at": session_date.during.upper,
    }
    if outcome is AttendanceOutcome.ATTENDED and "training_record_id" not in values:
        defaults["training_record_id"] = make_record(
            person,
            training_session.course,
            organisation_id=organisation.id,
            completed_on=london_date(session_date.during.lower),
        ).id
    return _added(Attendance(**(defaults | values)))


def make_in_house_session(
    accreditation: Accreditation | None = None,
    *,
    held_on: date = A_DAY,
    attendees: tuple[Person, ...] = (),
    headcount: int = 0,
    **values: Any,
) -> InHouseSession:
    """Add a logged session of the accredited person in the own organisation, a new school unless given.

    Arguments worth naming: `attendees`, each gets a record; `headcount`, how many more came.
    """
    if accreditation is None:
        organisation = make_organisation()
        accreditation = make_accreditation(make_membership(organisation).person, organisation=organisation)
    place = {"organisation_id": accreditation.organisation_id} | values
    defaults: dict[str, Any] = {
        "course_id": accreditation.course_id,
        "accreditation_id": accreditation.id,
        "held_on": held_on,
        "course_version": "1",
        "logged_at": THEN,
    }
    in_house = _added(InHouseSession(**(defaults | place)))
    for person in attendees:
        record = make_record(
            person,
            accreditation.course,
            completed_on=held_on,
            source=RecordSource.CASCADE,
            organisation_id=in_house.organisation_id,
        )
        _added(
            InHouseAttendee(
                in_house_session_id=in_house.id, person_id=person.id, training_record_id=record.id
            )
        )
    if headcount:
        in_house.headcount_return_id = make_headcount(
            in_house.organisation, accreditation.course, held_on=held_on, headcount=headcount
        ).id
        db.session.flush()
    return in_house


def _added(row: Any) -> Any:
    db.session.add(row)
    db.session.flush()
    return row
