"""The demonstration shows the published figures, whatever day it is loaded on."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select, text

from tests.support.databases import Template, bound_app
from wrap_portal.accounts.queries import demonstration_accounts
from wrap_portal.bookings.models import Booking, BookingState
from wrap_portal.courses.queries import course_by_code
from wrap_portal.coverage import queries as coverage
from wrap_portal.coverage.service import rebuild_differences
from wrap_portal.demonstration.councils import COMMITTEE_DAY, COUNCILS, Council
from wrap_portal.demonstration.service import load_demonstration
from wrap_portal.errors import DomainError
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Authority, Organisation
from wrap_portal.organisations.queries import get_authority
from wrap_portal.sessions.models import TrainingSession
from wrap_portal.trainers.queries import accreditation_on, person_of_user
from wrap_portal.transaction import committed

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def loaded(database_template: Template) -> Iterator[None]:
    """A portal with the demonstration, loaded once for all of this file."""
    name = database_template.copy()
    with bound_app(database_template.server.url(name)) as app, app.app_context():
        with committed():
            load_demonstration(today=TODAY)
        yield
        db.session.remove()
    database_template.server.drop(name)


def share(code: str, authority_code: str, day: date) -> coverage.CoverageFigure:
    """Return a figure of a council."""
    authority = get_authority(authority_code)
    assert authority is not None
    requirement = coverage.requirement_by_code(code, authority.id)
    assert requirement is not None
    return coverage.figure(requirement, authority.id, day)


@pytest.mark.usefixtures("loaded")
def test_buckinghamshire_told_its_committee_90_percent_and_every_lead() -> None:
    whole_school = share("school_any", "825", COMMITTEE_DAY)
    assert (whole_school.covered, whole_school.denominator) == (234, 260)
    assert str(whole_school.percent(1)) == "90.0"
    assert share("school_lead", "825", COMMITTEE_DAY).gap == 0


@pytest.mark.usefixtures("loaded")
def test_bradford_had_22_of_90_members_in_date_at_the_end_of_2017() -> None:
    authority = get_authority("380")
    assert authority is not None
    requirement = coverage.requirement_by_code("elected_members", authority.id)
    assert requirement is not None
    counts = coverage.people_counts([requirement], authority.id, date(2017, 12, 31))[requirement.id]
    assert (counts.in_date, counts.required) == (22, 90)


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("council", COUNCILS, ids=lambda council: council.name)
def test_a_council_has_as_many_schools_as_its_real_register(council: Council) -> None:
    today = share("school_any", council.code, TODAY)
    assert today.denominator == council.schools_today
    assert share("school_any", council.code, COMMITTEE_DAY).denominator == council.schools_2018
    lead = share("school_lead", council.code, TODAY)
    assert 0.80 < lead.covered / lead.denominator < 0.99
    assert lead.covered_with_claims >= lead.covered


@pytest.mark.usefixtures("loaded")
def test_today_has_something_due_something_lapsed_and_something_coming() -> None:
    authority = get_authority("825")
    assert authority is not None
    due = coverage.due_members(as_at=TODAY, until=TODAY + timedelta(days=60), authority_id=authority.id)
    assert any(one.requirement_code == "school_lead" for one in due)
    requirement = coverage.requirement_by_code("school_lead", authority.id)
    assert requirement is not None
    reasons = {row.reason for row in coverage.gap_list(requirement, authority.id, TODAY)}
    assert {"expired", "never_trained", "lead_vacant", "only_claim"} <= {str(reason) for reason in reasons}
    coming = db.session.scalar(
        text("SELECT count(*) FROM session_dates WHERE lower(during) > :today"), {"today": TODAY}
    )
    assert coming >= 5 * len(COUNCILS)


@pytest.mark.usefixtures("loaded")
def test_the_lead_who_can_be_tried_may_deliver_in_the_own_school_today() -> None:
    lead = next(each for each in demonstration_accounts() if each.email.startswith("lead."))
    (grant,) = lead.grants
    assert grant.organisation_id is not None
    person = person_of_user(lead.user_id)
    authority = get_authority("825")
    assert person is not None
    assert authority is not None
    wrap = course_by_code("wrap", authority.id)
    assert wrap is not None
    held = accreditation_on(
        person_id=person.id, course_id=wrap.id, day=TODAY, organisation_id=grant.organisation_id
    )
    assert held is not None


@pytest.mark.usefixtures("loaded")
def test_places_booked_are_the_bookings_that_stand() -> None:
    counted = (
        select(func.count())
        .where(Booking.training_session_id == TrainingSession.id, Booking.state == BookingState.CONFIRMED)
        .scalar_subquery()
    )
    wrong = db.session.scalar(
        select(func.count()).select_from(TrainingSession).where(TrainingSession.booked != counted)
    )
    assert wrong == 0


@pytest.mark.usefixtures("loaded")
def test_nothing_was_booked_after_today() -> None:
    assert db.session.scalar(select(func.max(Booking.booked_at))) < datetime.combine(TODAY, time(), UTC)


@pytest.mark.usefixtures("loaded")
def test_coverage_follows_from_the_evidence() -> None:
    assert rebuild_differences() == []


@pytest.mark.usefixtures("loaded")
def test_a_portal_in_use_is_not_filled() -> None:
    before = db.session.scalar(select(func.count()).select_from(Organisation))
    with pytest.raises(DomainError, match="already holds an authority"):
        load_demonstration(today=TODAY)
    assert db.session.scalar(select(func.count()).select_from(Organisation)) == before
    assert db.session.scalar(select(func.count()).select_from(Authority)) == len(COUNCILS)
