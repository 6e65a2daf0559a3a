"""The schools register in the browser: an import in two steps."""

import io
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.factories.accounts import make_administrator, make_grant, make_manager, make_viewer
from tests.factories.gias import STATE_FUNDED, csv_bytes, row, zip_bytes
from tests.factories.imports import make_import_batch
from tests.factories.organisations import make_authority, make_organisation
from tests.support.signing_in import sign_in
from wrap_portal.extensions import db
from wrap_portal.imports.models import ImportBatch, ImportState
from wrap_portal.organisations.models import Authority, Organisation, RegisterEdition
from wrap_portal.web.access import Role


@pytest.fixture
def bradford(client: FlaskClient) -> Authority:
    """The authority whose manager has signed in."""
    authority = make_authority(code="380", name="Bradford")
    sign_in(client, make_manager(authority))
    return authority


def upload(client, content: bytes, name: str = "edubasealldata20250701.csv", **data):
    return client.post("/registers/import", data=data | {"file": (io.BytesIO(content), name)})


def many(number: int) -> list[dict[str, str]]:
    return [row(107300 + place) for place in range(number)]


def schools() -> int:
    return db.session.scalar(select(func.count()).select_from(Organisation)) or 0


# upload, preview, confirm


def test_import_schools_leads_to_what_would_change_and_confirming_does_it(client, bradford) -> None:
    make_organisation(bradford, urn=107300, name="Old name", establishment_type_code=1)
    make_organisation(bradford, urn=107999, name="Vanished", establishment_type_code=1)
    for place in range(30):
        make_organisation(bradford, urn=107400 + place, establishment_type_code=1)
    rows = [
        *many(2),
        *(row(107400 + place) for place in range(30)),
        row(107500, name="Misc", type=27),
        row(107502, opened="yesterday"),
        row(107501, cells={"Easting": "west"}),
    ]
    answer = upload(client, csv_bytes(rows))
    assert answer.status_code == 303
    before = schools()
    page = client.get(answer.location).text
    for words in (
        "Bradford (380)",
        "All establishments",
        "1 June 2025",
        "Old name",
        "School 107300",
        "Vanished",
        "A mixed class",
        "Not a date like 01-09-2025",
        "Row left out",
        "Value left out",
        "edubasealldata20250701.csv",
    ):
        assert words in page
    assert schools() == before
    done = client.post(answer.location)
    assert (done.status_code, done.location) == (303, "/registers")
    assert schools() == before + 3
    page = client.get("/registers").text
    assert "The schools of Bradford have been imported." in page
    assert "1 June 2025" in page


def test_import_schools_takes_the_zip_as_it_came(client, bradford) -> None:
    content = zip_bytes({"edubaseallstatefunded20250701.csv": csv_bytes(many(3), STATE_FUNDED)})
    answer = upload(client, content, "extract.zip")
    assert "Open state-funded schools" in client.get(answer.location).text


def test_import_schools_says_when_the_file_is_in_use(client, bradford) -> None:
    client.post(upload(client, csv_bytes(many(3))).location)
    answer = upload(client, csv_bytes(many(3)))
    assert (answer.status_code, answer.location) == (303, "/registers")
    assert "There is nothing to import" in client.get("/registers").text
    assert db.session.scalar(select(func.count()).select_from(ImportBatch)) == 1
    assert db.session.scalar(select(func.count()).select_from(RegisterEdition)) == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"Name,Email\r\n", "is not a file of the schools register"),
        (b"URN,Name\r\n1,2\r\n", "lacks the columns LA (code)"),
        (b"", "The selected file is empty"),
        (csv_bytes([row(107201, la="381")]), "The file has no schools of Bradford (380)."),
        (csv_bytes(many(8)), "would close 2 of the 10 open schools"),
        (zip_bytes({"[Content_Types].xml": b""}), "an Excel workbook"),
        (b"PK\x03\x04 broken", "damaged"),
    ],
)
def test_import_schools_refuses_beside_the_field(client, bradford, content, sentence) -> None:
    for place in range(10):
        make_organisation(bradford, urn=107300 + place, establishment_type_code=1)
    answer = upload(client, content)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'href="#file"' in answer.text
    assert db.session.scalar(select(func.count()).select_from(ImportBatch)) == 0


def test_import_schools_asks_for_a_file(client, bradford) -> None:
    answer = client.post("/registers/import", data={})
    assert answer.status_code == 422
    assert "Select the file that you downloaded" in answer.text


def test_import_schools_is_for_the_own_authority(client, bradford) -> None:
    other = make_authority(code="381", name="Calderdale")
    page = client.get("/registers/import").text
    assert "Bradford (380)" in page
    assert "Calderdale" not in page
    answer = upload(client, csv_bytes([row(107201, la="381")]), authority=other.id)
    assert answer.status_code == 422
    assert db.session.scalar(select(func.count()).select_from(ImportBatch)) == 0


def test_import_schools_of_several_authorities_asks_which(client) -> None:
    first, second = make_authority(code="380", name="Bradford"), make_authority(code="381", name="Calderdale")
    manager = make_manager(first)
    make_grant(manager, role=Role.MANAGER, authority_id=second.id)
    sign_in(client, manager)
    content = csv_bytes([row(107201, la="381")])
    assert "Select the authority" in upload(client, content).text
    assert upload(client, content, authority=second.id).status_code == 303


def test_import_schools_is_for_an_administrator_of_any_authority(client) -> None:
    authority = make_authority(code="380", name="Bradford")
    make_authority(code="381", name="Calderdale")
    sign_in(client, make_administrator())
    assert "Calderdale (381)" in client.get("/registers/import").text
    answer = upload(client, csv_bytes(many(2)), authority=authority.id)
    assert client.post(answer.location).status_code == 303
    assert schools() == 2


