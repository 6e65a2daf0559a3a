"""The pages of figures and the rows behind them."""

from datetime import date
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from tests.coverage.reading import links, words
from tests.factories.accounts import make_manager, make_viewer
from tests.factories.bookings import make_booking
from tests.factories.courses import make_course
from tests.factories.coverage import make_requirement, without_default_requirements
from tests.factories.organisations import make_authority, make_organisation, make_ward
from tests.factories.people import make_membership
from tests.factories.records import make_claim, make_record
from tests.factories.sessions import make_training_session
from tests.support.queries import counted_queries
from tests.support.signing_in import sign_in
from wrap_portal.courses.models import Course
from wrap_portal.coverage.models import Measure, Requirement
from wrap_portal.organisations.models import Authority, Organisation
from wrap_portal.people.models import MemberRole
from wrap_portal.transaction import committed

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def today() -> Any:
    with time_machine.travel("2026-11-23 12:00", tick=False):
        yield


class Council:
    """Ten schools in two phases and a ward: seven with a trained lead, one with a claim only."""

    def __init__(self) -> None:
        without_default_requirements()
        self.authority: Authority = make_authority(name="Buckinghamshire")
        self.course: Course = make_course(name="Workshop")
        self.leads: Requirement = make_requirement(
            courses=[self.course], code="leads", name="Schools with a lead"
        )
        self.any: Requirement = make_requirement(
            courses=[self.course], code="anyone", name="Schools with anybody", measure=Measure.ANY, months=12
        )
        self.staff: Requirement = make_requirement(
            courses=[self.course], code="staff", name="Schools with their staff", measure=Measure.SHARE
        )
        ward = make_ward(self.authority, name="Abbey")
        self.schools = [self.school(number, ward.code) for number in range(10)]

    def school(self, number: int, ward_code: str | None = None) -> Organisation:
        school = make_organisation(
            self.authority,
            name=f"School {number:02}",
            category="Primary" if number < 6 else "Secondary",
            ward_code=ward_code if number < 5 else None,
        )
        lead = make_membership(school)
        if number < 7:
            make_record(lead.person, self.course, completed_on=date(2025, 3, 14))
        if number == 7:
            make_claim(lead.person, self.course, school, completed_on=date(2026, 6, 1))
        return school


@pytest.fixture
def council(db_session: Any) -> Council:
    with committed():
        return Council()


@pytest.fixture
def manager(client: FlaskClient, council: Council) -> FlaskClient:
    return sign_in(client, make_manager(council.authority))


# dashboard


def test_dashboard_shows_both_measures_and_what_makes_them(manager: FlaskClient) -> None:
    page = manager.get("/coverage")
    assert page.status_code == 200
    said = words(page)
    assert "Schools with a lead 70%" in said
    assert "7 covered + 3 not covered = 10" in said
    assert "80% including claims awaiting verification" in said
    assert "Short of the target of 100%" in said
    assert "No more and no less than on 23 August 2026" in said
    assert "Schools with anybody 0%" in said
    assert "0 covered + 10 not covered = 10" in said
    assert "70% were covered at some time" in said
    assert "70 points less than on 23 November 2025" in said
    assert links(page)["See the 3 not covered: Schools with a lead"] == "/coverage/leads/gaps"
    assert links(page)["1 claim of previous training"] == "/claims"
    assert "0 of 10 people, 0.0%" not in said
    assert "7 of 10 people, 70.0%" in said


def test_dashboard_is_as_at_any_date_and_links_keep_it(manager: FlaskClient) -> None:
    page = manager.get("/coverage?as_at=2026-03-14")
    said = words(page)
    assert "As at 14 March 2026" in said
    assert "Schools with anybody 70%" in said
    assert "70 points more" not in said
    assert (
        links(page)["See the 3 not covered: Schools with anybody"] == "/coverage/anyone/gaps?as_at=2026-03-14"
    )
    later = words(manager.get("/coverage?as_at-day=15&as_at-month=3&as_at-year=2026"))
    assert "As at 15 March 2026" in later
    assert "Schools with anybody 0%" in later
    assert "70 points less than on 15 December 2025" in later
    assert "70 points less than on 15 March 2025" in later


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("as_at=yesterday", "The date must"),
        ("as_at=2026-02-30", "The date must be a real date"),
        ("as_at-day=1&as_at-month=&as_at-year=2026", "The date must include a month"),
        ("as_at=99999-01-01", "The date must"),
    ],
)
@pytest.mark.parametrize("address", ["/coverage", "/coverage/leads", "/coverage/leads/gaps"])
def test_dashboard_and_rows_refuse_a_bad_date_with_a_sentence(
    manager: FlaskClient, address: str, query: str, sentence: str
) -> None:
    page = manager.get(f"{address}?{query}")
    assert page.status_code == 422
    assert sentence in words(page)
    assert "There is a problem" in words(page)


def test_dashboard_slices_link_to_their_rows(manager: FlaskClient) -> None:
    page = manager.get("/coverage")
    found = links(page)
    assert found["100%: 6 of 6 Primary, Schools with a lead"] == "/coverage/leads?by=phase&part=Primary"
    rows = manager.get("/coverage/leads?by=phase&part=Secondary")
    assert "Showing 1 to 4 of 4 organisations" in words(rows)


