"""The cases of domain.md 7 that coverage answers for, through the services, with the catalogue as shipped."""

import json
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from flask import Flask

from tests.factories.accounts import make_manager
from wrap_portal.courses.queries import course_by_code
from wrap_portal.coverage import queries, service
from wrap_portal.coverage.figures_rules import CoverageFigure, PeopleCount
from wrap_portal.coverage.models import Measure, Requirement
from wrap_portal.coverage.rules import GapReason, Rating
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Organisation, Sector
from wrap_portal.organisations.service import add_authority, add_organisation, close_organisation
from wrap_portal.people.models import MemberRole, Membership
from wrap_portal.people.service import add_member, add_person, declare_headcount, end_membership
from wrap_portal.records.models import RecordSource, TrainingRecord
from wrap_portal.records.service import accept_claim, file_claim, record_headcount, record_training
from wrap_portal.transaction import committed

pytestmark = pytest.mark.usefixtures("db_session")

COMMITTEE = date(2018, 3, 13)


class Council:
    """A council with the default catalogue, and short words for what happens in it."""

    def __init__(self, code: str = "825", name: str = "Buckinghamshire") -> None:
        with committed():
            self.authority = add_authority(code=code, name=name)
            self.manager_id = make_manager(self.authority).id
        self._urns = count(110001)

    def schools(self, number: int, **values: Any) -> list[Organisation]:
        return [
            self.organisation(f"School {place:03}", urn=next(self._urns), **values) for place in range(number)
        ]

    def organisation(self, name: str, **values: Any) -> Organisation:
        with committed():
            return add_organisation(
                **(
                    {
                        "authority_id": self.authority.id,
                        "name": name,
                        "sector": Sector.SCHOOL,
                        "category": "Primary",
                    }
                    | values
                )
            )

    def member(
        self,
        organisation: Organisation,
        since: date,
        role: MemberRole = MemberRole.DSL,
        person_id: int | None = None,
    ) -> Membership:
        with committed():
            if person_id is None:
                person_id = add_person(authority_id=self.authority.id, name="Ada Example").id
            return add_member(
                organisation_id=organisation.id, person_id=person_id, role=role, started_on=since
            )

    def trained(self, membership: Membership, course: str, on: date) -> TrainingRecord:
        with committed():
            return record_training(
                person_id=membership.person_id,
                course_id=self.course(course),
                completed_on=on,
                source=RecordSource.SESSION,
                organisation_id=membership.organisation_id,
            )

    def trained_people(self, organisation: Organisation, number: int, on: date) -> None:
        awareness = self.course("awareness")
        for place in range(number):
            person = add_person(authority_id=self.authority.id, name=f"Person {place}")
            add_member(
                organisation_id=organisation.id, person_id=person.id, role=MemberRole.CLINICAL, started_on=on
            )
            record_training(
                person_id=person.id,
                course_id=awareness,
                completed_on=on,
                source=RecordSource.E_LEARNING,
            )

    def course(self, code: str) -> int:
        course = course_by_code(code, self.authority.id)
        assert course is not None
        return course.id

    def requirement(self, code: str) -> Requirement:
        requirement = queries.requirement_by_code(code, self.authority.id)
        assert requirement is not None
        return requirement

    def figure(self, code: str, day: date) -> CoverageFigure:
        return queries.figure(self.requirement(code), self.authority.id, day)

    def gap(self, code: str, day: date) -> list[tuple[str, GapReason | None]]:
        rows = queries.gap_list(self.requirement(code), self.authority.id, day)
        return [(row.name, row.reason) for row in rows]


@pytest.fixture
def council(db_session: Any) -> Council:
    return Council()


@pytest.fixture
def hundred_schools(council: Council) -> list[Organisation]:
    """100 schools with a DSL trained to train others, 90 of them with a whole-school session."""
    schools = council.schools(100)
    t3, wrap = council.course("t3"), council.course("wrap")
    # One change for all of them: a commit for each would refresh coverage some 300 times.
    with committed():
        for number, school in enumerate(schools):
            person_id = add_person(authority_id=council.authority.id, name="Ada Example").id
            add_member(
                organisation_id=school.id,
                person_id=person_id,
                role=MemberRole.DSL,
                started_on=date(2016, 9, 1),
            )
            record_training(
                person_id=person_id,
                course_id=t3,
                completed_on=date(2017, 6, 1),
                source=RecordSource.SESSION,
                organisation_id=school.id,
            )
            if number < 90:
                record_headcount(
                    organisation_id=school.id,
                    course_id=wrap,
                    held_on=date(2017, 9, 4),
                    headcount=25,
                    user_id=council.manager_id,
                )
    return schools


