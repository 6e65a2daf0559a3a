"""Requirements are added or refused with a sentence; spans follow whatever changes."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text

from tests.factories.courses import make_course
from tests.factories.coverage import make_requirement, without_default_requirements
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership
from tests.factories.records import make_record
from wrap_portal.audit.models import AuditEvent
from wrap_portal.coverage import queries, service
from wrap_portal.coverage.models import CoverageSpan, Measure, Requirement, StaleEvidence
from wrap_portal.errors import DomainError
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Authority, Sector
from wrap_portal.people.models import MemberRole
from wrap_portal.transaction import committed

pytestmark = pytest.mark.usefixtures("db_session")


def added(authority: Authority, **changes: Any) -> Requirement:
    values: dict[str, Any] = {
        "authority_id": authority.id,
        "name": "Madrassahs with a trained lead",
        "measure": Measure.LEAD,
        "months": 24,
        "sectors": [Sector.COMMUNITY],
        "roles": [MemberRole.PREVENT_LEAD],
        "course_ids": [make_course().id],
        "target_percent": Decimal(80),
        "source": "Community safety plan 2026",
    }
    return service.add_requirement(**(values | changes))


def stale() -> set[tuple[str, int]]:
    return {(row.subject.value, row.subject_id) for row in db.session.scalars(select(StaleEvidence))}


def covered_on(requirement: Requirement, organisation_id: int, day: date) -> bool:
    spans = db.session.scalars(
        select(CoverageSpan).where(
            CoverageSpan.requirement_id == requirement.id, CoverageSpan.organisation_id == organisation_id
        )
    )
    return any(span.during.contains(day) and not span.by_claim for span in spans)


# adding a requirement


def test_add_requirement_keeps_what_was_given_and_writes_it_down() -> None:
    authority = make_authority()
    requirement = added(authority, user_id=None)
    assert requirement.code == "madrassahs_with_a_trained_lead"
    assert (requirement.sectors, requirement.roles) == (["community"], ["prevent_lead"])
    assert (requirement.target_percent, requirement.near_percent) == (80, 70)
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "add_requirement")).one()
    assert (event.subject_id, event.authority_id) == (requirement.id, authority.id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"source": ""}, "source"),
        ({"months": 0}, "months"),
        ({"months": 121}, "months"),
        ({"sectors": []}, "sectors"),
        ({"roles": []}, "roles"),
        ({"target_percent": Decimal(101)}, "target_percent"),
        ({"target_percent": Decimal(-1)}, "target_percent"),
        ({"measure": Measure.SHARE}, "threshold_percent"),
        ({"measure": Measure.SHARE, "threshold_percent": Decimal(0)}, "threshold_percent"),
        ({"course_ids": []}, "course_ids"),
        ({"code": "no_such_default"}, "code"),
        ({"name": "Schools with a trained safeguarding lead"}, "name"),
    ],
)
def test_add_requirement_refuses_what_is_none(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as refusal:
        added(make_authority(), **changes)
    assert refusal.value.field == field
    assert refusal.value.sentence.endswith(".")


def test_add_requirement_refuses_the_course_of_another_authority() -> None:
    theirs = make_course(authority_id=make_authority().id)
    with pytest.raises(DomainError) as refusal:
        added(make_authority(), course_ids=[theirs.id])
    assert refusal.value.field == "course_ids"


def test_add_requirement_stands_in_place_of_a_default_once() -> None:
    authority = make_authority()
    own = added(authority, code="school_lead", sectors=[Sector.SCHOOL], roles=[MemberRole.DSL])
    assert queries.requirement_by_code("school_lead", authority.id) is own
    assert [each.code for each in queries.requirements(authority.id)][:2] == ["school_lead", "school_any"]
    with pytest.raises(DomainError) as refusal:
        added(authority, name="Another", code="school_lead")
    assert refusal.value.field == "code"


# what marks an organisation as stale


def test_each_table_of_evidence_marks_what_changed() -> None:
    school = make_organisation()
    membership = make_membership(school)
    db.session.flush()
    expected = {("organisation", school.id), ("person", membership.person_id)}
    assert stale() == expected
    service.refresh_stale()
    assert stale() == set()

    make_record(membership.person)
    assert stale() == {("person", membership.person_id)}
    service.refresh_stale()

    requirement = make_requirement(authority=db.session.get_one(Authority, school.authority_id))
    db.session.flush()
    assert stale() == {("rules", school.authority_id)}
    service.refresh_stale()
    requirement.months = 12
    db.session.flush()
    assert stale() == {("rules", school.authority_id)}
    service.refresh_stale()
    make_requirement()
    assert stale() == {("rules", 0)}


def test_only_what_decides_coverage_marks_an_organisation() -> None:
    school = make_organisation()
    assert stale() == set()
    school.telephone, school.name = "01234 567890", "New name"
    db.session.flush()
    assert stale() == set()
    school.closed_on = date(2026, 8, 31)
    db.session.flush()
    assert stale() == {("organisation", school.id)}


def test_committed_refreshes_and_a_change_past_the_application_is_taken_along() -> None:
    course = make_course()
    requirement = make_requirement(courses=[course])
    membership = make_membership()
    record = make_record(membership.person, course, completed_on=date(2026, 1, 5))
    with committed():
        pass
    assert covered_on(requirement, membership.organisation_id, date(2026, 1, 5))
    db.session.execute(
        text("UPDATE training_records SET completed_on = '2025-03-01' WHERE id = :id"), {"id": record.id}
    )
    assert service.rebuild_differences() != []
    with committed():
        pass
    assert service.rebuild_differences() == []
    assert not covered_on(requirement, membership.organisation_id, date(2027, 3, 2))


# rebuilding


def test_rebuild_differences_reports_both_directions_and_rebuild_mends_them() -> None:
    without_default_requirements()
    course = make_course()
    requirement = make_requirement(courses=[course])
    membership = make_membership(started_on=date(2025, 9, 1))
    make_record(membership.person, course, completed_on=date(2026, 1, 5))
    service.refresh_stale()
    assert service.rebuild_differences() == []

    db.session.execute(text("UPDATE coverage_spans SET during = '[2026-01-05,2030-01-01)'"))
    db.session.execute(text("DELETE FROM member_spans"))
    found = [
        (d.stored, d.membership_id, d.during.lower, d.during.upper) for d in service.rebuild_differences()
    ]
    right = (date(2026, 1, 5), date(2028, 1, 6))
    assert found == [
        (False, None, *right),
        (True, None, date(2026, 1, 5), date(2030, 1, 1)),
        (False, membership.id, *right),
    ]
    assert service.rebuild() == 1
    assert service.rebuild_differences() == []
    assert covered_on(requirement, membership.organisation_id, date(2028, 1, 5))


def test_rebuild_removes_the_spans_of_organisations_without_evidence() -> None:
    school = make_organisation()
    requirement = make_requirement()
    db.session.execute(
        text("INSERT INTO coverage_spans VALUES (:requirement, :school, '[2026-01-01,2027-01-01)', false)"),
        {"requirement": requirement.id, "school": school.id},
    )
    assert [d.stored for d in service.rebuild_differences()] == [True]
    service.rebuild()
    assert service.rebuild_differences() == []
