"""Signing in by the link in a mail and out again, in a real browser, with JavaScript and without."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.conftest import OwnDatabase
from tests.factories.accounts import make_lead
from tests.factories.organisations import make_organisation
from tests.support.browser import axe_violations
from wrap_portal.extensions import db
from wrap_portal.mail.models import Message
from wrap_portal.transaction import committed

EMAIL = "lee@school.example"


@pytest.fixture
def staff_page(own_database: OwnDatabase) -> str:
    """The address of the staff list that the lead keeps."""
    with own_database.app.app_context(), committed():
        school = make_organisation(name="Hill School")
        make_lead(school, email=EMAIL, name="Lee Lead")
        return f"/organisations/{school.id}/staff"


def link_in_the_mail(own_database: OwnDatabase) -> str:
    """Return the link that was sent."""
    with own_database.app.app_context():
        message = db.session.scalars(select(Message).where(Message.recipient == EMAIL)).one()
        found = re.search(r"https?://\S+/sign-in/link/\S+", message.body_text)
    assert found is not None
    return found[0]


def sign_in_and_out(page: Page, own_database: OwnDatabase, staff_page: str, *, by_keyboard: bool) -> None:
    """Ask for the staff list, be sent to sign in, come back to it, sign out, and find the door shut."""
    page.goto(staff_page)
    expect(page.get_by_role("heading", name="Sign in", level=1)).to_be_visible()
    page.get_by_label("Email address").fill(EMAIL)
    if by_keyboard:
        page.keyboard.press("Enter")
    else:
        page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    page.goto(link_in_the_mail(own_database))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Staff list")).to_be_visible()
    expect(page.get_by_text("Lee Lead")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You have signed out")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in", level=1)).to_be_visible()


def test_a_lead_signs_in_and_out(page: Page, own_database: OwnDatabase, staff_page: str) -> None:
    sign_in_and_out(page, own_database, staff_page, by_keyboard=True)


def test_a_lead_signs_in_and_out_without_javascript(
    new_page_without_javascript: Page, own_database: OwnDatabase, staff_page: str
) -> None:
    sign_in_and_out(new_page_without_javascript, own_database, staff_page, by_keyboard=False)


def test_the_pages_of_visitors_are_accessible(page: Page) -> None:
    for width in (320, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for path in ("/", "/sign-in", "/sign-in/check-your-email", "/sign-in/link/x", "/signed-out"):
            page.goto(path)
            assert axe_violations(page) == [], (path, width)
            wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            assert not page.evaluate(wider), (path, width)
