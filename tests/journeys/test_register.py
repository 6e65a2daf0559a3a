"""The register as a trainer takes it: on a small phone in a hall, with or without JavaScript."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.factories.accounts import make_trainer
from tests.factories.bookings import make_booking
from tests.factories.courses import make_course
from tests.factories.organisations import make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.sessions import make_training_session
from tests.factories.trainers import make_trainer_account
from tests.support.browser import axe_violations
from tests.support.databases import OwnDatabase
from wrap_portal import clock
from wrap_portal.accounts.service import issue_sign_in_link
from wrap_portal.extensions import db
from wrap_portal.people.models import Person
from wrap_portal.records.models import RecordState, TrainingRecord

SMALL_PHONE = {"width": 320, "height": 640}
# WCAG 2.2 asks for 24 px; a thumb in a hall wants more.
SMALLEST_TARGET = 40


@dataclass(frozen=True)
class Evening:
    """What the trainer has: a link to sign in, and the address of the register."""

    link: str
    register: str


@pytest.fixture
def evening(own_database: OwnDatabase) -> Evening:
    """A session of WRAP that began an hour ago, with three people of Hill School on it."""
    with own_database.app.app_context():
        school = make_organisation(name="Hill School", postcode="LS1 2AB")
        trainer = make_person(authority_id=school.authority_id, name="Tom Trainer")
        session = make_training_session(
            school.authority,
            starts_at=clock.now() - timedelta(hours=1),
            trainers=[trainer],
            course_id=make_course(name="WRAP").id,
        )
        for name in ("Ann Lee", "Bo Yu", "Cy Fox"):
            person = make_person(authority_id=school.authority_id, name=name)
            make_booking(session, make_membership(school, person).person, school)
        user = make_trainer(school.authority)
        make_trainer_account(user.id, trainer)
        made = Evening(
            f"/sign-in/link/{issue_sign_in_link(user_id=user.id)}", f"/sessions/{session.id}/register"
        )
        db.session.commit()
    return made


def take_the_register(page: Page, evening: Evening, looks_right: Callable[[Page], None]) -> None:
    """Sign in, mark two of three, save, add a walk-in, correct a mark; each page must look right."""
    page.set_viewport_size(SMALL_PHONE)
    page.goto(evening.link)
    page.get_by_role("button", name="Sign in").click()
    page.goto(evening.register)
    expect(page.get_by_text("So far: 3 not yet marked.")).to_be_visible()
    looks_right(page)
    tick(page, "Ann Lee", "Attended")
    tick(page, "Bo Yu", "Left early")
    page.get_by_role("button", name="Save register").click()
    expect(page.get_by_text("Saved: 1 attended, 1 left early, 1 not yet marked.")).to_be_visible()
    expect(mark(page, "Ann Lee", "Attended")).to_be_checked()
    page.get_by_role("link", name="add a walk-in").click()
    looks_right(page)
    page.get_by_role("button", name="Add to the register").click()
    expect(page.get_by_role("link", name="Enter the name")).to_be_visible()
    page.get_by_label("Name").fill("Di Roe")
    page.get_by_label("Organisation").select_option("Hill School, LS1 2AB")
    page.get_by_role("button", name="Add to the register").click()
    expect(page.get_by_text("Di Roe is now on the register as attended")).to_be_visible()
    tick(page, "Ann Lee", "Did not attend")
    page.get_by_role("button", name="Save register").click()
    expect(
        page.get_by_text("Saved: 1 attended, 1 left early, 1 did not attend, 1 not yet marked.")
    ).to_be_visible()
    looks_right(page)


def mark(page: Page, name: str, outcome: str):
    return page.get_by_role("group", name=name).get_by_label(outcome, exact=True)


def tick(page: Page, name: str, outcome: str) -> None:
    label = page.get_by_role("group", name=name).get_by_text(outcome, exact=True)
    box = label.bounding_box()
    assert box is not None and box["height"] >= SMALLEST_TARGET, box
    label.click()


def fits(page: Page) -> None:
    """Nothing stands out to the right of a small phone."""
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALL_PHONE["width"]


def fits_and_keeps_nobody_out(page: Page) -> None:
    """The same, and axe finds nothing: it needs JavaScript for that."""
    fits(page)
    assert axe_violations(page) == []


def test_the_register_on_a_small_phone_without_javascript(
    evening: Evening, own_database: OwnDatabase, new_page_without_javascript: Page
) -> None:
    take_the_register(new_page_without_javascript, evening, fits)
    with own_database.app.app_context():
        standing = (
            select(Person.name)
            .join(TrainingRecord, TrainingRecord.person_id == Person.id)
            .where(TrainingRecord.state == RecordState.ACCEPTED)
        )
        assert db.session.scalars(standing).all() == ["Di Roe"]


def test_the_register_with_javascript(evening: Evening, page: Page) -> None:
    take_the_register(page, evening, fits_and_keeps_nobody_out)
