"""The schools register at the terminal."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from tests.factories.gias import STATE_FUNDED, csv_bytes, row, zip_bytes
from tests.factories.organisations import make_authority, make_organisation
from wrap_portal.extensions import db
from wrap_portal.organisations import queries
from wrap_portal.organisations.models import Organisation, RegisterEdition, Sector


@pytest.fixture
def run(app: Flask, db_session):
    def run(*arguments: object) -> Result:
        return app.test_cli_runner().invoke(args=["registers", *map(str, arguments)], catch_exceptions=False)

    return run


@pytest.fixture
def file(tmp_path: Path):
    def write(content: bytes, name: str = "edubasealldata20250701.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def many(number: int, **values) -> list[dict[str, str]]:
    return [row(107300 + place, **values) for place in range(number)]


def schools() -> int:
    return db.session.scalar(select(func.count()).select_from(Organisation)) or 0


def test_a_preview_says_what_would_be_done_and_writes_nothing(run, file) -> None:
    make_organisation(make_authority(code="380", name="Bradford"), urn=107300, name="Old name")
    rows = [*many(3), row(107400, name="Misc", type=27), row("x"), row(107401, cells={"Easting": "west"})]
    result = run("import", "schools", file(csv_bytes(rows)), "--authority", "380")
    assert result.exit_code == 0
    for line in (
        "Bradford (380): all establishments, register of 1 June 2025",
        "  6 rows in the file, 1 left out",
        "  Added: 4",
        "    107301 School 107301",
        "  Renamed: 1",
        "    107300 Old name -> School 107300",
        "  Closed: 0",
        "  Not counted: 1",
        "  Wrong in the file: 2",
        "    row 6, URN 'x': Not a URN, which has 5 or 6 digits (row left out)",
        "    row 7, Easting 'west': Not a whole number (value left out)",
        "This is a preview: nothing was written. Add --apply to import.",
    ):
        assert line in result.output.splitlines(), line
    assert "    107400 Misc: A mixed class" in result.output
    assert schools() == 1
    assert db.session.scalar(select(func.count()).select_from(RegisterEdition)) == 0


def test_an_import_writes_and_the_same_again_says_that_nothing_changed(run, file) -> None:
    path = file(csv_bytes(many(3)))
    result = run("import", "schools", path, "--authority", "380", "--apply")
    assert result.exit_code == 0
    assert "The portal does not have this authority yet: it is added." in result.output
    assert result.output.endswith("Imported.\n")
    assert schools() == 3
    again = run("import", "schools", path, "--authority", "380", "--apply")
    assert "No change: this file is in use" in again.output
    assert again.output.endswith("nothing was written.\n")
    assert db.session.scalar(select(func.count()).select_from(RegisterEdition)) == 1


def test_several_authorities_and_all_are_imported_at_once(run, file) -> None:
    rows = [
        row(107201),
        row(107202, la="381", la_name="Calderdale"),
        row(107203, la="382", la_name="Kirklees"),
    ]
    content = zip_bytes({"edubaseallstatefunded20250701.csv": csv_bytes(rows, STATE_FUNDED)})
    path = file(content, "extract.zip")
    run("import", "schools", path, "--authority", "380", "--authority", "381", "--apply")
    assert {authority.code for authority in queries.all_authorities()} == {"380", "381"}
    result = run("import", "schools", path, "--all-authorities", "--apply")
    assert "Bradford (380): open state-funded schools, register of 1 July 2025" in result.output
    assert {authority.name for authority in queries.all_authorities()} == {
        "Bradford",
        "Calderdale",
        "Kirklees",
    }


def test_a_long_list_is_cut_and_counted(run, file) -> None:
    result = run("import", "schools", file(csv_bytes(many(25))), "--authority", "380")
    assert "    and 5 more" in result.output.splitlines()


@pytest.mark.parametrize("apply_it", [[], ["--apply"]])
@pytest.mark.parametrize(
    ("content", "arguments", "sentence"),
    [
        (b"Name,Email\r\n", ["--authority", "380"], "is not a file of the schools register"),
        (b"URN,Name\r\n1,2\r\n", ["--authority", "380"], "lacks the columns LA (code), EstablishmentName"),
        (csv_bytes(many(2)), ["--authority", "381"], "The file has no schools of Authority 381 (381)."),
        (csv_bytes(many(2)), [], "Say whose schools"),
        (csv_bytes(many(2)), ["--authority", "380", "--all-authorities"], "Say whose schools"),
        (csv_bytes(many(2)), ["--authority", "Bradford"], "three digits"),
        (csv_bytes([]), ["--all-authorities"], "The file has no schools."),
        (csv_bytes(many(17)), ["--authority", "380"], "would close 3 of the 20 open schools"),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_1(run, file, content, arguments, sentence, apply_it) -> None:
    run("import", "schools", file(csv_bytes(many(20)), "first.csv"), "--authority", "380", "--apply")
    result = run("import", "schools", file(content), *arguments, *apply_it)
    assert result.exit_code == 1
    [line] = result.output.splitlines()
    assert line.startswith("Error: ")
    assert sentence in line
    assert schools() == 20


def test_a_file_that_is_not_there_is_said_to_be(run, tmp_path) -> None:
    result = run("import", "schools", tmp_path / "none.csv", "--authority", "380")
    assert (result.exit_code, result.output) == (
        1,
        f"Error: {tmp_path}/none.csv: No such file or directory.\n",
    )
    assert run("import", "schools", tmp_path, "--authority", "380").exit_code == 1


def test_a_summary_is_printed_as_json(run) -> None:
    authority = make_authority(code="380")
    make_organisation(authority)
    make_organisation(authority, counts=False)
    make_organisation(authority, sector=Sector.FURTHER_EDUCATION)
    make_organisation(authority, opened_on=date(2026, 11, 23))
    result = run("summary", "--authority", "380", "--as-at", "2026-11-22", "--format", "json")
    assert json.loads(result.output) == {
        "authority": "380",
        "as_at": "2026-11-22",
        "open": 3,
        "counted": {"school": 1, "further_education": 1},
    }


def test_a_summary_is_printed_as_a_table(run, file) -> None:
    run(
        "import",
        "schools",
        file(csv_bytes([*many(3), row(107400, type=27)])),
        "--authority",
        "380",
        "--apply",
    )
    result = run("summary", "--authority", "380", "--as-at", "2026-11-22")
    assert result.output.splitlines() == [
        "Bradford (380) as at 22 November 2026",
        f"  {'Schools':<32}{3:>7}",
        f"  {'Not counted':<32}{1:>7}",
        f"  {'Open':<32}{4:>7}",
        "Schools register (Get information about schools) of 1 June 2025",
    ]


def test_a_summary_of_no_authority_is_refused(run) -> None:
    result = run("summary", "--authority", "999")
    assert (result.exit_code, result.output) == (
        1,
        "Error: There is no authority 999 here. Import its schools first.\n",
    )
