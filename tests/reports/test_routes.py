"""Reports in the browser."""

from datetime import date
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select

from tests.factories.accounts import make_manager
from tests.factories.organisations import make_authority, make_organisation
from tests.support.signing_in import sign_in
from wrap_portal.audit.models import AuditEvent
from wrap_portal.extensions import db
from wrap_portal.organisations.models import Authority

EXPORTS = select(AuditEvent).where(AuditEvent.action == "export_coverage_workbook")


@pytest.fixture
def authority(client: FlaskClient) -> Authority:
    """The authority whose manager has signed in."""
    authority = make_authority(code="825", name="Buckinghamshire")
    make_organisation(authority)
    sign_in(client, make_manager(authority))
    return authority


def test_coverage_workbook_asks_for_the_day(client: FlaskClient, authority: Authority) -> None:
    page = client.get("/reports/coverage-workbook")
    assert page.status_code == 200
    assert "Buckinghamshire" in page.text


def test_coverage_workbook_is_a_download_that_is_written_down(
    client: FlaskClient, authority: Authority
) -> None:
    answer = client.post("/reports/coverage-workbook", data={"as_at": "2026-11-22"})
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == "attachment; filename=coverage-825-2026-11-22.xlsx"
    assert load_workbook(BytesIO(answer.data)).sheetnames[0] == "Summary"
    event = db.session.scalars(EXPORTS).one()
    assert event.details == {"as_at": "2026-11-22"}
    assert event.authority_id == authority.id


def test_coverage_workbook_of_no_day_says_so_beside_the_field(
    client: FlaskClient, authority: Authority
) -> None:
    data = {"as_at-day": "31", "as_at-month": "2", "as_at-year": "2026"}
    answer = client.post("/reports/coverage-workbook", data=data)
    assert answer.status_code == 422
    assert 'value="31"' in answer.text
    assert db.session.scalars(EXPORTS).all() == []


def test_coverage_workbook_as_at_today_by_default(client: FlaskClient, authority: Authority) -> None:
    assert f'value="{date.today().year}"' in client.get("/reports/coverage-workbook").text  # noqa: DTZ011