def test_f1_ninety_of_a_hundred_schools_and_every_lead(
    council: Council, hundred_schools: list[Organisation], app: Flask
) -> None:
    whole, leads = council.figure("school_any", COMMITTEE), council.figure("school_lead", COMMITTEE)
    assert (whole.covered, whole.gap, whole.denominator, whole.percent()) == (90, 10, 100, 90)
    assert (leads.covered, leads.gap, leads.percent(1)) == (100, 0, Decimal("100.0"))
    assert (whole.rating, leads.rating) == (Rating.NEAR, Rating.MET)
    missing = [(school.name, GapReason.NEVER_TRAINED) for school in hundred_schools[90:]]
    assert council.gap("school_any", COMMITTEE) == missing
    assert council.gap("school_lead", COMMITTEE) == []

    printed = show(app, "--requirement", "school_any", "--authority", "825", "--as-at", "2018-03-13")
    assert list(printed) == [
        "requirement",
        "measure",
        "as_at",
        "denominator",
        "covered",
        "percent",
        "covered_with_claims",
        "percent_with_claims",
        "target",
        "slices",
        "gap",
    ]
    assert (printed["requirement"], printed["measure"], printed["as_at"]) == (
        "school_any",
        "any",
        "2018-03-13",
    )
    assert (printed["denominator"], printed["covered"], printed["percent"], printed["target"]) == (
        100,
        90,
        90.0,
        100.0,
    )
    assert printed["slices"] == []
    assert printed["gap"] == [
        {"urn": school.urn, "ods_code": None, "name": school.name, "reason": "Never trained"}
        for school in hundred_schools[90:]
    ]


def test_f2_a_claim_counts_once_it_is_verified(council: Council, hundred_schools: list[Organisation]) -> None:
    school = hundred_schools[95]
    teacher = council.member(school, date(2017, 9, 1), MemberRole.TEACHING_STAFF)
    with committed():
        claim = file_claim(
            person_id=teacher.person_id,
            course_id=council.course("wrap"),
            completed_on=date(2017, 3, 1),
            organisation_id=school.id,
            provider="Oxfordshire County Council",
            proof="Certificate 17",
            user_id=council.manager_id,
        )
    before = council.figure("school_any", COMMITTEE)
    assert (before.percent(), before.percent_with_claims()) == (90, 91)
    assert (school.name, GapReason.ONLY_CLAIM) in council.gap("school_any", COMMITTEE)
    assert len(council.gap("school_any", COMMITTEE)) == before.gap == 10
    with committed():
        accept_claim(record_id=claim.id, user_id=council.manager_id)
    after = council.figure("school_any", COMMITTEE)
    assert (after.percent(), after.percent_with_claims(), after.gap) == (91, 91, 9)


def test_f6_four_of_many_settings_are_outstanding_and_named(council: Council) -> None:
    settings = [
        council.organisation(f"Nursery {number:02}", sector=Sector.EARLY_YEARS, category="Nursery")
        for number in range(42)
    ]
    for setting in settings[4:]:
        council.trained(council.member(setting, date(2025, 9, 1)), "awareness", date(2025, 10, 1))
    figure = council.figure("early_years_lead", date(2026, 3, 1))
    assert (figure.covered, figure.gap, figure.denominator) == (38, 4, 42)
    assert council.gap("early_years_lead", date(2026, 3, 1)) == [
        (setting.name, GapReason.NO_STAFF_LIST) for setting in settings[:4]
    ]


def test_f7_members_a_year_later_and_under_three_years() -> None:
    bradford = Council("380", "Bradford")
    members = bradford.organisation("Elected members", sector=Sector.ELECTED_MEMBERS, category="Councillors")
    for number in range(90):
        member = bradford.member(members, date(2016, 5, 9), MemberRole.ELECTED_MEMBER)
        if number < 22:
            bradford.trained(member, "members_briefing", date(2017, 12, 12))

    def in_date(day: date) -> PeopleCount:
        requirement = bradford.requirement("elected_members")
        return queries.people_counts([requirement], bradford.authority.id, day)[requirement.id]

    assert in_date(date(2018, 12, 13)) == PeopleCount(22, 90)  # the default: 36 months
    with committed():
        service.add_requirement(
            authority_id=bradford.authority.id,
            code="elected_members",
            name="Elected members trained this year",
            measure=Measure.SHARE,
            months=12,
            sectors=[Sector.ELECTED_MEMBERS],
            roles=[MemberRole.ELECTED_MEMBER],
            course_ids=[bradford.course("members_briefing")],
            threshold_percent=Decimal(85),
            target_percent=Decimal(100),
            source="Bradford: annually",
        )
    assert in_date(date(2018, 12, 12)) == PeopleCount(22, 90)
    assert in_date(date(2018, 12, 12)).percent(1) == Decimal("24.4")
    assert in_date(date(2018, 12, 13)) == PeopleCount(0, 90)
    rows = queries.gap_list(bradford.requirement("elected_members"), bradford.authority.id, date(2018, 1, 31))
    assert [row.reason_text for row in rows] == ["Too few people in date: 22 of 90"]