def test_dashboard_says_what_to_do_where_nothing_counts(client: FlaskClient, db_session: Any) -> None:
    page = sign_in(client, make_manager()).get("/coverage")
    assert "No school counts on this date" in words(page)
    assert "n/a" in words(page)


def test_dashboard_of_a_viewer_names_no_decisions(client: FlaskClient, council: Council) -> None:
    page = sign_in(client, make_viewer(council.authority)).get("/coverage")
    assert page.status_code == 200
    assert "claim of previous training" not in words(page)


@pytest.mark.parametrize("address", ["/coverage", "/coverage/leads", "/coverage/leads/gaps"])
def test_dashboard_and_rows_ask_as_much_for_forty_schools_as_for_ten(
    manager: FlaskClient, council: Council, address: str
) -> None:
    with counted_queries() as few:
        manager.get(address)
    with committed():
        for number in range(10, 40):
            council.school(number)
    with counted_queries() as many:
        manager.get(address)
    assert len(many) == len(few) <= 12, many


# requirement


def test_requirement_shows_slices_that_add_up_and_all_rows(manager: FlaskClient) -> None:
    page = manager.get("/coverage/leads?by=ward")
    said = words(page)
    assert "Schools with a lead" in said
    assert "Abbey 5 0 5 100%" in said
    assert "Ward not known 2 3 5 40%" in said
    assert "All 7 3 10 70%" in said
    assert "School 00" in said and "Covered until 14 March 2027" in said
    assert "School 08" in said and "Never trained" in said


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("state=covered", 7),
        ("state=gap", 3),
        ("by=ward&part=", 5),
        ("by=ward&part=&state=gap", 3),
        ("by=ward&part=X", 0),
    ],
)
def test_requirement_filters_its_rows(manager: FlaskClient, query: str, number: int) -> None:
    said = words(manager.get(f"/coverage/leads?{query}"))
    if number:
        assert f"of {number} organisations" in said
    else:
        assert "No organisation is like this" in said


def test_requirement_counts_people_where_the_measure_does(manager: FlaskClient) -> None:
    said = words(manager.get("/coverage/staff"))
    assert "7 of 10 people in date: 70.0%" in said
    assert "people in date" not in words(manager.get("/coverage/leads"))
    assert "People needed 85%" in said


def test_requirement_that_is_none_is_not_found(manager: FlaskClient) -> None:
    assert manager.get("/coverage/moon").status_code == 404
    assert manager.get("/coverage/moon/gaps").status_code == 404


def test_requirement_refuses_a_slice_that_is_none(manager: FlaskClient) -> None:
    page = manager.get("/coverage/leads?by=moon")
    assert page.status_code == 422
    assert "The slice must be one of the list" in words(page)


# gaps


def test_gaps_name_each_organisation_with_its_reason(manager: FlaskClient, council: Council) -> None:
    with committed():
        session = make_training_session(council.authority, course=council.course)
        member = council.schools[8]
        person = make_membership(member, role=MemberRole.DEPUTY_DSL).person
        make_booking(session, person, member)
    said = words(manager.get("/coverage/leads/gaps"))
    assert "3 of 10 organisations not covered, 7 covered: 70%" in said
    assert "Only an unverified claim: 1" in said
    assert "Never trained: 2" in said
    assert "School 07" in said and "School 09" in said and "School 06" not in said
    assert session.dates[0].during.lower.strftime("%b %Y") in said


def test_gaps_are_filtered_by_reason(manager: FlaskClient) -> None:
    page = manager.get("/coverage/leads/gaps?reason=only_claim")
    assert "Showing 1 to 1 of 1 organisations" in words(page)
    assert "School 07" in words(page) and "School 08" not in words(page)
    assert "No organisation is missing for this reason" in words(
        manager.get("/coverage/leads/gaps?reason=expired")
    )
    assert manager.get("/coverage/leads/gaps?reason=moon").status_code == 422


def test_gaps_come_in_pages(manager: FlaskClient, council: Council) -> None:
    with committed():
        for number in range(60):
            make_organisation(council.authority, name=f"Empty {number:02}")
    first, second = manager.get("/coverage/leads/gaps"), manager.get("/coverage/leads/gaps?page=2")
    assert "Showing 1 to 50 of 63 organisations" in words(first)
    assert "Showing 51 to 63 of 63 organisations" in words(second)
    assert "No staff list: 60" in words(second)
    assert "Empty 00" in words(first) and "Empty 00" not in words(second)


def test_gaps_of_requirements_that_all_meet_say_so(client: FlaskClient, council: Council) -> None:
    with committed():
        course = make_course()
        authority = make_authority()
        make_requirement(authority, courses=[course], code="own")
        lead = make_membership(make_organisation(authority))
        make_record(lead.person, course, completed_on=date(2026, 3, 1))
        make_requirement(authority, courses=[course], code="nobody", sectors=["health"])
    sign_in(client, make_manager(authority))
    assert "Every organisation is covered on this date" in words(client.get("/coverage/own/gaps"))
    assert "Nothing counts for this requirement" in words(client.get("/coverage/nobody/gaps"))
