"""Putting a session in the diary: everything on one page, refusals beside their fields."""

from datetime import date
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.factories.accounts import make_manager, make_trainer
from tests.factories.courses import make_course
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_person
from tests.factories.sessions import make_venue
from tests.factories.trainers import make_accreditation, make_trainer_account
from tests.support.signing_in import sign_in
from wrap_portal import clock
from wrap_portal.courses.models import CourseMode
from wrap_portal.sessions.models import SessionMode, TrainingSession, Venue
from wrap_portal.web.access import Role


@pytest.fixture
def authority(db_session):
    return make_authority()


@pytest.fixture
def course(authority):
    return make_course(name="WRAP", needs_accredited_trainer=True)


@pytest.fixture
def person(authority, course):
    person = make_person(authority, name="Tess Trainer")
    make_accreditation(person, course, ends_on=date(2039, 3, 31))
    return person


@pytest.fixture
def trainer(app, authority, person) -> FlaskClient:
    user = make_trainer(authority)
    make_trainer_account(user.id, person)
    return sign_in(app.test_client(), user)


@pytest.fixture
def answers(authority, course, person):
    return {
        "key": str(uuid4()),
        "course_id": course.id,
        "on-day": 3,
        "on-month": 6,
        "on-year": clock.today().year + 1,
        "starts": "10am",
        "ends": "12:00",
        "mode": "in_person",
        "venue_id": make_venue(authority, name="Town Hall", capacity=30).id,
        "capacity": 20,
        "trainers": [person.id],
    }


def session_count(db_session) -> int:
    return db_session.scalar(select(func.count()).select_from(TrainingSession))


def only_session(db_session) -> TrainingSession:
    return db_session.scalars(select(TrainingSession)).one()


def test_schedule_offers_what_there_is(trainer, authority, course, person):
    make_venue(authority, name="Town Hall", capacity=30)
    make_course(name="Computer only", mode=CourseMode.E_LEARNING)
    make_organisation(authority, name="Hill School")
    make_organisation(authority, name="Gone School", closed_on=date(2020, 8, 31))
    page = trainer.get("/sessions/schedule").text
    assert all(words in page for words in ("WRAP", "Town Hall (holds 30)", "Hill School"))
    assert "WRAP until 31 Mar 2039" in page
    assert "Computer only" not in page
    assert "Gone School" not in page
    # Whoever schedules most often trains.
    assert f'value="{person.id}" checked' in page


def test_schedule_puts_a_session_in_the_diary(db_session, trainer, answers, authority):
    answer = trainer.post("/sessions/schedule", data=answers | {"note": "Bring a pen"})
    session = only_session(db_session)
    assert (answer.status_code, answer.location) == (303, f"/sessions/{session.id}")
    assert (session.authority_id, session.capacity, session.note) == (authority.id, 20, "Bring a pen")
    wall_clock = clock.to_london(session.dates[0].during.lower)
    assert (wall_clock.hour, wall_clock.day) == (10, 3)
    assert "is in the diary" in trainer.get(answer.location).text


def test_schedule_with_a_new_venue(db_session, trainer, answers, authority):
    answer = trainer.post(
        "/sessions/schedule",
        data=answers
        | {"venue_id": "", "venue_name": "Library", "venue_address": "2 High Street", "venue_capacity": 25},
    )
    assert answer.status_code == 303
    venue = only_session(db_session).venue
    assert (venue.name, venue.address, venue.capacity) == ("Library", "2 High Street", 25)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"venue_id": "", "venue_name": "town hall"}, "venue_name"),
        ({"venue_name": "Library"}, "venue_name"),
        ({"venue_id": "", "venue_name": "Library", "venue_capacity": 10}, "capacity"),
        ({"venue_id": ""}, "venue_id"),
        ({"venue_id": "0"}, "venue_id"),
        ({"course_id": ""}, "course_id"),
        ({"on-year": 2020}, "on-day"),
        ({"on-day": 31}, "on-day"),
        ({"starts": "13:00"}, "ends"),
        ({"starts": "soon"}, "starts"),
        ({"ends": "9:59"}, "ends"),
        ({"mode": ""}, "mode"),
        ({"mode": "online", "join_link": ""}, "join_link"),
        ({"mode": "online", "join_link": "http://meet.example/"}, "join_link"),
        ({"capacity": 31}, "capacity"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": "many"}, "capacity"),
        ({"trainers": []}, "trainers"),
        ({"trainers": [0]}, "trainers"),
        ({"organisation_id": 0}, "organisation_id"),
        ({"on-day": 1, "on-month": 4, "on-year": 2039}, "trainers"),
        ({"on-day": 28, "on-month": 3, "on-year": 2027, "starts": "01:30"}, "starts"),
        ({"on-day": 31, "on-month": 10, "on-year": 2027, "starts": "01:30"}, "starts"),
    ],
)
def test_schedule_refuses_beside_the_field_and_does_nothing(db_session, trainer, answers, changes, field):
    answer = trainer.post("/sessions/schedule", data=answers | changes)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert session_count(db_session) == 0
    assert db_session.scalar(select(func.count()).select_from(Venue)) == 1


