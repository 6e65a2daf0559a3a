"""Figures, reasons, trends and who is due, each from one query."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.dialects.postgresql import Range

from tests.factories.bookings import make_booking
from tests.factories.courses import make_course
from tests.factories.coverage import make_requirement, without_default_requirements
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_declared_headcount, make_membership
from tests.factories.records import make_claim, make_headcount, make_record
from tests.factories.sessions import make_training_session
from tests.support.queries import counted_queries
from wrap_portal.bookings.models import BookingState
from wrap_portal.courses.models import Course
from wrap_portal.coverage import queries, service
from wrap_portal.coverage.figures_rules import CoverageRow
from wrap_portal.coverage.models import Measure, Requirement
from wrap_portal.coverage.queries import RowFilter
from wrap_portal.coverage.rules import GapReason, SliceBy
from wrap_portal.organisations.models import Authority, Organisation
from wrap_portal.people.models import MemberRole

DAY = date(2026, 6, 15)
LONG_AGO, LATELY = date(2021, 3, 1), date(2026, 1, 10)


class School:
    """A school, and a requirement of each measure for 24 months: of leads, of anybody, of half the staff."""

    def __init__(self) -> None:
        without_default_requirements()
        self.authority: Authority = make_authority()
        self.course: Course = make_course()
        self.lead, self.any, self.share = (
            make_requirement(courses=[self.course], measure=measure, code=measure.value)
            for measure in Measure
        )
        self.share.threshold_percent = 50
        self.organisation: Organisation = make_organisation(self.authority)

    def row(self, requirement: Requirement, day: date = DAY) -> CoverageRow:
        service.refresh_stale()
        (row,) = queries.coverage_rows(requirement, self.authority.id, day)
        return row

    def reasons(self, day: date = DAY) -> list[GapReason | None]:
        """Under LEAD, ANY and SHARE."""
        return [self.row(each, day).reason for each in (self.lead, self.any, self.share)]

    def member(self, role: MemberRole = MemberRole.DSL, trained_on: date | None = None, **values: Any) -> Any:
        membership = make_membership(self.organisation, role=role, **values)
        if trained_on:
            make_record(membership.person, self.course, completed_on=trained_on)
        return membership


@pytest.fixture
def school(db_session: Any) -> School:
    return School()


# why an organisation is not covered

R = GapReason


def test_nobody_was_ever_on_the_staff_list(school: School) -> None:
    assert school.reasons() == [R.NO_STAFF_LIST] * 3
    school.member(started_on=DAY + timedelta(days=1))
    assert school.reasons() == [R.NO_STAFF_LIST] * 3


def test_everybody_has_left_untrained(school: School) -> None:
    school.member(ended_on=DAY)
    assert school.reasons() == [R.LEAD_VACANT, R.NO_STAFF_LIST, R.NO_STAFF_LIST]


def test_a_lead_is_missing(school: School) -> None:
    school.member(MemberRole.GOVERNOR)
    assert school.reasons() == [R.LEAD_VACANT, R.NEVER_TRAINED, R.NEVER_TRAINED]


def test_those_who_are_there_were_never_trained(school: School) -> None:
    school.member()
    assert school.reasons() == [R.NEVER_TRAINED] * 3


def test_the_training_has_expired(school: School) -> None:
    school.member(trained_on=LONG_AGO)
    assert school.reasons() == [R.EXPIRED] * 3
    assert {school.row(each).valid_until for each in (school.lead, school.any, school.share)} == {
        date(2023, 3, 1)
    }
    assert school.row(school.lead).reason_text == "Expired on 1 March 2023"
    assert school.row(school.lead).last_training_on == LONG_AGO


def test_a_renewal_that_is_voided_leaves_the_expiry(school: School) -> None:
    member = school.member(trained_on=LONG_AGO)
    record = make_record(member.person, school.course, completed_on=LATELY)
    assert school.reasons() == [None] * 3
    record.state, record.decision_reason = "voided", "Somebody else"
    assert school.reasons() == [R.EXPIRED] * 3


def test_only_a_claim_covers(school: School) -> None:
    member = school.member(trained_on=LONG_AGO)
    make_claim(member.person, school.course, school.organisation, completed_on=LATELY)
    assert school.reasons() == [R.ONLY_CLAIM] * 3
    row = school.row(school.any)
    assert (row.covered, row.by_claim) == (False, True)


def test_trained_people_have_left(school: School) -> None:
    school.member(trained_on=LATELY, ended_on=date(2026, 5, 1))
    school.member()
    assert school.reasons() == [R.NEVER_TRAINED, R.TRAINED_LEFT, R.TRAINED_LEFT]
    assert school.row(school.any).reason_text == "Trained people have left: covered until 30 April 2026"


def test_too_few_of_a_share_are_in_date(school: School) -> None:
    school.member(trained_on=LATELY)
    for _ in range(2):
        school.member(MemberRole.GOVERNOR)
    assert school.reasons() == [None, None, R.TOO_FEW]
    assert school.row(school.share).reason_text == "Too few people in date: 1 of 3"
    make_declared_headcount(school.organisation, declared_on=date(2026, 1, 1), headcount=2)
    assert school.reasons() == [None, None, None]
    make_declared_headcount(school.organisation, declared_on=DAY, headcount=0)
    assert school.row(school.share).reason is R.NO_STAFF_LIST


def test_a_person_with_two_roles_is_one_person(school: School) -> None:
    school.share.threshold_percent = 60
    member = school.member(trained_on=LATELY)
    make_membership(school.organisation, member.person, role=MemberRole.TEACHING_STAFF)
    school.member(MemberRole.GOVERNOR)
    row = school.row(school.share)
    assert (row.covered, row.in_date, row.required) == (False, 1, 2)
    service.refresh_stale()
    assert queries.people_counts([school.share], school.authority.id, DAY)[school.share.id].in_date == 1


def test_a_headcount_is_declared_and_nobody_named(school: School) -> None:
    make_declared_headcount(school.organisation, declared_on=date(2026, 1, 1), headcount=10)
    assert school.reasons() == [R.NO_STAFF_LIST] * 3


def test_unnamed_people_were_trained_and_it_has_expired(school: School) -> None:
    make_headcount(school.organisation, school.course, held_on=LONG_AGO)
    assert school.reasons() == [R.NO_STAFF_LIST, R.EXPIRED, R.NO_STAFF_LIST]
    assert school.row(school.any).last_training_on == LONG_AGO


# rows


def test_rows_are_found_by_state_reason_and_slice(school: School) -> None:
    school.member(trained_on=LATELY)
    for number in range(5):
        make_organisation(school.authority, category="Secondary", name=f"Empty {number}")
    service.refresh_stale()

    def found(**wanted: Any) -> int:
        rows = RowFilter(**wanted)
        listed = queries.coverage_rows(school.lead, school.authority.id, DAY, rows)
        assert sum(queries.count_rows(school.lead, school.authority.id, DAY, rows).values()) == len(listed)
        return len(listed)

    assert found() == 6
    assert (found(covered=True), found(covered=False)) == (1, 5)
    assert found(reason=R.NO_STAFF_LIST) == 5
    assert found(reason=R.EXPIRED) == 0
    assert found(by=SliceBy.PHASE, key="Secondary") == 5
    assert found(by=SliceBy.WARD, key=None) == 6
    part = queries.gap_list(school.lead, school.authority.id, DAY, limit=2, offset=4)
    assert [row.name for row in part] == ["Empty 4"]


def test_rows_show_the_next_session_somebody_who_counts_is_booked_on(school: School) -> None:
    lead, governor = school.member(), school.member(MemberRole.GOVERNOR)

    def booked(membership: Any, day: int, **values: Any) -> Any:
        starts_at = datetime(2026, 7, day, 9, tzinfo=UTC)
        session = make_training_session(
            school.authority,
            course_id=values.pop("course_id", school.course.id),
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=2),
        )
        make_booking(session, membership.person, school.organisation, **values)
        return session

    booked(lead, 1, course_id=make_course().id)
    booked(lead, 2, state=BookingState.CANCELLED, cancelled_at=datetime(2026, 6, 1, tzinfo=UTC))
    of_governor, of_lead = booked(governor, 3), booked(lead, 4)
    assert school.row(school.lead).next_session_id == of_lead.id
    assert school.row(school.any).next_session_id == of_governor.id
    assert school.row(school.any).next_session_at == datetime(2026, 7, 3, 9, tzinfo=UTC)
    assert school.row(school.lead, date(2026, 7, 5)).next_session_id is None


# figures


def test_a_figure_says_who_was_ever_covered(school: School) -> None:
    school.member(trained_on=LONG_AGO)
    make_organisation(school.authority)
    service.refresh_stale()
    now, before = (queries.figure(school.lead, school.authority.id, day) for day in (DAY, date(2021, 2, 1)))
    assert (now.covered, now.ever_covered, now.denominator) == (0, 1, 2)
    assert (before.covered, before.ever_covered) == (0, 0)


def test_slices_add_up_and_name_what_is_not_known(school: School) -> None:
    school.member(trained_on=LATELY)
    make_organisation(school.authority, category="Secondary", trust_name="A trust")
    service.refresh_stale()
    for by, labels in [
        (SliceBy.PHASE, ["Primary", "Secondary"]),
        (SliceBy.TRUST, ["A trust", "No trust"]),
        (SliceBy.WARD, ["Ward not known"]),
        (SliceBy.TYPE, ["Type not known"]),
    ]:
        figure = queries.figure(school.lead, school.authority.id, DAY, by)
        assert [part.label for part in figure.slices] == labels
        assert sum(part.denominator for part in figure.slices) == figure.denominator == 2
        assert sum(part.covered for part in figure.slices) == figure.covered == 1
        assert all(part.covered + part.gap == part.denominator for part in figure.slices)


@pytest.mark.parametrize(
    "changes",
    [
        {"counts": False, "not_counted_reason": "A hospital class"},
        {"status": "proposed_to_open"},
        {"opened_on": DAY + timedelta(days=1)},
        {"closed_on": DAY},
        {"sector": "health"},
    ],
)
def test_what_does_not_count_is_in_no_figure(school: School, changes: dict[str, Any]) -> None:
    school.member(trained_on=LATELY)
    for name, value in changes.items():
        setattr(school.organisation, name, value)
    service.refresh_stale()
    figure = queries.figure(school.lead, school.authority.id, DAY)
    assert (figure.denominator, figure.covered, figure.covered_with_claims) == (0, 0, 0)
    assert queries.organisation_coverage(school.organisation.id, DAY) == []


def test_a_requirement_of_another_authority_has_no_figure(school: School) -> None:
    with pytest.raises(ValueError, match="another authority: theirs"):
        queries.figure(make_requirement(make_authority(), code="theirs"), school.authority.id, DAY)


def test_a_trend_is_the_figures_of_its_days_in_one_query(school: School) -> None:
    school.member(trained_on=LATELY)
    later = make_organisation(school.authority, opened_on=date(2026, 4, 1), closed_on=date(2027, 3, 10))
    make_claim(make_membership(later).person, school.course, later, completed_on=date(2026, 5, 5))
    service.refresh_stale()
    with counted_queries() as asked:
        points = queries.trend(school.any, school.authority.id, date(2025, 12, 1), date(2028, 3, 31))
    assert len(asked) == 1
    assert [point.day for point in points][:3] == [date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 28)]
    assert len(points) == 28
    for point in points:
        figure = queries.figure(school.any, school.authority.id, point.day)
        assert (point.denominator, point.covered, point.covered_with_claims, point.ever_covered) == (
            figure.denominator,
            figure.covered,
            figure.covered_with_claims,
            figure.ever_covered,
        ), point
    assert {point.covered for point in points} == {0, 1}
    assert {point.denominator for point in points} == {1, 2}


def test_an_organisation_stands_to_each_requirement_that_is_about_it(school: School) -> None:
    school.member(trained_on=LATELY)
    own = make_requirement(school.authority, courses=[school.course], code="lead", months=3)
    make_requirement(school.authority, code="elsewhere", sectors=["health"])
    service.refresh_stale()
    standings = queries.organisation_coverage(school.organisation.id, DAY)
    assert [(each.requirement.code, each.row.covered) for each in standings] == [
        ("lead", False),
        ("any", True),
        ("share", True),
    ]
    assert standings[0].requirement is own
    assert standings[1].row.covered_until == date(2028, 1, 10)


# who is due


def due(school: School, **wanted: Any) -> list[tuple[str, date | None]]:
    service.refresh_stale()
    values: dict[str, Any] = {
        "as_at": DAY,
        "until": DAY + timedelta(days=60),
        "authority_id": school.authority.id,
    }
    rows = queries.due_members(**(values | wanted))
    return [(row.requirement_code, row.valid_until) for row in rows]


def test_due_is_whose_training_runs_out_in_the_days_asked_for(school: School) -> None:
    school.member(trained_on=date(2024, 7, 1))
    runs_out = date(2026, 7, 1)
    assert due(school) == [("lead", runs_out), ("any", runs_out), ("share", runs_out)]
    assert due(school, until=date(2026, 6, 30)) == []
    assert due(school, as_at=date(2026, 7, 2), until=date(2026, 8, 1)) == []
    late = due(school, as_at=date(2026, 7, 2), since=date(2026, 7, 1), until=date(2026, 8, 1))
    assert late == [("lead", runs_out), ("any", runs_out), ("share", runs_out)]
    assert due(school, organisation_id=make_organisation(school.authority).id) == []
    assert due(school, authority_id=make_authority().id) == []


def test_due_is_nobody_who_leaves_renews_or_whose_school_closes(school: School) -> None:
    member = school.member(trained_on=date(2024, 7, 1))
    member.during = Range(date(2020, 9, 1), date(2026, 7, 2), bounds="[)")
    assert due(school) == []
    member.during = Range(date(2020, 9, 1), date(2026, 7, 3), bounds="[)")
    assert len(due(school)) == 3
    school.organisation.closed_on = date(2026, 7, 2)
    assert due(school) == []
    school.organisation.closed_on = None
    make_record(member.person, school.course, completed_on=LATELY)
    assert due(school) == []


def test_due_has_the_never_trained_where_they_are_asked_for_by_name(school: School) -> None:
    member = school.member()
    assert due(school) == []
    service.refresh_stale()
    rows = queries.due_members(
        as_at=DAY, until=DAY, organisation_id=school.organisation.id, include_never_trained=True
    )
    assert [(row.requirement_code, row.membership_id, row.role) for row in rows] == [
        ("lead", member.id, MemberRole.DSL),
        ("share", member.id, MemberRole.DSL),
    ]
    assert {row.measure for row in rows} == {Measure.LEAD, Measure.SHARE}


def test_a_claim_does_not_put_off_what_is_due(school: School) -> None:
    member = school.member(trained_on=date(2024, 7, 1))
    make_claim(member.person, school.course, school.organisation, completed_on=LATELY)
    assert due(school)[0] == ("lead", date(2026, 7, 1))
