"""Organisations in the browser."""

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.factories.accounts import make_grant, make_lead, make_manager, make_viewer
from tests.factories.organisations import make_authority, make_organisation, make_ward
from tests.support.queries import counted_queries
from tests.support.signing_in import sign_in
from wrap_portal.extensions import db
from wrap_portal.organisations.models import (
    Authority,
    Organisation,
    OrganisationAlias,
    OrganisationStatus,
    Sector,
)
from wrap_portal.web.access import Role

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Europe/London"))
GOOD = {"name": "Al-Noor Madrassah", "sector": "community", "category": "Supplementary school"}


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    """The day that the tests are set on."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def authority(client: FlaskClient) -> Authority:
    """The authority whose manager has signed in."""
    authority = make_authority(code="380", name="Bradford")
    sign_in(client, make_manager(authority))
    return authority


# the list


def test_organisation_list_shows_what_is_open_today(client: FlaskClient, authority: Authority) -> None:
    make_organisation(authority, name="Ash School", urn=107201, town="Shipley", postcode="BD18 1AA")
    make_organisation(authority, name="Misc", counts=False)
    make_organisation(authority, name="Gone", status=OrganisationStatus.CLOSED, closed_on=TODAY)
    make_organisation(name="Elsewhere")
    page = client.get("/organisations").text.replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "Ash School",
        "URN 107201",
        "Shipley, BD18 1AA",
        "Open, not counted",
        "Showing 1 to 2 of 2",
    ):
        assert words in page
    assert "Gone" not in page
    assert "Elsewhere" not in page
    closed = client.get("/organisations?state=closed").text
    assert "Closed on 23 November 2026" in closed
    assert "Ash School" not in closed


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("words=ash", {"Ash"}),
        ("words=oldname", {"Elm"}),
        ("sector=health", {"Trust"}),
        ("category=Primary&state=either", {"Ash", "Elm", "Gone"}),
        ("state=closed", {"Gone"}),
        ("words=nothing", set()),
    ],
)
def test_organisation_list_is_narrowed_by_its_address(client, authority, query, names) -> None:
    make_organisation(authority, name="Ash")
    elm = make_organisation(authority, name="Elm")
    db.session.add(OrganisationAlias(organisation_id=elm.id, name="Oldname", until=TODAY))
    make_organisation(authority, name="Trust", sector=Sector.HEALTH, category="NHS trust")
    make_organisation(authority, name="Gone", closed_on=TODAY)
    page = client.get(f"/organisations?{query}").text
    assert {name for name in ("Ash", "Elm", "Trust", "Gone") if f">{name}</a>" in page} == names


@pytest.mark.parametrize(
    "query", ["sector=nonsense", "category=nonsense", "state=nonsense", f"words={'x' * 200}", "words=%00"]
)
def test_organisation_list_says_what_is_wrong_with_a_filter(client, authority, query) -> None:
    make_organisation(authority, name="Ash")
    answer = client.get(f"/organisations?{query}")
    assert answer.status_code == 200
    assert "There is a problem" in answer.text


def test_organisation_list_is_read_in_pages_with_as_many_questions_for_one_as_for_all(
    client, authority
) -> None:
    make_organisation(authority)
    with counted_queries() as for_one:
        client.get("/organisations")
    for _ in range(60):
        make_organisation(authority)
    with counted_queries() as for_many:
        page = client.get("/organisations?page=2").text
    assert "Showing 51 to 61 of 61 organisations" in page
    assert len(for_one) == len(for_many) <= 12


def test_organisation_list_of_nobody_says_where_schools_come_from(client, authority) -> None:
    page = client.get("/organisations").text
    assert "Import your schools from the national register first" in page
    assert 'href="/registers/import"' in page


def test_organisation_list_is_of_the_authority_that_is_worked_on(client) -> None:
    first, second = make_authority(name="Aford"), make_authority(name="Beeford")
    manager = make_manager(first)
    make_grant(manager, role=Role.MANAGER, authority_id=second.id)
    make_organisation(first, name="Ash")
    make_organisation(second, name="Beech")
    sign_in(client, manager)
    client.post("/working-on", data={"authority_id": second.id})
    page = client.get("/organisations").text
    assert "Beech" in page
    assert "Ash" not in page


def test_organisation_list_of_a_lead_has_the_own_one(client, app) -> None:
    own = make_organisation(name="Own School")
    make_organisation(own.authority, name="Next Door")
    sign_in(client, make_lead(own))
    page = client.get("/organisations").text
    assert "Own School" in page
    assert "Next Door" not in page
    assert "by hand" not in page


def test_organisation_list_of_a_viewer_is_to_read(client) -> None:
    school = make_organisation(name="Ash")
    sign_in(client, make_viewer(school.authority))
    page = client.get("/organisations").text
    assert "Ash" in page
    assert "by hand" not in page


# one of them


def test_organisation_shows_what_it_is_and_the_names_it_had(client, authority) -> None:
    school = make_organisation(
        authority,
        name="Elm Academy",
        urn=107201,
        street="Mill Lane",
        town="Shipley",
        postcode="BD18 1AA",
        ward_code=make_ward(authority, name="Windhill").code,
        website="http://www.elm.example.org",
        opened_on=date(2012, 9, 1),
        establishment_type_code=34,
    )
    db.session.add(OrganisationAlias(organisation_id=school.id, name="Elm School", until=date(2025, 7, 1)))
    page = client.get(f"/organisations/{school.id}").text
    for words in (
        "Elm Academy",
        "URN 107201",
        "Academy converter",
        "Mill Lane, Shipley, BD18 1AA",
        "Windhill",
        "Elm School, until 1 July 2025",
        "1 September 2012",
        'href="http://www.elm.example.org"',
        f'href="/organisations/{school.id}/staff"',
        "In-house sessions",
        f'href="/organisations/{school.id}/close"',
    ):
        assert words in page


def test_organisation_says_why_it_is_not_counted(client, authority) -> None:
    school = make_organisation(authority, counts=False, not_counted_reason="A mixed class")
    assert "No: A mixed class" in client.get(f"/organisations/{school.id}").text


def test_organisation_is_closed_once_its_day_has_come(client, authority) -> None:
    states = []
    for closed_on in (date(2020, 8, 31), date(2030, 8, 31)):
        closing = make_organisation(
            authority, closed_on=closed_on, status=OrganisationStatus.PROPOSED_TO_CLOSE
        )
        page = client.get(f"/organisations/{closing.id}").text
        states.append(("Open, proposed to close" in page, f"/organisations/{closing.id}/close" in page))
    assert states[0] == (False, False)
    assert states[1][0]


def test_organisation_cannot_be_closed_by_who_does_not_manage_it(client) -> None:
    school = make_organisation()
    sign_in(client, make_viewer(school.authority))
    page = client.get(f"/organisations/{school.id}")
    assert page.status_code == 200
    assert "/close" not in page.text
    assert "In-house sessions" not in page.text
    assert client.get(f"/organisations/{school.id}/close").status_code == 403


# by hand


def test_add_organisation_keeps_one_that_is_in_no_register(client, authority) -> None:
    ward = make_ward(authority)
    answer = client.post(
        "/organisations/add",
        data=GOOD | {"postcode": "bd1 1hx", "ward": ward.code, "opened_on": "2020-09-01"},
    )
    assert answer.status_code == 303
    added = db.session.scalars(select(Organisation)).one()
    assert (added.name, added.sector, added.local_code) == (GOOD["name"], Sector.COMMUNITY, "L00001")
    assert (added.postcode, added.ward_code, added.opened_on) == ("BD1 1HX", ward.code, date(2020, 9, 1))
    assert added.authority_id == authority.id
    assert "has been added as L00001" in client.get(answer.location).text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "Enter the name of the organisation"),
        ({"name": "x" * 201}, "200 characters or fewer"),
        ({"sector": "circus"}, "must be one of the list"),
        ({"category": " "}, "Enter the category"),
        ({"postcode": "Bradford"}, "Enter a full postcode"),
        ({"website": "javascript:alert(1)"}, "Enter the address of a website"),
        ({"ward": "E05000000"}, "must be one of the list"),
        ({"opened_on": "2026-11-24"}, "must be on or before 23 November 2026"),
        ({"opened_on": "2026-02-30"}, "must be a real date"),
    ],
)
def test_add_organisation_says_what_is_wrong_beside_the_field(client, authority, wrong, sentence) -> None:
    answer = client.post("/organisations/add", data=GOOD | wrong)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert db.session.scalars(select(Organisation)).all() == []


def test_add_organisation_shows_its_questions(client, authority) -> None:
    assert "Add an organisation" in client.get("/organisations/add").text


def test_close_organisation_keeps_the_date(client, authority) -> None:
    school = make_organisation(authority, name="Ash")
    assert "the next import opens it again" in client.get(f"/organisations/{school.id}/close").text
    answer = client.post(f"/organisations/{school.id}/close", data={"on": "2026-11-20"})
    assert answer.status_code == 303
    assert "20 November 2026" in client.get(answer.location).text
    assert db.session.get(Organisation, school.id).status is OrganisationStatus.CLOSED


def test_close_organisation_refuses_a_day_before_it_opened(client, authority) -> None:
    school = make_organisation(authority, opened_on=date(2020, 9, 1))
    answer = client.post(f"/organisations/{school.id}/close", data={"on": "2020-08-31"})
    assert answer.status_code == 422
    assert "opened on 1 September 2020" in answer.text
    assert db.session.get(Organisation, school.id).closed_on is None
