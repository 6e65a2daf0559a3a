"""A lead's first page: is my school all right?"""

from datetime import date
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from tests.coverage.reading import words
from tests.factories.accounts import make_lead, make_manager, make_viewer
from tests.factories.courses import make_course
from tests.factories.coverage import make_requirement, without_default_requirements
from tests.factories.organisations import make_organisation
from tests.factories.people import make_membership
from tests.factories.records import make_headcount, make_record
from tests.support.queries import counted_queries
from tests.support.signing_in import sign_in
from wrap_portal.coverage.models import Measure
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Authority, Organisation
from wrap_portal.people.models import MemberRole, Membership
from wrap_portal.transaction import committed


@pytest.fixture(autouse=True)
def today() -> Any:
    with time_machine.travel("2026-11-23 12:00", tick=False):
        yield


class School:
    """A school that must have a lead in date (24 months), somebody (36), and its staff (12)."""

    def __init__(self) -> None:
        without_default_requirements()
        self.course, self.talk = make_course(), make_course()
        make_requirement(courses=[self.course], name="A trained lead", code="leads")
        make_requirement(
            courses=[self.talk], name="Somebody trained", code="any", measure=Measure.ANY, months=36
        )
        make_requirement(
            courses=[self.talk], name="Half of the staff", code="half", measure=Measure.SHARE, months=12
        )
        self.organisation: Organisation = make_organisation(name="Abbey Primary")
        self.lead: Membership = make_membership(self.organisation)
        self.lead.person.name = "Ada Lead"

    def train(self, on: date) -> None:
        with committed():
            make_record(self.lead.person, self.course, completed_on=on)

    @property
    def address(self) -> str:
        return f"/organisations/{self.organisation.id}/coverage"


@pytest.fixture
def school(db_session: Any) -> School:
    with committed():
        return School()


@pytest.fixture
def lead(client: FlaskClient, school: School) -> FlaskClient:
    return sign_in(client, make_lead(school.organisation))


def test_own_organisation_leads_to_the_leads_school(lead: FlaskClient, school: School) -> None:
    answer = lead.get("/my-organisation")
    assert (answer.status_code, answer.location) == (303, school.address)
    assert lead.get("/").location == "/my-organisation"


def test_organisation_says_until_when_the_school_is_covered(lead: FlaskClient, school: School) -> None:
    school.train(date(2025, 3, 14))
    with committed():
        make_headcount(school.organisation, school.talk, held_on=date(2026, 1, 5))
    page = lead.get(school.address)
    said = words(page)
    assert "Your school is covered until 14 March 2027" in said
    assert "A trained lead Covered until 14 March 2027" in said
    assert "Somebody trained Covered until 5 January 2029" in said
    assert "Half of the staff Not covered Never trained" in said
    for button in ("Book places", "Log an in-house session", "Staff list"):
        assert button in said


def test_organisation_says_what_is_missing_and_who_is_due(lead: FlaskClient, school: School) -> None:
    school.train(date(2024, 12, 1))
    said = words(lead.get(school.address))
    assert "Your school is not fully covered" in said
    assert "Runs out on 1 December 2026" in said
    assert "Half of the staff Never trained" in said
    school.lead.during = school.lead.during.__class__(date(2020, 9, 1), date(2026, 11, 1), bounds="[)")
    with committed():
        db.session.flush()
    said = words(lead.get(school.address))
    assert "Your school is not covered" in said
    assert "Lead vacant" in said
    assert "Ada Lead" not in said


def test_organisation_asks_nobody_in_particular_where_anybody_will_do(
    lead: FlaskClient, school: School
) -> None:
    with committed():
        make_record(school.lead.person, school.talk, completed_on=date(2023, 12, 20))
    said = words(lead.get(school.address))
    assert "Somebody trained Covered until 20 December 2026" in said
    assert "Ran out on 20 December 2024" in said
    assert "Runs out on 20 December 2026" not in said


def test_organisation_is_as_at_any_date(lead: FlaskClient, school: School) -> None:
    school.train(date(2025, 3, 14))
    assert "is not fully covered" in words(lead.get(f"{school.address}?as_at=2027-03-14"))
    later = words(lead.get(f"{school.address}?as_at=2027-03-15"))
    assert "is not covered" in later
    assert "Expired on 14 March 2027" in later
    bad = lead.get(f"{school.address}?as_at=soon")
    assert bad.status_code == 422
    assert "The date must" in words(bad)


def test_organisation_that_is_closed_is_asked_nothing(lead: FlaskClient, school: School) -> None:
    school.organisation.closed_on = date(2026, 9, 1)
    with committed():
        db.session.flush()
    said = words(lead.get(school.address))
    assert "Nothing is asked of your school on this date" in said
    assert "covered until" not in said


def test_organisation_is_shown_to_its_own_only(client: FlaskClient, school: School) -> None:
    authority = db.session.get_one(Authority, school.organisation.authority_id)
    said = words(sign_in(client, make_manager(authority)).get(school.address))
    assert "This school is not covered" in said and "Book places" in said
    said = words(sign_in(client, make_viewer(authority)).get(school.address))
    assert "This school is not covered" in said and "Book places" not in said
    for stranger in (make_lead(make_organisation(authority)), make_manager()):
        assert sign_in(client, stranger).get(school.address).status_code == 404


def test_organisation_asks_as_much_for_sixty_people_as_for_one(lead: FlaskClient, school: School) -> None:
    address = school.address
    with counted_queries() as few:
        lead.get(address)
    with committed():
        for _ in range(60):
            make_membership(school.organisation, role=MemberRole.TEACHING_STAFF)
    with counted_queries() as many:
        said = words(lead.get(address))
    assert len(many) == len(few) <= 12, many
    assert "and 12 more" in said
