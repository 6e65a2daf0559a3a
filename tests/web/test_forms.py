"""Forms on a page: posted, refused, shown again."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html

GOOD = {
    "name": "Ada Byron",
    "places": "20",
    "on-day": "14",
    "on-month": "3",
    "on-year": "2027",
    "starts_at": "2pm",
    "course": "1",
    "mode": "online",
    "people": "7",
}

# One of each kind of trouble; every field gets every one of them.
BAD_INPUT = [
    "",
    " ",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}",
    "{% raise %}",
    "'; DROP TABLE people; --",
    "%s %d {0}",
    "=cmd|' /C calc'!A0",
    "a\r\nBcc: x@example.org",
    "nul\x00byte",
    "esc\x1b[31m",
    "\u202egnp.exe",
    "\ufeff",
    "é" * 100,
    "𝔘𝔫𝔦",
    "-1",
    "0",
    "1e309",
    "1" + "0" * 30,
    "9" * 5000,
    "0x10",
    "٣",
    "NaN",
    "29",
    "2027-02-29",
    "01:30",
    "24:00",
    "None",
    "null",
    "../../etc/passwd",
    "x" * 1_000_000,
]


def test_good_answers_are_taken(small_client: FlaskClient) -> None:
    answer = small_client.post("/everything", data=GOOD)
    assert (answer.status_code, answer.location) == (303, "/everything")


def test_flashes_are_banners_after_the_redirect(small_client: FlaskClient) -> None:
    small_client.post("/everything", data=GOOD)
    page = html.document_fromstring(small_client.get("/everything").get_data(as_text=True))
    success, important = page.find_class("govuk-notification-banner")
    assert "It is in the diary." in success.text_content()
    assert "govuk-notification-banner--success" in success.get("class")
    assert "One place is left." in important.text_content()


def test_an_empty_post_is_refused_and_not_a_first_visit(small_client: FlaskClient) -> None:
    answer = small_client.post("/everything")
    assert answer.status_code == 422
    assert "Enter full name" in answer.get_data(as_text=True)


def test_json_is_no_form(small_client: FlaskClient) -> None:
    assert small_client.post("/everything", json=[1, 2]).status_code == 422
    assert small_client.post("/everything", data=b"{", content_type="application/json").status_code == 422


def test_every_error_links_to_an_input_that_is_there(small_client: FlaskClient) -> None:
    answer = small_client.post("/everything", data=GOOD | {"name": "", "on-month": "13", "people": ""})
    page = html.document_fromstring(answer.get_data(as_text=True))
    links = page.xpath("//*[contains(@class, 'govuk-error-summary')]//a")
    assert [(link.text_content().strip(), link.get("href")) for link in links] == [
        ("Enter full name", "#name"),
        ("The date must be a real date", "#on-month"),
        ("Select who to book", "#people"),
    ]
    for link in links:
        assert page.get_element_by_id(link.get("href")[1:]).tag == "input"
    assert page.xpath("string(/html/head/title)").startswith("Error: Everything")
    assert "govuk-input--error" in page.get_element_by_id("on-month").get("class")
    assert "govuk-input--error" not in page.get_element_by_id("on-day").get("class")


def test_what_was_typed_stays_on_the_page(small_client: FlaskClient) -> None:
    typed = GOOD | {"name": "", "places": "many", "on-day": "40", "starts_at": "late", "notes": "a <b> & c"}
    page = html.document_fromstring(small_client.post("/everything", data=typed).get_data(as_text=True))
    assert page.get_element_by_id("places").get("value") == "many"
    assert page.get_element_by_id("on-day").get("value") == "40"
    assert page.get_element_by_id("starts_at").get("value") == "late"
    assert page.get_element_by_id("notes").text == "a <b> & c"
    assert page.xpath("//option[@selected]/text()") == ["WRAP"]
    assert [box.get("value") for box in page.xpath("//input[@checked]")] == ["online", "7"]


def test_a_domain_error_stands_at_its_field(small_client: FlaskClient) -> None:
    answer = small_client.post("/everything", data=GOOD | {"places": "13"})
    assert answer.status_code == 422
    page = html.document_fromstring(answer.get_data(as_text=True))
    assert "There are only 12 chairs." in page.get_element_by_id("places-error").text_content()
    assert page.xpath("//a[@href='#places']/text()") == ["There are only 12 chairs."]


@pytest.mark.parametrize("field", ["nowhere", "key"])
def test_a_domain_error_without_a_field_stands_on_top(small_client: FlaskClient, field: str) -> None:
    answer = small_client.post(f"/everything?refuse={field}", data=GOOD | {"places": "13"})
    page = html.document_fromstring(answer.get_data(as_text=True))
    assert page.xpath("//ul[contains(@class, 'govuk-error-summary__list')]/li")[0].text_content().strip() == (
        "There are only 12 chairs."
    )


@pytest.mark.parametrize("bad", BAD_INPUT, ids=lambda bad: ascii(bad)[:30])
def test_no_field_breaks_on_bad_input(small_client: FlaskClient, bad: str) -> None:
    names = [*GOOD, "on", "notes", "email", "key", "sure", "file"]
    for name in names:
        answer = small_client.post("/everything", data=GOOD | {name: bad})
        assert answer.status_code in (303, 422), name
        assert "<script>alert" not in answer.get_data(as_text=True), name
        assert "<img src=x" not in answer.get_data(as_text=True), name


@pytest.mark.parametrize("posted", [["1"], ["1", "2"], ["1", "2", "2027", "4"], [""] * 3, ["x"] * 50])
def test_a_date_never_breaks_whatever_is_posted(small_client: FlaskClient, posted: list[str]) -> None:
    without_date = {name: value for name, value in GOOD.items() if not name.startswith("on-")}
    data: dict[str, Any] = without_date | {"on": posted}
    assert small_client.post("/everything", data=data).status_code in (303, 422)
    data = without_date | {"on": (io.BytesIO(b"x"), "x.txt"), "on-day": (io.BytesIO(b"x"), "x.txt")}
    assert small_client.post("/everything", data=data).status_code == 422


def test_required_and_optional_are_said(small_client: FlaskClient) -> None:
    page = html.document_fromstring(small_client.get("/everything").get_data(as_text=True))
    labels = {label.get("for"): label.text_content().strip() for label in page.iter("label")}
    assert labels["name"] == "Full name"
    assert labels["notes"] == "Notes (optional)"
    assert page.xpath("//form[@novalidate]")


def test_a_post_without_the_token_is_refused(small_app: Flask) -> None:
    small_app.config["WTF_CSRF_ENABLED"] = True
    client = small_app.test_client()
    answer = client.post("/everything", data=GOOD)
    assert answer.status_code == 400
    assert "open for too long" in answer.get_data(as_text=True)
    token = re.search(
        r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/everything").get_data(as_text=True)
    )
    assert token is not None
    assert client.post("/everything", data=GOOD | {"csrf_token": token[1]}).status_code == 303
