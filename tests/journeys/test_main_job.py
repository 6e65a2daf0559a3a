"""The main job: the sentence that a manager says to the committee, and the list of the other ten per cent."""

from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.factories.accounts import make_manager
from tests.factories.gias import STATE_FUNDED, csv_bytes, row
from tests.support.databases import OwnDatabase
from wrap_portal import clock
from wrap_portal.accounts import service as accounts
from wrap_portal.courses.queries import course_by_code
from wrap_portal.organisations.queries import Search, get_authority, search_organisations
from wrap_portal.people.models import MemberRole
from wrap_portal.people.service import add_member, add_person
from wrap_portal.records.models import RecordSource
from wrap_portal.records.service import record_headcount, record_training
from wrap_portal.transaction import committed
from wrap_portal.web.access import Scope

SCHOOLS = 100
WHOLE_SCHOOL = 90


def trained_council(database: OwnDatabase, register: Path) -> str:
    """Import 100 schools at the terminal, give all a trained lead and 90 a whole-school session; return the
    token that signs their manager in.
    """
    arguments = ["registers", "import", "schools", str(register), "--authority", "380", "--apply"]
    answer = database.app.test_cli_runner().invoke(args=arguments)
    assert answer.exit_code == 0, answer.output
    today = clock.today()
    with database.app.app_context(), committed():
        authority = get_authority("380")
        assert authority is not None
        t3, wrap = (course_by_code(code, authority.id) for code in ("t3", "wrap"))
        assert t3 is not None
        assert wrap is not None
        scope = Scope(authority_ids=frozenset({authority.id}))
        schools = search_organisations(scope, Search(), today, limit=SCHOOLS, offset=0)
        manager = make_manager(authority)
        for number, school in enumerate(schools):
            train_lead(school.organisation_id, authority.id, t3.id, today)
            if number < WHOLE_SCHOOL:
                record_headcount(
                    organisation_id=school.organisation_id,
                    course_id=wrap.id,
                    held_on=today - timedelta(days=30),
                    headcount=20,
                    user_id=manager.id,
                )
        return accounts.issue_sign_in_link(user_id=manager.id)


def train_lead(organisation_id: int, authority_id: int, course_id: int, today: date) -> None:
    """Give a school a lead who was trained as a trainer 100 days ago."""
    person = add_person(authority_id=authority_id, name="Dee Ess-Ell")
    joined = today - timedelta(days=400)
    add_member(organisation_id=organisation_id, person_id=person.id, role=MemberRole.DSL, started_on=joined)
    record_training(
        person_id=person.id,
        course_id=course_id,
        completed_on=today - timedelta(days=100),
        source=RecordSource.SESSION,
        organisation_id=organisation_id,
    )


@pytest.mark.browser
def test_f1_a_manager_sees_90_percent_every_lead_and_exactly_the_other_ten(
    own_database: OwnDatabase, page: Page, tmp_path: Path
) -> None:
    register = tmp_path / "edubaseallstatefunded20260901.csv"
    rows = [row(107000 + number, name=f"School {number:03}") for number in range(SCHOOLS)]
    register.write_bytes(csv_bytes(rows, STATE_FUNDED))
    token = trained_council(own_database, register)

    page.goto(f"/sign-in/link/{token}")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Coverage")
    expect(page.get_by_text("100 covered + 0 not covered = 100")).to_be_visible()
    expect(page.get_by_text("90 covered + 10 not covered = 100")).to_be_visible()

    page.get_by_role("link", name="See the 10 not covered").click()
    expect(page.get_by_text("Showing 1 to 10 of 10 organisations")).to_be_visible()
    for number in range(WHOLE_SCHOOL, SCHOOLS):
        expect(page.get_by_role("link", name=f"School {number:03}")).to_be_visible()

    page.goto("/reports/coverage-workbook")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the workbook").click()
    book = load_workbook(BytesIO(Path(download.value.path()).read_bytes()))
    heading, *figures = book["Summary"].iter_rows(values_only=True)
    shares = {line[heading.index("Code")]: line[heading.index("Covered %")] for line in figures}
    assert shares["school_any"] == 0.9
    assert shares["school_lead"] == 1
    gap = [line for line in book["Gap list"].iter_rows(min_row=2, values_only=True)]
    named = {line[4] for line in gap if line[0] == "Schools with whole-school training"}
    assert named == {f"School {number:03}" for number in range(WHOLE_SCHOOL, SCHOOLS)}
