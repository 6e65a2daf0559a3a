"""Several browsers at once, each on a connection of its own: no mark is lost, nothing is written twice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from threading import Barrier, Thread
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import func, select

from tests.factories.bookings import make_booking
from tests.factories.courses import make_course
from tests.factories.organisations import make_organisation
from tests.factories.people import make_membership
from tests.factories.sessions import make_training_session
from tests.factories.trainers import make_accreditation
from tests.support.databases import OwnDatabase
from wrap_portal.attendance import service
from wrap_portal.attendance.models import Attendance, AttendanceOutcome, InHouseSession
from wrap_portal.extensions import db
from wrap_portal.people.models import Person
from wrap_portal.records.models import HeadcountReturn, RecordState, TrainingRecord
from wrap_portal.sessions.models import SessionDate
from wrap_portal.trainers.models import Accreditation, AccreditationState
from wrap_portal.transaction import committed

ATTENDED = AttendanceOutcome.ATTENDED
LEFT_EARLY = AttendanceOutcome.LEFT_EARLY


@dataclass
class Hall:
    """A train-the-trainer session that is going on, with ten places, in a database of its own."""

    database: OwnDatabase
    session_date_id: int
    organisation_id: int
    person_ids: list[int]

    def mark(self, marks: dict[int, AttendanceOutcome | None]) -> None:
        """Save marks in a transaction of its own."""
        with committed():
            service.mark_attendance(session_date_id=self.session_date_id, marks=marks, user_id=None)


@pytest.fixture
def hall(own_database: OwnDatabase) -> Iterator[Hall]:
    with time_machine.travel("2026-11-23 11:00", tick=False), own_database.app.app_context():
        course = make_course(accredits_course_id=make_course().id)
        session = make_training_session(starts_at=datetime(2026, 11, 23, 10, tzinfo=UTC), course_id=course.id)
        bookings = [make_booking(session) for _ in range(10)]
        made = Hall(
            own_database,
            db.session.scalars(select(SessionDate.id)).one(),
            make_organisation(authority_id=session.authority_id).id,
            [booking.person_id for booking in bookings],
        )
        db.session.commit()
        yield made


def at_once(database: OwnDatabase, *works: Callable[[], None]) -> None:
    """Do all of it at the same moment, each on a connection of its own; raises what any of them raised."""
    barrier, raised = Barrier(len(works)), []

    def run(work: Callable[[], None]) -> None:
        with database.app.app_context():
            # A connection that is open already: what follows begins together.
            db.session.execute(select(1))
            db.session.rollback()
            barrier.wait()
            try:
                work()
            except BaseException as error:
                raised.append(error)

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def outcomes() -> dict[int, AttendanceOutcome]:
    return dict(db.session.execute(select(Attendance.person_id, Attendance.outcome)).all())


def live_records() -> list[int]:
    return sorted(
        db.session.scalars(
            select(TrainingRecord.person_id).where(TrainingRecord.state == RecordState.ACCEPTED)
        )
    )


def proposals() -> list[int]:
    return sorted(
        db.session.scalars(
            select(Accreditation.person_id).where(Accreditation.state == AccreditationState.PROPOSED)
        )
    )


def test_two_browsers_that_mark_different_people_lose_nothing(hall: Hall) -> None:
    first, second = hall.person_ids[:5], hall.person_ids[5:]
    at_once(
        hall.database,
        lambda: hall.mark(dict.fromkeys(first, ATTENDED) | dict.fromkeys(second)),
        lambda: hall.mark(dict.fromkeys(second, LEFT_EARLY) | dict.fromkeys(first)),
    )
    assert outcomes() == dict.fromkeys(first, ATTENDED) | dict.fromkeys(second, LEFT_EARLY)
    assert live_records() == proposals() == sorted(first)


def test_the_same_register_sent_eight_times_at_once_is_saved_once(hall: Hall) -> None:
    marks = dict.fromkeys(hall.person_ids, ATTENDED)
    at_once(hall.database, *[lambda: hall.mark(marks)] * 8)
    assert outcomes() == marks
    assert live_records() == proposals() == sorted(hall.person_ids)
    assert db.session.scalar(select(func.count()).select_from(TrainingRecord)) == 10


def test_two_browsers_that_disagree_leave_one_of_them_standing(hall: Hall) -> None:
    person_id = hall.person_ids[0]
    hall.mark({person_id: ATTENDED})
    at_once(
        hall.database,
        *[lambda: hall.mark({person_id: LEFT_EARLY}), lambda: hall.mark({person_id: ATTENDED})] * 3,
    )
    left = [person_id] if outcomes()[person_id] is ATTENDED else []
    assert live_records() == proposals() == left


def test_a_walk_in_sent_six_times_at_once_is_one_person(hall: Hall) -> None:
    def add() -> None:
        with committed():
            service.add_walk_in(
                session_date_id=hall.session_date_id,
                organisation_id=hall.organisation_id,
                name="Bo Yu",
                user_id=None,
            )

    at_once(hall.database, *[add] * 6)
    person_id = db.session.scalars(select(Person.id).where(Person.name == "Bo Yu")).one()
    assert live_records() == proposals() == [person_id]


def test_a_form_sent_six_times_at_once_is_one_in_house_session(own_database: OwnDatabase) -> None:
    with own_database.app.app_context():
        school = make_organisation()
        accreditation = make_accreditation(make_membership(school).person, organisation=school)
        person_ids = [make_membership(school).person_id for _ in range(3)]
        arguments = {
            "organisation_id": school.id,
            "course_id": accreditation.course_id,
            "accreditation_id": accreditation.id,
            "held_on": date(2026, 3, 16),
            "person_ids": person_ids,
            "headcount": 20,
            "user_id": None,
            "submission_key": uuid4(),
        }
        db.session.commit()

        def log() -> None:
            with committed():
                service.log_in_house_session(**arguments)

        at_once(own_database, *[log] * 6)
        for table, number in ((InHouseSession, 1), (TrainingRecord, 3), (HeadcountReturn, 1)):
            assert db.session.scalar(select(func.count()).select_from(table)) == number
