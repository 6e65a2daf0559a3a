"""Figures at the terminal, and the check of the spans."""

import csv
import io
import json
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from tests.factories.courses import make_course
from tests.factories.coverage import make_requirement
from tests.factories.organisations import make_authority, make_organisation, make_ward
from tests.factories.people import make_membership
from tests.factories.records import make_claim, make_record
from wrap_portal.coverage.models import Measure
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Sector
from wrap_portal.people.models import MemberRole
from wrap_portal.transaction import committed

pytestmark = pytest.mark.usefixtures("db_session")


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    """Run `flask coverage ...` and return its exit code and everything it said."""
    result = app.test_cli_runner().invoke(args=["coverage", *arguments])
    return result.exit_code, result.output


@pytest.fixture
def council(db_session: Any) -> None:
    """Two primaries in Abbey ward, one of them covered, and a secondary that a claim would cover."""
    with committed():
        authority, course = make_authority(code="825", name="Buckinghamshire"), make_course()
        make_requirement(authority, courses=[course], code="dsl", name="Leads", measure=Measure.ANY)
        ward = make_ward(authority, name="Abbey")
        schools = [
            make_organisation(authority, urn=110001 + place, name=name, category=category, ward_code=code)
            for place, (name, category, code) in enumerate(
                [("Ash", "Primary", ward.code), ("Beech", "Primary", ward.code), ("Cedar", "Secondary", None)]
            )
        ]
        members = [make_membership(school) for school in schools]
        make_record(members[0].person, course, completed_on=date(2026, 1, 5))
        make_claim(members[2].person, course, schools[2], completed_on=date(2026, 1, 5))


def test_requirements_lists_the_catalogue(app: Flask) -> None:
    code, said = run(app, "requirements")
    assert code == 0
    assert [line.split()[0] for line in said.splitlines()[::2]] == [
        "school_lead",
        "school_any",
        "school_lead_annual",
        "school_lead_referrals",
        "school_staff",
        "early_years_lead",
        "elected_members",
        "health_basic",
        "health_clinical",
        "council_staff",
        "colleges",
    ]


@pytest.mark.usefixtures("council")
def test_requirements_of_an_authority_have_its_own_too(app: Flask) -> None:
    code, said = run(app, "requirements", "--authority", "825")
    assert code == 0
    assert "dsl" in said and "school_lead" in said


@pytest.mark.usefixtures("council")
@pytest.mark.parametrize(
    ("by", "slices"),
    [
        ("phase", [("Primary", 2, 1, 50.0), ("Secondary", 1, 0, 0.0)]),
        ("ward", [("Abbey", 2, 1, 50.0), ("Ward not known", 1, 0, 0.0)]),
        ("type", [("Type not known", 3, 1, 33.3)]),
    ],
)
def test_show_json_has_slices_that_add_up(
    app: Flask, by: str, slices: list[tuple[str, int, int, float]]
) -> None:
    code, said = run(
        app, *"show --requirement dsl --authority 825 --as-at 2026-03-01 --format json --by".split(), by
    )
    assert code == 0, said
    figure = json.loads(said)
    found = [(s["label"], s["denominator"], s["covered"], s["percent"]) for s in figure["slices"]]
    assert found == slices
    assert (figure["denominator"], figure["covered"], figure["percent"]) == (3, 1, 33.3)
    assert (figure["covered_with_claims"], figure["percent_with_claims"]) == (2, 66.7)
    assert figure["gap"] == [
        {"urn": 110002, "ods_code": None, "name": "Beech", "reason": "Never trained"},
        {"urn": 110003, "ods_code": None, "name": "Cedar", "reason": "Only an unverified claim"},
    ]


@pytest.mark.usefixtures("council")
def test_show_table_and_csv_print_the_same_figures(app: Flask) -> None:
    asked = "show --requirement dsl --authority 825 --as-at 2026-03-01 --by phase --format".split()
    code, said = run(app, *asked, "table")
    assert code == 0
    assert "Leads (ANY) as at 1 March 2026" in said
    assert said.splitlines()[4].split() == ["All", "3", "1", "2", "33.3%", "66.7%", "33.3%"]
    assert "  110002   Beech: Never trained" in said.splitlines()
    code, said = run(app, *asked, "csv")
    rows = list(csv.DictReader(io.StringIO(said)))
    assert [
        (row["slice"], row["denominator"], row["covered"], row["gap"], row["percent"]) for row in rows
    ] == [
        ("All", "3", "1", "2", "33.3"),
        ("Primary", "2", "1", "1", "50.0"),
        ("Secondary", "1", "0", "1", "0.0"),
    ]


@pytest.mark.parametrize(("members", "people"), [(90, (22, 90, 24.4)), (0, (0, 0, None))])
def test_show_names_the_people_behind_a_share(
    app: Flask, members: int, people: tuple[int, int, float | None]
) -> None:
    """F7: 22 of 90 members in date; organisations and people are two counts."""
    with committed():
        authority, course = make_authority(code="380", name="Bradford"), make_course()
        make_requirement(
            authority,
            courses=[course],
            code="members",
            measure=Measure.SHARE,
            months=12,
            threshold_percent=85,
            sectors=(Sector.ELECTED_MEMBERS,),
        )
        body = make_organisation(authority, name="The councillors", sector=Sector.ELECTED_MEMBERS)
        for place in range(members):
            member = make_membership(body, role=MemberRole.ELECTED_MEMBER, started_on=date(2017, 1, 1))
            if place < 22:
                make_record(member.person, course, completed_on=date(2017, 12, 12))
    asked = "show --requirement members --authority 380 --as-at 2017-12-31 --format".split()
    code, said = run(app, *asked, "json")
    assert code == 0, said
    figure = json.loads(said)
    assert (figure["people_in_date"], figure["people_required"], figure["people_percent"]) == people
    assert (figure["denominator"], figure["covered"]) == (1, 0)
    code, said = run(app, *asked, "table")
    share = "n/a" if people[2] is None else f"{people[2]}%"
    assert f"People in date: {people[0]} of {people[1]}, {share}" in said.splitlines()


@pytest.mark.usefixtures("council")
def test_show_names_no_people_where_organisations_are_counted(app: Flask) -> None:
    asked = "show --requirement dsl --authority 825 --as-at 2026-03-01 --format".split()
    assert "people_required" not in json.loads(run(app, *asked, "json")[1])
    assert "People in date" not in run(app, *asked, "table")[1]


@pytest.mark.usefixtures("council")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--requirement nothing --authority 825", "There is no requirement with the code nothing"),
        ("--requirement dsl --authority 999", "There is no council with the code 999"),
        ("--requirement dsl --authority 825 --as-at yesterday", "does not match the format"),
        ("--requirement dsl --authority 825 --by moon", "'moon' is not one of"),
    ],
)
def test_show_says_what_is_wrong(app: Flask, arguments: str, sentence: str) -> None:
    code, said = run(app, "show", *arguments.split())
    assert code != 0
    assert sentence in said


@pytest.mark.usefixtures("council")
def test_rebuild_check_ends_with_1_until_the_spans_are_right(app: Flask) -> None:
    assert run(app, "rebuild", "--check") == (0, "No difference.\n")
    db.session.execute(text("DELETE FROM coverage_spans WHERE by_claim"))
    code, said = run(app, "rebuild", "--check")
    assert code == 1
    assert "missing: requirement" in said and ", by claim" in said and "1 difference" in said
    assert run(app, "rebuild") == (0, "Worked out 3 organisations.\n")
    assert run(app, "rebuild", "--check") == (0, "No difference.\n")
