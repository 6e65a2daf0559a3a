"""The coverage workbook, opened again: its figures are the portal's, its cells are values."""

from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from tests.factories.courses import make_course
from tests.factories.coverage import make_requirement, without_default_requirements
from tests.factories.organisations import make_authority, make_organisation
from tests.factories.people import make_membership, make_person
from tests.factories.records import make_claim, make_headcount, make_record
from tests.support.queries import counted_queries
from wrap_portal.coverage.models import Measure
from wrap_portal.organisations.models import Authority
from wrap_portal.people.models import MemberRole
from wrap_portal.reports.coverage_workbook import write_coverage_workbook
from wrap_portal.transaction import committed

AS_AT = date(2026, 11, 22)
pytestmark = pytest.mark.usefixtures("db_session")


@pytest.fixture
def authority() -> Authority:
    """Three schools: one covered, one with a claim only, one whose name wants to be a formula."""
    without_default_requirements()
    authority = make_authority(code="825", name="Buckinghamshire")
    course = make_course(name="WRAP")
    with committed():
        make_requirement(
            code="school_any", name="Whole school", measure=Measure.ANY, months=24, courses=[course]
        )
        covered, claiming, odd = (
            make_organisation(authority, name=name)
            for name in ("Ashbrook School", "Birchley School", "=1+1 School")
        )
        make_headcount(covered, course=course, held_on=date(2026, 1, 10))
        person = make_person(authority, name="Claire Maint")
        make_membership(claiming, person, role=MemberRole.DSL)
        make_claim(person, course, organisation=claiming, completed_on=date(2026, 2, 1))
        due = make_person(authority, name="Dee Yew", email="dee@school.example")
        make_membership(odd, due, role=MemberRole.DSL)
        make_record(due, course, completed_on=AS_AT - timedelta(days=700))
        lapsed = make_organisation(authority, name="Copsewood School")
        gone = make_person(authority, name="Lap Sed")
        make_membership(lapsed, gone)
        make_record(gone, course, completed_on=date(2024, 3, 1))
    return authority


def opened(authority: Authority) -> Any:
    """Return the workbook as openpyxl reads it."""
    target = BytesIO()
    write_coverage_workbook(authority, AS_AT, target)
    return load_workbook(BytesIO(target.getvalue()))


def table(book: Any, name: str) -> list[dict[str, Any]]:
    """Return a sheet's rows by heading."""
    heading, *rows = book[name].iter_rows(values_only=True)
    return [dict(zip(heading, row, strict=True)) for row in rows]


def test_the_summary_is_the_figure(authority: Authority) -> None:
    (row,) = table(opened(authority), "Summary")
    assert (row["Organisations"], row["Covered"], row["Not covered"]) == (4, 2, 2)
    assert (row["Covered %"], row["Including claims %"]) == (0.5, 0.75)
    assert row["As at"] == datetime(2026, 11, 22)
    assert row["Measure"] == "Anyone trained"


def test_a_share_names_its_people_and_other_measures_do_not(authority: Authority) -> None:
    make_requirement(
        code="staff", name="Staff", measure=Measure.SHARE, courses=[make_course()], threshold_percent=85
    )
    people = {
        row["Code"]: (row["People in date"], row["People required"])
        for row in table(opened(authority), "Summary")
    }
    assert people == {"school_any": (None, None), "staff": (0, 3)}


def test_covered_and_gap_add_up_on_every_slice(authority: Authority) -> None:
    rows = table(opened(authority), "By phase")
    assert rows
    for row in rows:
        assert row["Covered"] + row["Not covered"] == row["Organisations"]


def test_the_gap_list_names_them_with_the_reason(authority: Authority) -> None:
    rows = table(opened(authority), "Gap list")
    assert [(row["Organisation"], row["Reason"], row["Claim waiting"]) for row in rows] == [
        ("Birchley School", "Only an unverified claim", "Yes"),
        ("Copsewood School", "Expired on 1 March 2026", "No"),
    ]
    assert rows[1]["Last training"] == datetime(2024, 3, 1)
    assert all(isinstance(row["URN"], str) for row in rows)


def test_every_organisation_that_counts_is_in_the_flat_table(authority: Authority) -> None:
    rows = {row["Organisation"]: row for row in table(opened(authority), "school_any")}
    assert {name: row["Covered"] for name, row in rows.items()} == {
        "Ashbrook School": "Yes",
        "Birchley School": "No",
        "Copsewood School": "No",
        "=1+1 School": "Yes",
    }
    assert rows["Ashbrook School"]["Covered until"] == datetime(2028, 1, 10)
    # The claim would cover it; until that is verified nothing does.
    assert rows["Birchley School"]["Covered until"] is None


def test_who_is_due_within_90_days(authority: Authority) -> None:
    (row,) = table(opened(authority), "Due in 90 days")
    assert (row["Person"], row["E-mail"]) == ("Dee Yew", "dee@school.example")
    assert row["Role"] == "Designated safeguarding lead (DSL)"
    assert row["Valid until"].date() <= AS_AT + timedelta(days=90)


def test_no_cell_is_a_formula_and_tables_can_be_filtered(authority: Authority) -> None:
    book = opened(authority)
    for sheet in book.worksheets:
        for cells in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in cells), sheet.title
        assert not sheet.merged_cells.ranges
        if sheet.title != "Notes":
            assert sheet.freeze_panes == "A2", sheet.title
            assert sheet.auto_filter.ref, sheet.title


def test_the_summary_has_a_native_chart_of_the_trend(authority: Authority) -> None:
    target = BytesIO()
    write_coverage_workbook(authority, AS_AT, target)
    with ZipFile(target) as parts:
        charts = [name for name in parts.namelist() if name.startswith("xl/charts/")]
        assert len(charts) == 1
        drawn = parts.read(charts[0]).decode()
    assert "Share of organisations covered; after 22 November 2026 a forecast" in drawn
    assert "'Trend'!" in drawn
    trend = table(load_workbook(target), "Trend")
    assert [row["Past or forecast"] for row in trend].count("Forecast") == 12
    # November 2026 ends after the day: two of four then; the other's training is over by the end of January.
    shares = {row["Month end"].date(): row["Whole school"] for row in trend}
    assert shares[date(2026, 10, 31)] == 0.5
    assert shares[date(2027, 1, 31)] == 0.25


def test_the_notes_say_how_it_was_counted(authority: Authority) -> None:
    notes = {row[0]: row[1] for row in opened(authority)["Notes"].iter_rows(values_only=True)}
    assert notes["Council"] == "Buckinghamshire"
    assert notes["As at"] == datetime(2026, 11, 22)
    assert notes["Organisations"] == "Entered by hand; no national register has been imported."
    assert "valid for 24 months" in notes["Whole school"]
    assert "target 100%." in notes["Whole school"]
    assert "Source: " in notes["Whole school"]


def test_nothing_in_the_file_tells_who_made_it(authority: Authority) -> None:
    properties = opened(authority).properties
    assert not properties.creator
    assert not properties.lastModifiedBy


def test_the_same_number_of_queries_for_one_school_and_for_thirty(authority: Authority) -> None:
    write_coverage_workbook(authority, AS_AT, BytesIO())
    with counted_queries() as few:
        write_coverage_workbook(authority, AS_AT, BytesIO())
    for number in range(30):
        make_organisation(authority, name=f"School {number}")
    assert authority.code == "825"
    with counted_queries() as many:
        write_coverage_workbook(authority, AS_AT, BytesIO())
    assert len(many) == len(few)
