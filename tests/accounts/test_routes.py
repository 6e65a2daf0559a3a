"""The first page, the navigation and the choice of where to work."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from lxml import html

from tests.factories.accounts import (
    make_administrator,
    make_grant,
    make_lead,
    make_manager,
    make_trainer,
    make_user,
    make_viewer,
)
from tests.factories.organisations import make_authority, make_organisation
from tests.support.bodies import told_by
from tests.support.queries import counted_queries
from tests.support.signing_in import sign_in
from wrap_portal.accounts.routes import HOMES
from wrap_portal.web.access import Role


def test_home_tells_visitors_what_the_portal_is_for(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "which schools, health bodies and other organisations" in page.text
    assert 'href="/sign-in"' in page.text
    assert "Set-Cookie" not in page.headers
    # Nobody's council: the footer names none.
    assert "Run for" not in client.get("/").text


@pytest.mark.parametrize(
    ("make", "role"),
    [
        (make_manager, Role.MANAGER),
        (make_viewer, Role.VIEWER),
        (make_trainer, Role.TRAINER),
        (make_lead, Role.LEAD),
        (make_administrator, Role.ADMINISTRATOR),
    ],
)
def test_home_sends_each_role_to_its_first_page(
    app: Flask, client: FlaskClient, make: Callable[[], Any], role: Role
) -> None:
    answer = sign_in(client, make()).get("/")
    endpoint = dict(HOMES)[role]
    with app.test_request_context():
        assert (answer.status_code, answer.location) == (303, url_for(endpoint))
    assert client.get(answer.location, follow_redirects=True).status_code == 200


def test_home_tells_who_has_no_role(client: FlaskClient) -> None:
    page = sign_in(client, make_user(name="Jo Roleless")).get("/")
    assert page.status_code == 200
    assert "Your account has no role at present" in page.text
    assert "Jo Roleless" in page.text


def test_working_on_offers_what_the_user_holds_and_keeps_the_choice(client: FlaskClient) -> None:
    user = make_user()
    near, far = make_authority(name="Nearshire"), make_authority(name="Farshire", brand_colour="#123456")
    make_grant(user, authority_id=near.id)
    make_grant(user, role=Role.VIEWER, authority_id=far.id)
    sign_in(client, user)
    page = client.get("/working-on")
    assert "Farshire" in page.text
    assert "Run for Nearshire" in page.text
    answer = client.post("/working-on", data={"authority_id": far.id})
    assert (answer.status_code, answer.location) == (303, "/")
    page = client.get("/working-on")
    assert "Run for Farshire" in page.text
    assert "#123456" in page.text


@pytest.mark.parametrize("field", ["authority_id", "organisation_id"])
def test_working_on_refuses_what_the_user_does_not_hold(client: FlaskClient, field: str) -> None:
    mine, other = make_organisation(), make_organisation()
    sign_in(client, make_lead(mine))
    foreign = {"authority_id": other.authority_id, "organisation_id": other.id}[field]
    answers = {
        told_by(client.post("/working-on", data={field: value})) for value in (foreign, 10**9, "x", "")
    }
    assert [status for status, _ in answers] == [404]
    # The lead's authority is not theirs to work on as a whole.
    assert client.post("/working-on", data={"authority_id": mine.authority_id}).status_code == 404


def navigation(client: FlaskClient, path: str) -> list[tuple[str, str | None]]:
    """Return the address and the mark (aria-current) of each link of a page's navigation."""
    page = html.document_fromstring(client.get(path).text)
    links = page.xpath("//a[contains(@class, 'service-navigation__link')]")
    return [(link.get("href"), link.get("aria-current")) for link in links if link.get("href") != "/"]


def test_navigation_shows_what_the_caller_may_open(client: FlaskClient) -> None:
    school = make_organisation()
    staff = f"/organisations/{school.id}/staff"
    assert dict(navigation(client, "/")) == {"/sign-in": None}
    of_lead = dict(navigation(sign_in(client, make_lead(school)), staff))
    assert of_lead[staff] == "page"
    assert not {"/organisations", "/registers", "/users", "/working-on"} & of_lead.keys()
    of_manager = dict(navigation(sign_in(client, make_manager(school.authority)), staff))
    assert of_manager["/organisations"] == "true"
    assert not {staff, "/users", "/working-on"} & of_manager.keys()
    of_administrator = dict(navigation(sign_in(client, make_administrator()), "/users"))
    assert of_administrator["/users"] == "page"
    assert "/organisations" not in of_administrator


def test_navigation_marks_one_link_at_most(client: FlaskClient) -> None:
    sign_in(client, make_administrator())
    for path in ("/users", "/users/add", "/registers", "/working-on", "/nowhere"):
        assert sum(mark is not None for _, mark in navigation(client, path)) <= 1


def test_a_page_asks_for_its_caller_once(client: FlaskClient) -> None:
    sign_in(client, make_lead())
    with counted_queries() as statements:
        client.get("/working-on")
    assert len(statements) == 1
