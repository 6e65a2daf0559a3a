"""A manager brings the schools in from a downloaded file, in a browser without JavaScript."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.factories.accounts import make_manager
from tests.factories.gias import STATE_FUNDED, csv_bytes, row, zip_bytes
from tests.factories.organisations import make_authority
from tests.support.databases import OwnDatabase
from wrap_portal.accounts import service
from wrap_portal.transaction import committed


def test_a_manager_imports_schools_without_javascript(
    own_database: OwnDatabase, new_page_without_javascript: Page, tmp_path: Path
) -> None:
    page = new_page_without_javascript
    rows = [row(107201, name="Ash School"), row(107202, name="Elm School"), row(107203, opened="soon")]
    file = tmp_path / "extract.zip"
    file.write_bytes(zip_bytes({"edubaseallstatefunded20250701.csv": csv_bytes(rows, STATE_FUNDED)}))
    with own_database.app.app_context(), committed():
        manager = make_manager(make_authority(code="380", name="Bradford"))
        token = service.issue_sign_in_link(user_id=manager.id)

    page.goto(f"/sign-in/link/{token}")
    page.get_by_role("button", name="Sign in").click()
    page.goto("/organisations")
    page.get_by_role("link", name="Import schools").first.click()
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_role("alert")).to_contain_text("Select the file that you downloaded")

    page.get_by_label("File of the schools register").set_input_files(file)
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("What this file would change")
    expect(page.get_by_role("row", name="4 OpenDate soon")).to_be_visible()

    page.get_by_role("button", name="Import these schools").click()
    expect(page.get_by_text("The schools of Bradford have been imported.")).to_be_visible()
    page.get_by_role("link", name="Organisations", exact=True).click()
    expect(page.get_by_text("Showing 1 to 2 of 2 organisations")).to_be_visible()
    page.get_by_role("link", name="Elm School").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Elm School")
