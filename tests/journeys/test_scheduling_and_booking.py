"""A trainer puts a session in the diary, a school's lead books it: in a real browser, without JavaScript."""

from dataclasses import dataclass
from datetime import date

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.factories.accounts import make_lead, make_manager, make_trainer
from tests.factories.courses import make_course
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.sessions import make_training_session, make_venue
from tests.factories.trainers import make_accreditation, make_proposal, make_trainer_account
from tests.support.browser import axe_violations
from tests.support.databases import OwnDatabase
from wrap_portal import clock
from wrap_portal.accounts.service import issue_sign_in_link
from wrap_portal.extensions import db
from wrap_portal.mail.models import Message
from wrap_portal.transaction import committed

WIDTHS = (320, 768, 1280)


@dataclass(frozen=True)
class Town:
    """Who and what the journeys need, by id."""

    trainer_user: int
    trainer: int
    lead_user: int
    manager_user: int
    session: int
    proposal: int
    accreditation: int


@pytest.fixture
def town(own_database: OwnDatabase) -> Town:
    """A council with a trainer, a school with three people and a lead, and one session in the diary."""
    with own_database.app.app_context(), committed():
        authority = make_authority(name="Testshire")
        school = make_organisation(authority, name="Hill School")
        course = make_course(name="Workshop to Raise Awareness", needs_accredited_trainer=True)
        tess = make_person(authority, name="Tess Trainer")
        accreditation = make_accreditation(tess, course)
        user = make_trainer(authority)
        make_trainer_account(user.id, tess)
        for name in ("Ada Byron", "Emmy Noether"):
            make_membership(school, make_person(authority, name=name, email=f"{name[:3]}@school.example"))
        member = make_membership(school, make_person(authority, name="Sofia Kovalevskaya"))
        make_venue(authority, name="Town Hall")
        session = make_training_session(authority, course_id=course.id, trainers=[tess], note="Bring a pen")
        return Town(
            trainer_user=user.id,
            trainer=tess.id,
            lead_user=make_lead(school).id,
            manager_user=make_manager(authority).id,
            session=session.id,
            proposal=make_proposal(member.person, course, school).id,
            accreditation=accreditation.id,
        )


def sign_in(page: Page, app: Flask, user_id: int) -> None:
    """Sign a browser in by a link, as its owner would."""
    with app.app_context(), committed():
        token = issue_sign_in_link(user_id=user_id)
    page.goto(f"/sign-in/link/{token}")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def test_a_session_is_scheduled_and_booked_without_javascript(
    own_database: OwnDatabase, town: Town, new_page_without_javascript: Page
):
    page = new_page_without_javascript
    sign_in(page, own_database.app, town.trainer_user)
    day = date(clock.today().year + 1, 6, 3)

    page.goto("/sessions/diary")
    page.get_by_role("button", name="Schedule a session").click()
    page.get_by_label("Course").select_option("Workshop to Raise Awareness")
    for part, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        page.get_by_label(part).fill(str(value))
    page.get_by_label("Starts").fill("10am")
    page.get_by_label("Ends").fill("9am")
    page.get_by_label("In person").check()
    page.get_by_text("The venue is not in the list").click()
    page.get_by_label("Name of the venue").fill("Library")
    page.get_by_label("How many people it holds").fill("25")
    page.get_by_label("Number of places").fill("3")
    expect(page.get_by_label("Tess Trainer")).to_be_checked()
    page.get_by_role("button", name="Schedule the session").click()

    page.get_by_role("link", name="The end must be after the start.").click()
    expect(page.get_by_label("Ends")).to_be_focused()
    page.get_by_label("Ends").fill("midday")
    page.get_by_role("button", name="Schedule the session").click()
    expect(page.get_by_text("is in the diary and takes bookings")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Library")
    address = page.url
    page.get_by_role("button", name="Sign out").click()

    sign_in(page, own_database.app, town.lead_user)
    page.goto(address)
    expect(page.get_by_role("main")).not_to_contain_text("Library")
    expect(page.get_by_role("main")).not_to_contain_text("Tess Trainer")
    page.get_by_role("button", name="Book places").click()
    for name in ("Ada Byron", "Emmy Noether"):
        page.get_by_label(name).check()
    page.get_by_label("Name", exact=True).fill("Mary Somerville")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_role("link", name="Choose the role")).to_be_visible()
    page.get_by_label("Role").select_option("Teaching staff")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_text("3 places booked")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Library")
    expect(page.get_by_role("main")).to_contain_text("Full (3)")

    page.get_by_role("link", name="Give up the place of Emmy Noether").click()
    page.get_by_role("button", name="Give up the place").click()
    expect(page.get_by_role("main")).to_contain_text("1 of 3 left")
    with own_database.app.app_context():
        kinds = sorted(message.kind for message in db.session.query(Message))
    assert kinds == [
        "booking_confirmation",
        "booking_confirmation",
        "booking_confirmation_for_others",
    ]


def test_the_pages_keep_to_wcag_at_every_width(own_database: OwnDatabase, town: Town, page: Page):
    pages = {
        town.trainer_user: ["/sessions/diary", "/sessions/schedule", "/sessions", "/sessions/venues"],
        town.lead_user: ["/sessions", f"/sessions/{town.session}", f"/sessions/{town.session}/book"],
        town.manager_user: [
            f"/sessions/{town.session}",
            f"/sessions/{town.session}/cancel",
            "/trainers",
            f"/trainers/{town.trainer}",
            "/trainers/proposals",
            f"/trainers/accreditations/{town.proposal}/confirm",
            f"/trainers/accreditations/{town.accreditation}/withdraw",
        ],
    }
    found = []
    for user_id, addresses in pages.items():
        sign_in(page, own_database.app, user_id)
        for address in addresses:
            page.goto(address)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                found += [f"{address} at {width}: {violation}" for violation in axe_violations(page)]
                wider = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
                found += [f"{address} at {width} scrolls sideways"] if wider else []
        page.get_by_role("button", name="Sign out").click()
    assert found == []
