"""Staff lists in the browser."""

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.factories.accounts import make_lead, make_manager, make_viewer
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_declared_headcount, make_membership, make_person
from tests.support.queries import counted_queries
from tests.support.signing_in import sign_in
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation, Sector
from wrap_portal.people import queries
from wrap_portal.people.models import MemberRole, Person

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Europe/London"))


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    """The day that the tests are set on."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def school(client: FlaskClient) -> Organisation:
    """The school whose lead has signed in."""
    school = make_organisation(name="Hill School")
    sign_in(client, make_lead(school))
    return school


def roles_today(school: Organisation) -> dict[str, list[str]]:
    """Return {name: roles} on the staff list."""
    return {row.name: [role.value for role in row.roles] for row in queries.staff_list(school.id, TODAY)}


def test_staff_shows_who_belongs_today(client: FlaskClient, school: Organisation) -> None:
    make_membership(school, make_person(school.authority, name="Dee Ess-ELL", email="d@s.example"))
    make_membership(school, make_person(school.authority, name="Gone Away"), ended_on=TODAY)
    make_membership(school, make_person(school.authority, name="New Year"), started_on=date(2027, 1, 1))
    make_declared_headcount(school, headcount=1234)
    page = client.get(f"/organisations/{school.id}/staff").text
    for words in ("Dee Ess-ELL", "d@s.example", "Starting later", "New Year", "1,234 people", "Hill School"):
        assert words in page
    assert "Gone Away" not in page
    assert "Nobody has the role" not in page
    assert "Who can sign in" not in page


def test_staff_says_what_is_missing(client: FlaskClient, school: Organisation) -> None:
    page = client.get(f"/organisations/{school.id}/staff").text
    assert "There is nobody on the staff list yet" in page
    assert "Nobody has the role of Designated safeguarding lead (DSL)" in page
    assert "Not declared" in page


def test_staff_of_any_organisation_for_a_manager_to_change_and_a_viewer_to_read(client: FlaskClient) -> None:
    school = make_organisation()
    member = make_membership(school)
    for make, changes in ((make_manager, True), (make_viewer, False)):
        sign_in(client, make(school.authority))
        for path, link in (
            (f"/organisations/{school.id}/staff", "Add somebody"),
            (f"/organisations/{school.id}/staff", "Who can sign in"),
            (f"/people/{member.person_id}", "Hand over"),
            (f"/people/{member.person_id}", "Correct the name"),
        ):
            assert (link in client.get(path).text) is changes, path


def test_staff_asks_the_database_as_often_for_thirty_as_for_one(
    client: FlaskClient, school: Organisation
) -> None:
    counts = []
    for more in (1, 29):
        for _ in range(more):
            make_membership(school)
        with counted_queries() as statements:
            client.get(f"/organisations/{school.id}/staff")
        counts.append(len(statements))
    assert counts[0] == counts[1]


def add(client: FlaskClient, school: Organisation, **change: str) -> TestResponse:
    """Post the form for somebody new."""
    data = {
        "name": "van der BERG",
        "email": "v@school.example",
        "role": "dsl",
        "started_on-day": "1",
        "started_on-month": "9",
        "started_on-year": "2026",
    }
    return client.post(f"/organisations/{school.id}/staff/add", data=data | change)


def test_add_staff_puts_somebody_on_the_list(client: FlaskClient, school: Organisation) -> None:
    answer = add(client, school, person_id="1", authority_id="1", organisation_id="1")
    assert (answer.status_code, answer.location) == (303, f"/organisations/{school.id}/staff")
    assert roles_today(school) == {"van der BERG": ["dsl"]}
    assert "van der BERG is on the staff list" in client.get(answer.location).text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "Enter the full name"),
        ({"name": "J" * 201}, "200 characters or fewer"),
        ({"email": "x"}, "like name@example.com"),
        ({"role": ""}, "Select the role"),
        ({"role": "elected_member"}, "must be one of the list"),
        ({"started_on-day": ""}, "start date must include a day"),
        ({"started_on-month": "13"}, "must be a real date"),
        ({"started_on-year": "1949"}, "1950 or later"),
        ({"started_on-year": "2028"}, "within a year from today"),
        ({"email": "d@school.example", "name": "Dee"}, "already has this role here"),
        ({"email": "d@school.example"}, "Say whether it is the same person"),
    ],
)
def test_add_staff_refuses_beside_the_field_and_does_nothing(
    client: FlaskClient, school: Organisation, change: dict[str, str], sentence: str
) -> None:
    make_membership(school, make_person(school.authority, name="Dee", email="d@school.example"))
    people = len(db.session.scalars(select(Person.id)).all())
    answer = add(client, school, **change)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert roles_today(school) == {"Dee": ["dsl"]}
    assert len(db.session.scalars(select(Person.id)).all()) == people


def test_add_staff_asks_whether_it_is_the_same_person_without_telling_who(
    client: FlaskClient, school: Organisation
) -> None:
    known = make_person(school.authority, name="Secret Maiden", email="v@school.example")
    assert "same_person" not in client.get(f"/organisations/{school.id}/staff/add").text
    asked = add(client, school)
    assert 'name="same_person"' in asked.text
    assert "Secret Maiden" not in asked.text
    assert add(client, school, same_person="True").status_code == 303
    assert roles_today(school) == {"Secret Maiden": ["dsl"]}
    assert add(client, school, same_person="False").status_code == 303
    assert roles_today(school).keys() == {"Secret Maiden", "van der BERG"}
    assert known.name == "Secret Maiden"


def test_add_staff_offers_the_roles_of_the_sector(client: FlaskClient) -> None:
    practice = make_organisation(sector=Sector.HEALTH, category="GP practice")
    sign_in(client, make_lead(practice))
    page = client.get(f"/organisations/{practice.id}/staff/add").text
    assert "Clinical staff" in page
    assert "Deputy DSL" not in page


def test_change_role_from_a_day_on(client: FlaskClient, school: Organisation) -> None:
    member = make_membership(school, role=MemberRole.TEACHING_STAFF)
    path = f"/organisations/{school.id}/staff/{member.id}/role"
    assert 'value="teaching_staff"' not in client.get(path).text
    answer = client.post(path, data={"role": "deputy_dsl", "on": "2026-11-23"})
    assert (answer.status_code, answer.location) == (303, f"/organisations/{school.id}/staff")
    assert roles_today(school) == {member.person.name: ["deputy_dsl"]}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"role": "", "on": "2026-11-23"}, "Select the new role"),
        ({"role": "governor", "on": ""}, "Enter first day in the new role"),
        ({"role": "governor", "on": "2020-09-01"}, "must be after 1 September 2020"),
    ],
)
def test_change_role_refuses_beside_the_field_and_does_nothing(
    client: FlaskClient, school: Organisation, data: dict[str, str], sentence: str
) -> None:
    member = make_membership(school)
    answer = client.post(f"/organisations/{school.id}/staff/{member.id}/role", data=data)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert roles_today(school) == {member.person.name: ["dsl"]}


def test_change_role_of_a_foreign_or_ended_membership_is_not_there(
    client: FlaskClient, school: Organisation
) -> None:
    ended, foreign = make_membership(school, ended_on=TODAY), make_membership()
    for membership in (ended, foreign):
        for step in ("role", "hand-over"):
            path = f"/organisations/{school.id}/staff/{membership.id}/{step}"
            assert client.get(path).status_code == 404
            assert client.post(path, data={"role": "governor", "on": "2026-11-23"}).status_code == 404


def test_hand_over_to_a_colleague(client: FlaskClient, school: Organisation) -> None:
    dsl, heir = make_membership(school), make_membership(school, role=MemberRole.GOVERNOR)
    path = f"/organisations/{school.id}/staff/{dsl.id}/hand-over"
    page = client.get(path).text
    assert f'<option value="{heir.person_id}"' in page
    assert f'<option value="{dsl.person_id}"' not in page
    answer = client.post(path, data={"to": heir.person_id, "on": "2026-11-23"})
    assert answer.status_code == 303
    assert roles_today(school) == {heir.person.name: ["dsl", "governor"]}


def test_hand_over_refuses_beside_the_field_and_does_nothing(
    client: FlaskClient, school: Organisation
) -> None:
    dsl, late = make_membership(school), make_membership(school, started_on=date(2027, 1, 1))
    stranger = make_membership()
    path = f"/organisations/{school.id}/staff/{dsl.id}/hand-over"
    for to, on, sentence in (
        ("", "2026-11-23", "Select who takes over"),
        (stranger.person_id, "2026-11-23", "must be one of the list"),
        (late.person_id, "2026-11-23", "on the staff list on 23 November 2026"),
        (late.person_id, "2026-02-30", "real date"),
    ):
        answer = client.post(path, data={"to": to, "on": on})
        assert answer.status_code == 422
        assert sentence in answer.text
    assert roles_today(school) == {dsl.person.name: ["dsl"]}


def test_leave_in_one_step(client: FlaskClient, school: Organisation) -> None:
    dsl = make_membership(school)
    governor = make_membership(school, dsl.person, role=MemberRole.GOVERNOR)
    path = f"/organisations/{school.id}/staff/{dsl.person_id}/leave"
    page = client.get(path).text
    assert page.count("checked") == 2
    answer = client.post(path, data={"on": "2026-11-23", "roles": [dsl.id, governor.id]})
    assert (answer.status_code, answer.location) == (303, f"/organisations/{school.id}/staff")
    assert roles_today(school) == {}


def test_leave_may_end_one_of_several_roles(client: FlaskClient, school: Organisation) -> None:
    dsl = make_membership(school)
    make_membership(school, dsl.person, role=MemberRole.GOVERNOR)
    path = f"/organisations/{school.id}/staff/{dsl.person_id}/leave"
    assert client.post(path, data={"on": "2026-11-23"}).status_code == 422
    assert client.post(path, data={"on": "2026-11-23", "roles": [dsl.id]}).status_code == 303
    assert roles_today(school) == {dsl.person.name: ["governor"]}


@pytest.mark.parametrize(
    ("on", "sentence"),
    [
        ("", "Enter the leaving date"),
        ("2020-09-01", "must be after 1 September 2020"),
        ("2030-01-01", "within a year"),
        ("2026-02-30", "real date"),
    ],
)
def test_leave_refuses_beside_the_field_and_does_nothing(
    client: FlaskClient, school: Organisation, on: str, sentence: str
) -> None:
    member = make_membership(school)
    answer = client.post(f"/organisations/{school.id}/staff/{member.person_id}/leave", data={"on": on})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert roles_today(school) == {member.person.name: ["dsl"]}


def test_leave_ends_no_role_elsewhere(client: FlaskClient, school: Organisation) -> None:
    here = make_membership(school)
    elsewhere = make_membership(make_organisation(), here.person)
    path = f"/organisations/{school.id}/staff/{here.person_id}/leave"
    assert client.post(path, data={"on": "2026-11-23", "roles": [elsewhere.id]}).status_code == 303
    assert here.during.upper == TODAY
    assert elsewhere.during.upper is None


def test_headcount_is_declared(client: FlaskClient, school: Organisation) -> None:
    answer = client.post(
        f"/organisations/{school.id}/headcount", data={"headcount": "1,040", "declared_on": "2026-11-23"}
    )
    assert answer.status_code == 303
    assert "1,040 people" in client.get(answer.location).text


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"headcount": "many", "declared_on": "2026-11-23"}, "must be a whole number"),
        ({"headcount": "-1", "declared_on": "2026-11-23"}, "must be 0 or more"),
        ({"headcount": "1" + "0" * 30, "declared_on": "2026-11-23"}, "100,000 or fewer"),
        ({"headcount": "5", "declared_on": "2026-11-24"}, "today or in the past"),
        ({"headcount": "5", "declared_on": ""}, "Enter the date"),
    ],
)
def test_headcount_refuses_beside_the_field_and_does_nothing(
    client: FlaskClient, school: Organisation, data: dict[str, str], sentence: str
) -> None:
    answer = client.post(f"/organisations/{school.id}/headcount", data=data)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert queries.declared_headcount(school.id, TODAY) is None


def test_person_shows_a_lead_the_own_organisation_only(client: FlaskClient, school: Organisation) -> None:
    person = make_person(school.authority, name="Jo Two-Schools")
    make_membership(school, person)
    make_membership(make_organisation(school.authority, name="Secret School"), person)
    page = client.get(f"/people/{person.id}").text
    assert "Jo Two-Schools" in page
    assert "Hill School" in page
    assert "Secret School" not in page
    sign_in(client, make_manager(school.authority))
    assert "Secret School" in client.get(f"/people/{person.id}").text


def test_person_of_the_authority_without_a_role(client: FlaskClient) -> None:
    authority = make_authority()
    sign_in(client, make_manager(authority))
    page = client.get(f"/people/{make_person(authority).id}").text
    assert "belongs to no organisation" in page


def test_edit_person_keeps_capitals_as_typed(client: FlaskClient, school: Organisation) -> None:
    person = make_membership(school).person
    path = f"/people/{person.id}/edit"
    assert f'value="{person.name}"' in client.get(path).text
    answer = client.post(path, data={"name": "mcDONALD", "email": "", "authority_id": "1"})
    assert (answer.status_code, answer.location) == (303, f"/people/{person.id}")
    assert (person.name, person.email, person.authority_id) == ("mcDONALD", None, school.authority_id)


def test_edit_person_refuses_beside_the_field(client: FlaskClient, school: Organisation) -> None:
    person = make_membership(school, make_person(school.authority, name="Jo")).person
    for data, sentence in (
        ({"name": "", "email": ""}, "Enter the full name"),
        ({"name": "Jo", "email": "x"}, "like name@example.com"),
    ):
        answer = client.post(f"/people/{person.id}/edit", data=data)
        assert answer.status_code == 422
        assert sentence in answer.text
    assert person.name == "Jo"
