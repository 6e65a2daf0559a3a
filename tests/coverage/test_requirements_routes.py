"""What is required of whom, and adding to it."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from tests.coverage.reading import words
from tests.factories.accounts import make_manager, make_viewer
from tests.factories.courses import make_course
from tests.factories.organisations import make_authority
from tests.support.signing_in import sign_in
from wrap_portal.courses.queries import course_by_code
from wrap_portal.coverage import queries
from wrap_portal.coverage.models import Measure, ValidityBasis
from wrap_portal.organisations.models import Authority


@pytest.fixture
def authority(db_session: Any) -> Authority:
    return make_authority()


@pytest.fixture
def manager(client: FlaskClient, authority: Authority) -> FlaskClient:
    return sign_in(client, make_manager(authority))


def answers(authority: Authority, **changes: Any) -> MultiDict[str, Any]:
    """A share of elected members every year, with some answers changed; None leaves one out."""
    briefing = course_by_code("members_briefing", authority.id)
    assert briefing is not None
    given: dict[str, Any] = {
        "name": "Members trained this year",
        "source": "Minutes of 12 December 2017",
        "code": "elected_members",
        "measure": "share",
        "threshold_percent": "85",
        "course_ids": [str(briefing.id)],
        "months": "12",
        "basis": "academic_year",
        "sectors": ["elected_members"],
        "roles": ["elected_member"],
        "target_percent": "100",
    }
    return MultiDict({name: value for name, value in (given | changes).items() if value is not None})


def test_requirements_are_listed_with_their_sources(manager: FlaskClient) -> None:
    page = manager.get("/requirements")
    said = words(page)
    assert "Schools with a trained safeguarding lead" in said
    assert "Keeping children safe in education: DSL training at least every two years (default)" in said
    assert "A share of people in date: 85%" in said
    assert "Add a requirement" in said


def test_requirements_can_be_read_by_a_viewer(client: FlaskClient, authority: Authority) -> None:
    page = sign_in(client, make_viewer(authority)).get("/requirements")
    assert page.status_code == 200
    assert "Add a requirement" not in words(page)


def test_add_requirement_puts_it_in_place_of_the_default(manager: FlaskClient, authority: Authority) -> None:
    assert manager.get("/requirements/add").status_code == 200
    answer = manager.post("/requirements/add", data=answers(authority))
    assert (answer.status_code, answer.location) == (303, "/requirements")
    added = queries.requirement_by_code("elected_members", authority.id)
    assert added is not None
    assert (added.authority_id, added.measure, added.months) == (authority.id, Measure.SHARE, 12)
    assert (added.threshold_percent, added.basis) == (85, ValidityBasis.ACADEMIC_YEAR)
    assert "stands from now on" in words(manager.get("/requirements"))
    again = manager.post("/requirements/add", data=answers(authority, name="Once more"))
    assert again.status_code == 422
    assert "You have a requirement in place of this one already" in words(again)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Enter the name"),
        ({"source": ""}, "Enter where it is written"),
        ({"measure": None}, "Select what makes an organisation covered"),
        ({"measure": "moon"}, "What makes an organisation covered must be one of the list"),
        ({"threshold_percent": ""}, "Enter the percentage of people who must be in date"),
        ({"threshold_percent": "101"}, "The percentage of people must be 100 or fewer"),
        ({"course_ids": None}, "Select a course that is accepted"),
        ({"course_ids": ["2000000000"]}, "must be one of the list"),
        ({"months": "0"}, "The months must be 1 or more"),
        ({"months": "a year"}, "The months must be a whole number"),
        ({"sectors": None}, "Select a kind of organisation"),
        ({"measure": "lead", "roles": None}, "Select the roles that lead"),
        ({"target_percent": "-5"}, "The target must be 0 or more"),
        ({"code": None, "name": "Elected members trained"}, "There is a requirement of this name already"),
    ],
)
def test_add_requirement_says_what_is_wrong_beside_the_field(
    manager: FlaskClient, authority: Authority, changes: dict[str, Any], sentence: str
) -> None:
    page = manager.post("/requirements/add", data=answers(authority, **changes))
    assert page.status_code == 422
    assert words(page).count(sentence) == 2  # in the summary and beside the field
    assert [each.authority_id for each in queries.requirements(authority.id)].count(authority.id) == 0


def test_add_requirement_offers_no_course_of_others(manager: FlaskClient, authority: Authority) -> None:
    theirs = make_course(authority_id=make_authority().id, name="Secret course")
    assert "Secret course" not in words(manager.get("/requirements/add"))
    page = manager.post("/requirements/add", data=answers(authority, course_ids=[str(theirs.id)]))
    assert page.status_code == 422
