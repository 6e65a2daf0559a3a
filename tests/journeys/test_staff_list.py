"""A lead keeps the staff list: adds somebody, hands the role of DSL over."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import OwnDatabase
from tests.factories.accounts import make_lead
from tests.factories.organisations import make_organisation
from tests.factories.people import make_membership, make_person
from tests.support.browser import axe_violations
from wrap_portal.accounts import messages, service
from wrap_portal.transaction import committed


@pytest.fixture
def link(own_database: OwnDatabase) -> str:
    """The path of a sign-in link that leads to the staff list of a school with one member, the DSL."""
    with own_database.app.app_context(), committed():
        school = make_organisation(name="Hill School")
        make_membership(school, make_person(school.authority, name="Olga Outgoing"))
        token = service.issue_sign_in_link(user_id=make_lead(school).id)
        address = messages.sign_in_address(token, f"/organisations/{school.id}/staff")
        return address.removeprefix(own_database.app.config["SETTINGS"].base_url)


def keep_the_list(page: Page, link: str, look: Callable[[], None]) -> None:
    """Do it all; `look` is called on each page on the way."""
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    look()
    page.get_by_role("button", name="Add somebody").click()
    page.get_by_label("Full name").fill("nora de NEW")
    page.get_by_label("Teaching staff").check()
    page.get_by_role("button", name="Add to the staff list").click()
    expect(page.get_by_role("alert").get_by_text("Enter the start date")).to_be_visible()
    look()
    for part, number in (("Day", "1"), ("Month", "9"), ("Year", "2026")):
        page.get_by_label(part, exact=True).fill(number)
    page.get_by_role("button", name="Add to the staff list").click()
    expect(page.get_by_role("link", name="nora de NEW")).to_be_visible()
    page.get_by_role("link", name="Olga Outgoing").click()
    look()
    page.get_by_role("link", name="Hand over").click()
    page.get_by_label("Who takes over?").select_option("nora de NEW")
    look()
    page.get_by_role("button", name="Hand over").click()
    expect(page.get_by_text("nora de NEW takes over on")).to_be_visible()
    expect(page.get_by_role("row", name="nora de NEW")).to_contain_text("Designated safeguarding lead")
    expect(page.get_by_role("link", name="Olga Outgoing")).to_have_count(0)
    look()


def test_a_lead_keeps_the_staff_list(page: Page, link: str) -> None:
    found: list[str] = []
    keep_the_list(page, link, lambda: found.extend(f"{page.url}: {each}" for each in axe_violations(page)))
    assert found == []


def test_a_lead_keeps_the_staff_list_without_javascript_on_a_phone(
    new_page_without_javascript: Page, link: str
) -> None:
    page = new_page_without_javascript
    page.set_viewport_size({"width": 320, "height": 640})
    keep_the_list(page, link, lambda: None)
