"""Courses in the browser."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.factories.accounts import make_grant, make_manager, make_trainer, make_viewer
from tests.factories.courses import make_course
from tests.factories.organisations import make_authority
from tests.support.queries import counted_queries
from tests.support.signing_in import sign_in
from wrap_portal.courses import queries
from wrap_portal.courses.models import Course
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Authority
from wrap_portal.web.access import Role

GOOD = {"name": "Prevent for governors", "mode": "briefing", "duration_minutes": "90"}


@pytest.fixture
def authority(client: FlaskClient) -> Authority:
    """The authority whose manager has signed in."""
    authority = make_authority()
    sign_in(client, make_manager(authority))
    return authority


def test_course_list_shows_the_default_courses_and_the_own_ones(client, authority) -> None:
    make_course(authority_id=authority.id, name="Our own", duration_minutes=90)
    make_course(authority_id=make_authority().id, name="Theirs")
    page = client.get("/courses").text
    for words in ("WRAP: Workshop to Raise Awareness of Prevent", "t3", "Our own", "1 hour 30 minutes"):
        assert words in page
    assert "Theirs" not in page


def test_course_list_asks_as_many_questions_for_one_as_for_all(client, authority) -> None:
    with counted_queries() as for_few:
        client.get("/courses")
    for _ in range(30):
        accredited = make_course(authority_id=authority.id)
        make_course(authority_id=authority.id, accredits_course_id=accredited.id)
    with counted_queries() as for_many:
        client.get("/courses")
    assert len(for_few) == len(for_many) <= 12


@pytest.mark.parametrize("make_user", [make_viewer, make_trainer])
def test_course_list_is_for_viewers_and_trainers_to_read(client, make_user) -> None:
    authority = make_authority()
    make_course(authority_id=authority.id, name="Our own")
    sign_in(client, make_user(authority))
    page = client.get("/courses").text
    assert "Our own" in page
    assert "Add a course" not in page
    assert "/withdraw" not in page


def test_course_list_of_an_authority_that_is_only_viewed_is_to_read(client) -> None:
    managed, viewed = make_authority(), make_authority()
    user = make_manager(managed)
    make_grant(user, role=Role.VIEWER, authority_id=viewed.id)
    sign_in(client, user)
    client.post("/working-on", data={"authority_id": viewed.id})
    assert "Add a course" not in client.get("/courses").text


def test_add_course_gives_the_authority_one_of_its_own(client, authority) -> None:
    assert client.get("/courses/add").status_code == 200
    wrap = queries.course_by_code("wrap", authority.id)
    answer = client.post(
        "/courses/add",
        data=GOOD
        | {"description": "For them", "needs_accredited_trainer": "yes", "accredits_course": wrap.id},
    )
    assert (answer.status_code, answer.location) == (303, "/courses")
    course = queries.course_by_code("prevent_for_governors", authority.id)
    assert (course.authority_id, course.mode.value, course.duration_minutes) == (authority.id, "briefing", 90)
    assert (course.needs_accredited_trainer, course.accredits_course_id) == (True, wrap.id)
    assert "Prevent for governors has been added" in client.get("/courses").text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "Enter the name of the course"),
        ({"name": "x" * 151}, "150 characters or fewer"),
        ({"name": "prevent  AWARENESS"}, "There is a course of this name already"),
        ({"mode": "telepathy"}, "must be one of the list"),
        ({"mode": ""}, "Select how it is given"),
        ({"duration_minutes": ""}, "Enter the length"),
        ({"duration_minutes": "an hour"}, "must be a whole number"),
        ({"duration_minutes": "4"}, "must be 5 or more"),
        ({"duration_minutes": "9" * 40}, "must be 2,880 or fewer"),
        ({"accredits_course": "999999"}, "must be one of the list"),
    ],
)
def test_add_course_says_what_is_wrong_beside_the_field(client, authority, wrong, sentence) -> None:
    answer = client.post("/courses/add", data=GOOD | wrong)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert db.session.scalars(select(Course).where(Course.authority_id.is_not(None))).all() == []


def test_withdraw_course_keeps_it_for_the_record(client, authority) -> None:
    course = make_course(authority_id=authority.id, name="Our own")
    answer = client.post(f"/courses/{course.id}/withdraw")
    assert (answer.status_code, answer.location) == (303, "/courses")
    page = client.get("/courses").text
    assert "Our own is no longer given" in page
    assert "No longer given" in page
    client.post(f"/courses/{course.id}/withdraw")
    assert "This course was withdrawn on" in client.get("/courses").text


def test_withdraw_course_is_for_the_own_ones(client, authority) -> None:
    theirs = make_course(authority_id=make_authority().id)
    wrap = queries.course_by_code("wrap", authority.id)
    assert client.post(f"/courses/{theirs.id}/withdraw").status_code == 404
    assert client.post(f"/courses/{wrap.id}/withdraw").status_code == 404
    assert db.session.get(Course, theirs.id).withdrawn_on is None