def test_import_schools_of_nobody_says_so(client) -> None:
    sign_in(client, make_administrator())
    assert "There is no authority to import schools for" in client.get("/registers/import").text
    assert client.post("/registers/import", data={}).status_code == 422


def test_preview_import_shows_no_markup_from_the_file(client, bradford) -> None:
    answer = upload(client, csv_bytes([row(107201, name="<script>alert(1)</script>")]), "<b>.csv")
    page = client.get(answer.location).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_preview_import_that_can_no_longer_be_done_is_refused_when_it_is_confirmed(client, bradford) -> None:
    batch = make_import_batch(bradford)
    for place in range(5):
        make_organisation(bradford, urn=107300 + place, establishment_type_code=1)
    page = client.get(f"/registers/imports/{batch.id}").text
    assert "would close 5 of the 5 open schools" in page
    assert "Import these schools" not in page
    answer = client.post(f"/registers/imports/{batch.id}")
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert schools() == 5


def test_preview_import_of_a_file_that_is_done_with_says_what_became_of_it(client, bradford) -> None:
    batch = make_import_batch(bradford)
    client.post(f"/registers/imports/{batch.id}")
    assert "It was imported on" in client.get(f"/registers/imports/{batch.id}").text
    again = client.post(f"/registers/imports/{batch.id}")
    assert again.status_code == 422
    assert "imported already" in again.text
    assert schools() == 1


def test_preview_import_of_another_authority_is_not_there(client, bradford) -> None:
    batch = make_import_batch()
    assert client.get(f"/registers/imports/{batch.id}").status_code == 404
    assert client.post(f"/registers/imports/{batch.id}").status_code == 404
    assert schools() == 0


def test_preview_import_of_another_register_is_not_there(client, bradford) -> None:
    batch = make_import_batch(bradford, kind="practices")
    assert client.get(f"/registers/imports/{batch.id}").status_code == 404


def test_preview_import_shows_the_first_of_many_and_every_wrong_row(client, bradford) -> None:
    rows = [*many(205), *(row(107600 + place, opened="x") for place in range(250))]
    page = client.get(upload(client, csv_bytes(rows)).location).text
    assert "And 5 more." in page
    assert page.count("Row left out") == 250


def test_discard_import_puts_a_file_aside(client, bradford) -> None:
    batch = make_import_batch(bradford)
    assert batch.file_name in client.get("/registers").text
    answer = client.post(f"/registers/imports/{batch.id}/discard")
    assert (answer.status_code, answer.location) == (303, "/registers")
    assert "has been put aside" in client.get("/registers").text
    kept = db.session.get(ImportBatch, batch.id)
    assert (kept.state, kept.rows) == (ImportState.DISCARDED, [])
    assert "It was put aside" in client.get(f"/registers/imports/{batch.id}").text
    client.post(f"/registers/imports/{batch.id}/discard")
    assert "put aside already" in client.get("/registers").text


def test_discard_import_of_another_authority_is_not_there(client, bradford) -> None:
    batch = make_import_batch()
    assert client.post(f"/registers/imports/{batch.id}/discard").status_code == 404
    assert db.session.get(ImportBatch, batch.id).state is ImportState.STAGED


# editions


def test_registers_shows_what_each_authority_stands_on(client, bradford) -> None:
    other = make_authority(name="Calderdale")
    client.post(upload(client, csv_bytes(many(3))).location)
    page = client.get("/registers").text
    assert "1 June 2025" in page
    assert "edubasealldata20250701.csv" in page
    assert other.name not in page
    assert date(2025, 6, 1) == db.session.scalar(select(RegisterEdition.register_date))


def test_registers_of_an_authority_without_schools_say_so(client, bradford) -> None:
    assert "No schools imported yet" in client.get("/registers").text


def test_registers_are_for_a_viewer_to_read(client) -> None:
    authority = make_authority()
    make_import_batch(authority)
    sign_in(client, make_viewer(authority))
    page = client.get("/registers").text
    assert authority.name in page
    assert "Import schools" not in page
    assert "wait to be confirmed" not in page


def test_registers_are_for_an_administrator_of_all(client) -> None:
    first, second = make_authority(), make_authority()
    sign_in(client, make_administrator())
    page = client.get("/registers").text
    assert first.name in page
    assert second.name in page
    assert "Add an authority" in page


# authorities


def test_add_authority_lets_its_schools_be_imported(client) -> None:
    sign_in(client, make_administrator())
    assert client.get("/registers/authorities/add").status_code == 200
    answer = client.post("/registers/authorities/add", data={"code": "825", "name": "Buckinghamshire"})
    assert (answer.status_code, answer.location) == (303, "/registers/import")
    assert "Buckinghamshire (825)" in client.get(answer.location).text


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"code": "", "name": "Bucks"}, "Enter the code"),
        ({"code": "82", "name": "Bucks"}, "has three digits"),
        ({"code": "380", "name": "Bucks"}, "Bradford has the code 380 already"),
        ({"code": "825", "name": ""}, "Enter the name of the authority"),
        ({"code": "825", "name": "Bradford"}, "There is an authority of this name already"),
    ],
)
def test_add_authority_says_what_is_wrong_beside_the_field(client, data, sentence) -> None:
    make_authority(code="380", name="Bradford")
    sign_in(client, make_administrator())
    answer = client.post("/registers/authorities/add", data=data)
    assert answer.status_code == 422
    assert sentence in answer.text