def test_f8_846_of_1000_show_85_percent_and_do_not_comply(council: Council) -> None:
    trust = council.organisation("A trust", sector=Sector.HEALTH, category="NHS trust", ods_code="RXX")
    day = date(2026, 3, 1)

    def people() -> tuple[int, int, Decimal | None]:
        requirement = council.requirement("health_basic")
        counted = queries.people_counts([requirement], council.authority.id, day)[requirement.id]
        return counted.in_date, counted.required, counted.percent()

    with committed():
        declare_headcount(organisation_id=trust.id, declared_on=date(2026, 1, 1), headcount=1000)
        council.trained_people(trust, 846, date(2026, 2, 2))
    assert people() == (846, 1000, 85)
    assert council.figure("health_basic", day).covered == 0
    assert council.gap("health_basic", day) == [("A trust", GapReason.TOO_FEW)]
    with committed():
        council.trained_people(trust, 4, date(2026, 2, 2))
    assert people() == (850, 1000, 85)
    assert council.figure("health_basic", day).covered == 1
    assert council.gap("health_basic", day) == []


def test_f9_training_moves_with_the_person(council: Council) -> None:
    old, new = council.schools(2)
    lead = council.member(old, date(2023, 9, 1))
    council.trained(lead, "wrap", date(2024, 10, 1))
    leaving, joining = date(2026, 9, 1), date(2026, 9, 14)
    with committed():
        end_membership(membership=lead, on=leaving)
    council.member(new, joining, person_id=lead.person_id)

    def covered(day: date) -> list[str]:
        rows = queries.coverage_rows(council.requirement("school_lead"), council.authority.id, day)
        return [row.name for row in rows if row.covered]

    assert covered(date(2026, 8, 31)) == [old.name]
    assert covered(leaving) == []
    assert council.gap("school_lead", leaving) == [
        (old.name, GapReason.LEAD_VACANT),
        (new.name, GapReason.NO_STAFF_LIST),
    ]
    assert covered(date(2026, 9, 13)) == []
    assert covered(joining) == covered(date(2026, 10, 1)) == [new.name]
    assert covered(date(2026, 10, 2)) == []
    rows = queries.gap_list(council.requirement("school_lead"), council.authority.id, date(2026, 10, 2))
    assert [row.reason_text for row in rows] == ["Lead vacant", "Expired on 1 October 2026"]


def test_f10_a_closed_school_leaves_the_denominator_and_keeps_its_past(council: Council) -> None:
    closing, staying = council.schools(2)
    for school in (closing, staying):
        council.trained(council.member(school, date(2025, 9, 1)), "wrap", date(2026, 2, 2))
    with committed():
        close_organisation(organisation=closing, on=date(2026, 5, 15), user_id=council.manager_id)
    last, first = (council.figure("school_lead", day) for day in (date(2026, 5, 14), date(2026, 5, 15)))
    assert (last.denominator, last.covered) == (2, 2)
    assert (first.denominator, first.covered) == (1, 1)
    assert db.session.query(TrainingRecord).filter_by(organisation_id=closing.id).count() == 1


def test_f12_the_twenty_ninth_of_february(council: Council) -> None:
    (school,) = council.schools(1)
    council.trained(council.member(school, date(2020, 9, 1)), "annual_update", date(2024, 2, 29))
    covered = [council.figure("school_lead_annual", date(2025, *day)).covered for day in [(2, 28), (3, 1)]]
    assert covered == [1, 0]


def test_f15_a_sector_without_organisations_is_not_applicable(council: Council, app: Flask) -> None:
    figure = council.figure("colleges", date(2026, 3, 1))
    assert (figure.denominator, figure.percent(), figure.rating) == (0, None, Rating.NOT_APPLICABLE)
    printed = show(app, "--requirement", "colleges", "--authority", "825", "--as-at", "2026-03-01")
    assert (printed["denominator"], printed["percent"], printed["gap"]) == (0, None, [])


def show(app: Flask, *arguments: str) -> dict[str, Any]:
    result = app.test_cli_runner().invoke(args=["coverage", "show", *arguments, "--format", "json"])
    assert result.exit_code == 0, result.output
    printed: dict[str, Any] = json.loads(result.output)
    return printed