def test_schedule_says_with_which_session_a_trainer_clashes(db_session, trainer, answers, authority):
    trainer.post("/sessions/schedule", data=answers)
    again = answers | {"key": str(uuid4()), "venue_id": make_venue(authority).id}
    answer = trainer.post("/sessions/schedule", data=again)
    assert answer.status_code == 422
    assert "Tess Trainer already trains then: WRAP, " in answer.text
    assert session_count(db_session) == 1


def test_schedule_says_by_what_a_venue_is_taken(trainer, answers, authority, course):
    trainer.post("/sessions/schedule", data=answers)
    other = make_person(authority)
    make_accreditation(other, course)
    again = answers | {"key": str(uuid4()), "trainers": [other.id]}
    answer = trainer.post("/sessions/schedule", data=again)
    assert answer.status_code == 422
    assert "Town Hall is taken then: WRAP, " in answer.text


@pytest.mark.parametrize("new_venue", [False, True])
def test_schedule_twice_with_the_same_form_gives_the_same_page(db_session, trainer, answers, new_venue):
    form = answers | ({"venue_id": "", "venue_name": "Library"} if new_venue else {})
    first, second = (trainer.post("/sessions/schedule", data=form) for _ in range(2))
    assert first.location == second.location
    assert session_count(db_session) == 1


def test_schedule_from_the_same_page_with_other_answers_is_another_session(db_session, trainer, answers):
    first = trainer.post("/sessions/schedule", data=answers)
    second = trainer.post("/sessions/schedule", data=answers | {"on-day": 4})
    assert first.location != second.location
    assert session_count(db_session) == 2


def test_schedule_again_after_it_was_cancelled_is_another_session(db_session, trainer, answers):
    first = trainer.post("/sessions/schedule", data=answers)
    trainer.post(f"{first.location}/cancel", data={"reason": "Snow"})
    second = trainer.post("/sessions/schedule", data=answers)
    assert second.status_code == 303
    assert first.location != second.location
    assert session_count(db_session) == 2


def test_schedule_with_a_key_that_somebody_changed_still_works(db_session, trainer, answers):
    assert trainer.post("/sessions/schedule", data=answers | {"key": "x"}).status_code == 303
    assert session_count(db_session) == 1


def test_schedule_online_for_one_organisation(db_session, app, authority, answers):
    school = make_organisation(authority)
    manager = sign_in(app.test_client(), make_manager(authority))
    answer = manager.post(
        "/sessions/schedule",
        data=answers
        | {"mode": "online", "join_link": "https://meet.example/wrap", "organisation_id": school.id},
    )
    session = only_session(db_session)
    assert answer.location == f"/sessions/{session.id}"
    assert (session.mode, session.venue_id) == (SessionMode.ONLINE, None)
    assert session.organisation_id == school.id


def test_schedule_keeps_what_was_typed(trainer, answers):
    page = trainer.post("/sessions/schedule", data=answers | {"capacity": "many", "note": "Bring a pen"}).text
    assert 'value="many"' in page
    assert "Bring a pen" in page
    assert f'value="{answers["key"]}"' in page


def test_schedule_is_for_the_council_that_one_works_on(db_session, app, answers):
    user = make_manager()
    elsewhere = sign_in(app.test_client(), user)
    assert user.grants[0].role is Role.MANAGER
    assert elsewhere.post("/sessions/schedule", data=answers).status_code == 422
    assert session_count(db_session) == 0
