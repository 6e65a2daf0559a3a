"""Whatever is marked in whatever order: the register is as last marked, and the ledger agrees with it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.factories.bookings import make_booking
from tests.factories.courses import make_course
from tests.factories.organisations import make_organisation
from tests.factories.people import make_membership
from tests.factories.sessions import make_training_session
from wrap_portal.attendance import rules, service
from wrap_portal.attendance.models import Attendance, AttendanceOutcome
from wrap_portal.extensions import db
from wrap_portal.records.models import RecordState, TrainingRecord
from wrap_portal.sessions.models import SessionDate
from wrap_portal.trainers.models import Accreditation, AccreditationState

PEOPLE = 4
MARK = st.none() | st.sampled_from(AttendanceOutcome)
# One save of the register (a mark for some of those who have a place), or a walk-in by number.
STEP = st.dictionaries(st.integers(0, PEOPLE - 1), MARK, max_size=PEOPLE) | st.integers(0, PEOPLE + 1)


@pytest.fixture(autouse=True)
def _during_the_session(db_session) -> Iterator[None]:
    with time_machine.travel("2026-11-23 11:00", tick=False):
        yield


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=12))
def test_any_sequence_of_marks_ends_as_a_plain_model_does(steps: list[Any]) -> None:
    undone = db.session.begin_nested()
    try:
        follow(steps)
    finally:
        undone.rollback()
        db.session.expire_all()


def follow(steps: list[Any]) -> None:
    """Take the steps in the portal and in a dictionary, and compare what they come to."""
    course = make_course(accredits_course_id=make_course().id)
    session = make_training_session(starts_at=datetime(2026, 11, 23, 10, tzinfo=UTC), course_id=course.id)
    school = make_organisation(authority_id=session.authority_id)
    # The last two have no place: they come to the door.
    people = [make_membership(school).person for _ in range(PEOPLE + 2)]
    for person in people[:PEOPLE]:
        make_booking(session, person, school)
    day = db.session.scalars(select(SessionDate).where(SessionDate.training_session_id == session.id)).one()
    model: dict[int, AttendanceOutcome] = {}
    made = 0
    for step in steps:
        marks = step if isinstance(step, dict) else {step: AttendanceOutcome.ATTENDED}
        for number, outcome in marks.items():
            made += rules.ledger_step(model.get(number), outcome) == "make" if outcome else 0
            model |= {number: outcome} if outcome else {}
        if isinstance(step, dict):
            service.mark_attendance(
                session_date_id=day.id,
                marks={people[number].id: outcome for number, outcome in step.items()},
                user_id=None,
            )
        else:
            service.add_walk_in(
                session_date_id=day.id,
                organisation_id=school.id,
                name=people[step].name,
                user_id=None,
            )
    found = dict(
        db.session.execute(
            select(Attendance.person_id, Attendance.outcome).where(Attendance.session_date_id == day.id)
        ).all()
    )
    attended = {
        people[number].id for number, outcome in model.items() if outcome is AttendanceOutcome.ATTENDED
    }
    assert found == {people[number].id: outcome for number, outcome in model.items()}
    assert people_of(TrainingRecord, course.id, TrainingRecord.state == RecordState.ACCEPTED) == sorted(
        attended
    )
    proposed = Accreditation.state == AccreditationState.PROPOSED
    assert people_of(Accreditation, course.accredits_course_id, proposed) == sorted(attended)
    written = select(func.count()).where(TrainingRecord.course_id == course.id)
    assert db.session.scalar(written) == made


def people_of(table: Any, course_id: int | None, condition: Any) -> list[int]:
    """Return whose rows of a course there are, one number a row."""
    return sorted(db.session.scalars(select(table.person_id).where(table.course_id == course_id, condition)))
