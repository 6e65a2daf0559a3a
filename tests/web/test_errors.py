"""Every error is a page of our own that says what to do and how to find the request."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.exc import OperationalError

from tests.support.pages import faults


def looked_at(answer: Any) -> str:
    """Return the page's words, after checking it as any other page."""
    page = answer.get_data(as_text=True)
    assert faults(page, answer.headers["Content-Security-Policy"]) == []
    assert answer.headers["X-Request-ID"] in page
    return " ".join(html.document_fromstring(page).text_content().split())


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "could not read"),
        (403, "You cannot do this"),
        (404, "Page not found"),
        (405, "cannot be used that way"),
        (413, "too much to send"),
        (418, "could not read"),
        (422, "could not use what you sent"),
        (429, "Too many tries"),
        (500, "problem with the service"),
        (501, "problem with the service"),
        (503, "unavailable"),
    ],
)
def test_each_status_has_its_page(small_client: FlaskClient, status: int, words: str) -> None:
    answer = small_client.get(f"/fails/{status}")
    assert answer.status_code == status
    assert words in looked_at(answer)


def test_a_crash_says_nothing_of_its_cause(small_client: FlaskClient) -> None:
    answer = small_client.get("/crashes/secret-token")
    assert answer.status_code == 500
    words = looked_at(answer)
    assert "secret-token" not in words
    assert "RuntimeError" not in words


def test_a_wrong_method_says_which_are_right(small_client: FlaskClient) -> None:
    assert "POST" in small_client.delete("/everything").headers["Allow"]


def test_a_refusal_without_a_form_is_a_page(small_client: FlaskClient) -> None:
    answer = small_client.post("/refuses")
    assert answer.status_code == 422
    assert "The session has already started." in looked_at(answer)


def test_a_database_that_is_down_is_said_and_will_be_back(small_client: FlaskClient) -> None:
    answer = small_client.get("/database-down")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert "Try again in a few minutes" in looked_at(answer)


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/database-down", 503)])
def test_error_pages_need_no_database(small_app: Flask, path: str, status: int) -> None:
    """Who is signed in is asked of the database, by every page's frame; here it does not answer."""

    def who_is_it() -> dict[str, str]:
        raise OperationalError("SELECT users", {}, Exception("server closed the connection"))

    small_app.context_processor(who_is_it)
    answer = small_app.test_client().get(path)
    assert answer.status_code == status
    looked_at(answer)


def test_a_page_whose_frame_needs_the_dead_database_is_unavailable(small_app: Flask) -> None:
    def who_is_it() -> dict[str, str]:
        raise OperationalError("SELECT users", {}, Exception("server closed the connection"))

    small_app.context_processor(who_is_it)
    assert small_app.test_client().get("/everything").status_code == 503


def test_a_foreign_host_gets_a_page_too(small_app: Flask) -> None:
    small_app.config["TRUSTED_HOSTS"] = ["portal.example"]
    answer = small_app.test_client().get("/everything", base_url="http://evil.example")
    assert answer.status_code == 400
    assert "evil.example" not in looked_at(answer)
