"""Planning: twice changes nothing, and a reminder goes when its reason goes (domain.md 5.3)."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range

from tests.factories.people import make_membership
from tests.factories.reminders import DueSchool, make_due_school
from wrap_portal.coverage.service import refresh_stale
from wrap_portal.extensions import db
from wrap_portal.people.models import MemberRole, Membership
from wrap_portal.records.models import RecordState, TrainingRecord
from wrap_portal.reminders.models import RefresherReminder
from wrap_portal.reminders.service import plan_reminders

TODAY = date(2026, 11, 23)

pytestmark = pytest.mark.usefixtures("db_session")


@pytest.fixture
def school() -> DueSchool:
    return make_due_school()


def plan(school: DueSchool, today: date = TODAY) -> dict[str, int]:
    return dict(plan_reminders(authority_id=school.organisation.authority_id, today=today))


def on_the_plan(membership: Membership | None = None) -> list[tuple[int, str, str | None]]:
    db.session.expire_all()
    statement = select(RefresherReminder).order_by(
        RefresherReminder.valid_until, RefresherReminder.offset_days
    )
    if membership is not None:
        statement = statement.where(RefresherReminder.membership_id == membership.id)
    return [(each.offset_days, each.state.value, each.outcome) for each in db.session.scalars(statement)]


def test_plan_reminders_plans_what_is_due_and_what_is_to_come(school: DueSchool) -> None:
    school.add_member(valid_until=TODAY + timedelta(days=30))
    assert plan(school) == {"planned": 3, "withdrawn": 0}
    assert on_the_plan() == [(-30, "planned", None), (-7, "planned", None), (0, "planned", None)]


def test_plan_reminders_twice_changes_nothing(school: DueSchool) -> None:
    for number in range(5):
        school.add_member(valid_until=TODAY + timedelta(days=number))
    first = plan(school)
    before = on_the_plan()
    assert first["planned"] > 5
    assert plan(school) == {"planned": 0, "withdrawn": 0}
    assert on_the_plan() == before


def test_plan_reminders_plans_nothing_for_training_that_ran_out_long_ago(school: DueSchool) -> None:
    school.add_member(valid_until=TODAY - timedelta(days=400))
    assert plan(school) == {"planned": 0, "withdrawn": 0}


def test_plan_reminders_withdraws_when_the_member_is_trained_again(school: DueSchool) -> None:
    membership = school.add_member(valid_until=TODAY + timedelta(days=30))
    plan(school)
    school.train(membership, valid_until=TODAY + timedelta(days=365))
    assert plan(school) == {"planned": 0, "withdrawn": 3}
    assert {state for _, state, _ in on_the_plan()} == {"withdrawn"}
    assert {outcome for *_, outcome in on_the_plan()} == {"renewed"}


def test_plan_reminders_plans_again_when_the_renewal_is_voided(school: DueSchool) -> None:
    membership = school.add_member(valid_until=TODAY + timedelta(days=30))
    plan(school)
    school.train(membership, valid_until=TODAY + timedelta(days=365))
    plan(school)
    renewal = db.session.scalars(select(TrainingRecord).order_by(TrainingRecord.completed_on.desc())).first()
    assert renewal is not None
    renewal.state, renewal.decision_reason = RecordState.VOIDED, "A slip of the finger"
    renewal.decided_at = renewal.recorded_at
    db.session.flush()
    refresh_stale()
    assert plan(school) == {"planned": 3, "withdrawn": 0}
    assert on_the_plan() == [(-30, "planned", None), (-7, "planned", None), (0, "planned", None)]


@pytest.mark.parametrize("ended_on", [TODAY, TODAY + timedelta(days=10)])
def test_plan_reminders_withdraws_for_a_leaver(school: DueSchool, ended_on: date) -> None:
    membership = school.add_member(valid_until=TODAY + timedelta(days=30))
    plan(school)
    membership.during = Range(membership.during.lower, ended_on, bounds="[)")
    db.session.flush()
    refresh_stale()
    plan(school)
    expected = "left" if ended_on == TODAY else "not_due"
    assert {(state, outcome) for _, state, outcome in on_the_plan()} == {("withdrawn", expected)}


@pytest.mark.parametrize(
    ("change", "outcome"),
    [({"closed_on": TODAY}, "closed"), ({"counts": False, "not_counted_reason": "Private"}, "closed")],
)
def test_plan_reminders_withdraws_for_a_school_that_closed_or_does_not_count(
    school: DueSchool, change: dict[str, Any], outcome: str
) -> None:
    school.add_member(valid_until=TODAY + timedelta(days=30))
    plan(school)
    for name, value in change.items():
        setattr(school.organisation, name, value)
    db.session.flush()
    refresh_stale()
    plan(school)
    assert {(state, why) for _, state, why in on_the_plan()} == {("withdrawn", outcome)}


def test_plan_reminders_leaves_out_roles_that_need_no_training(school: DueSchool) -> None:
    school.add_member(valid_until=TODAY, role=MemberRole.GOVERNOR)
    make_membership(school.organisation)
    assert plan(school) == {"planned": 0, "withdrawn": 0}


def test_plan_reminders_lets_the_later_of_two_overtake(school: DueSchool) -> None:
    school.add_member(valid_until=TODAY)
    plan(school, TODAY - timedelta(days=7))
    # Nobody looked between the seventh day before and the day itself.
    plan(school)
    assert on_the_plan()[:2] == [(-7, "withdrawn", "overtaken"), (0, "planned", None)]


def test_plan_reminders_gives_up_on_a_day_long_past(school: DueSchool) -> None:
    school.add_member(valid_until=TODAY + timedelta(days=40))
    plan(school, TODAY - timedelta(days=20))
    assert on_the_plan() == [(-60, "planned", None), (-30, "planned", None)]
    plan(school, TODAY - timedelta(days=13))
    assert on_the_plan()[0] == (-60, "withdrawn", "too_late")


def test_plan_reminders_keeps_to_one_authority(school: DueSchool) -> None:
    other = make_due_school()
    other.add_member(valid_until=TODAY)
    assert plan(school) == {"planned": 0, "withdrawn": 0}
