"""What was typed while a sign-in ran out comes back to be sent again, and only to who typed it."""

import re
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

from tests.conftest import OwnDatabase
from tests.factories.accounts import make_manager
from tests.factories.organisations import make_authority
from tests.support.pages import faults
from tests.support.signing_in import sign_in
from wrap_portal.courses.models import Course
from wrap_portal.extensions import db

OURS = {"Sec-Fetch-Site": "same-origin"}
COURSE = {"name": "<b>Hill</b> workshop", "mode": "workshop", "duration_minutes": "90", "description": ""}


def hidden(answer: TestResponse) -> dict[str, str]:
    assert faults(answer.text, answer.headers["Content-Security-Policy"]) == []
    inputs = html.document_fromstring(answer.text).xpath("//main//form//input[@type='hidden']")
    return {each.get("name"): each.get("value") for each in inputs}


def test_what_was_typed_is_sent_again_after_signing_in(own_database: OwnDatabase) -> None:
    app = own_database.make_app()
    app.config["WTF_CSRF_ENABLED"] = True
    with app.app_context():
        user = make_manager(make_authority())
        client = app.test_client()
        before = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/sign-in").text)
        assert before is not None
        ended = client.post("/courses/add", data=COURSE | {"csrf_token": before[1]}, headers=OURS)
        assert ended.status_code == 403
        assert "/sign-in" in ended.text
        sign_in(client, user)
        # The token was the old session's: asked once more, by a page that knows who is signed in.
        again = client.post("/courses/add", data=hidden(ended), headers=OURS)
        assert again.status_code == 400
        assert hidden(again).items() >= COURSE.items()
        assert client.post("/courses/add", data=hidden(again), headers=OURS).status_code == 303
        assert db.session.query(Course).filter_by(name=COURSE["name"]).count() == 1


def test_the_button_and_every_ticked_box_come_back(client: FlaskClient) -> None:
    data = {"people": ["1", "2"], "everybody_else": ""}
    answer = client.post("/sessions/1/book?organisation=7", data=data, headers=OURS)
    inputs = html.document_fromstring(answer.text).xpath("//main//form//input[@name='people']/@value")
    assert inputs == ["1", "2"]
    assert hidden(answer)["everybody_else"] == ""


def test_a_file_has_to_be_chosen_again(client: FlaskClient) -> None:
    data = {"authority": "1", "file": (BytesIO(b"x"), "schools.csv")}
    answer = client.post("/registers/import", data=data, headers=OURS)
    assert "Only the file has to be chosen again" in answer.text


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", None])
def test_another_sites_answers_never_come_back(client: FlaskClient, site: str | None) -> None:
    answer = client.post("/courses/add", data=COURSE, headers={"Sec-Fetch-Site": site} if site else {})
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in")


def test_nothing_is_kept_of_an_empty_form(client: FlaskClient) -> None:
    assert client.post("/courses/add", data={"csrf_token": "x"}, headers=OURS).status_code == 303
