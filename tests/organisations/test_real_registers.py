"""Acceptance: the real registers, as their owners served them. Skipped where they are not."""

import json
import os
import subprocess
import sys
import time
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select

from config import PROJECT_ROOT
from tests.support.databases import OwnDatabase
from tests.support.shared_data import shared_file
from wrap_portal.extensions import db
from wrap_portal.organisations import queries
from wrap_portal.organisations.models import Authority, Organisation, OrganisationStatus

STATE_FUNDED = "gias/gias_extract_20250717.zip"
LEEDS = "gias/edubase-leeds_20230705.csv"


@pytest.fixture
def run(app: Flask, db_session):
    def run(*arguments: object) -> str:
        result = app.test_cli_runner().invoke(
            args=["registers", *map(str, arguments)], catch_exceptions=False
        )
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_the_five_councils_have_their_published_numbers_of_open_schools(run) -> None:
    expected = {"380": 211, "305": 100, "825": 235, "213": 56, "301": 61}
    options = [part for code in expected for part in ("--authority", code)]
    output = run("import", "schools", shared_file(STATE_FUNDED), *options, "--apply")
    assert "register of 17 July 2025" in output
    assert output.count("Wrong in the file: 0") == 5
    for code, number in expected.items():
        printed = run("summary", "--authority", code, "--as-at", "2025-07-17", "--format", "json")
        assert json.loads(printed) == {
            "authority": code,
            "as_at": "2025-07-17",
            "open": number,
            "counted": {"school": number},
        }


def test_the_phases_of_bradford_lose_no_special_school(run) -> None:
    run("import", "schools", shared_file(STATE_FUNDED), "--authority", "380", "--apply")
    rows = db.session.execute(select(Organisation.category, func.count()).group_by(Organisation.category))
    assert {category: number for category, number in rows} == {
        "Primary": 157,
        "Secondary": 32,
        "All-through": 3,
        "Nursery": 7,
        "16 plus": 2,
        "Special": 8,
        "Alternative provision": 2,
    }


def test_leeds_has_306_open_of_771_in_33_wards(run) -> None:
    run("import", "schools", shared_file(LEEDS), "--authority", "383", "--apply")
    leeds = db.session.scalars(select(Authority)).one()
    of_leeds = select(func.count()).select_from(Organisation)
    day = date(2023, 7, 5)
    assert db.session.scalar(of_leeds) == 771
    assert db.session.scalar(of_leeds.where(queries.open_on(day))) == 306
    in_wards = of_leeds.where(queries.open_on(day), Organisation.ward_code.is_not(None))
    assert db.session.scalar(in_wards) == 306
    wards = select(func.count(func.distinct(Organisation.ward_code))).where(queries.open_on(day))
    assert db.session.scalar(wards) == 33
    summary = queries.sector_summary(leeds.id, day)
    assert {sector.value: number for sector, number in summary.counted.items()} == {
        "school": 294,
        "further_education": 6,
        "higher_education": 5,
    }
    without_ward = of_leeds.where(Organisation.ward_code.is_(None))
    assert db.session.scalar(without_ward) == 9
    undated = db.session.scalars(select(Organisation).where(Organisation.urn == 132968)).one()
    assert (undated.status, undated.closed_on) == (OrganisationStatus.CLOSED, date(2019, 11, 30))


def test_the_same_register_again_changes_nothing(run) -> None:
    for name, code in ((STATE_FUNDED, "380"), (LEEDS, "383")):
        run("import", "schools", shared_file(name), "--authority", code, "--apply")
        again = run("import", "schools", shared_file(name), "--authority", code, "--apply")
        assert "No change: this file is in use" in again


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("gias/childrens_centres_20260127.csv", "children's centres, not of schools"),
        ("gias/links_edubasealldata20250422.csv.gz", "list of links between schools"),
        ("gias/establishment_types_20250422.csv", "is not a file of the schools register"),
        ("ods/epraccur_20250818.csv.gz", "is not a file of the schools register"),
        ("ods/etr.pdf", "is not a file of the schools register"),
        ("councillors/opencouncildata_2019_five_councils.csv", "is not a file of the schools register"),
        ("councillors/moderngov_reply_html_redirect.xml", "is not a file of the schools register"),
    ],
)
def test_other_registers_are_refused(app: Flask, db_session, name, sentence) -> None:
    arguments = ["registers", "import", "schools", str(shared_file(name)), "--all-authorities"]
    result = app.test_cli_runner().invoke(args=arguments, catch_exceptions=False)
    assert result.exit_code == 1
    [line] = result.output.splitlines()
    assert sentence in line


def test_england_is_imported_in_less_than_30_seconds_and_500_mb(own_database: OwnDatabase) -> None:
    """In a process of its own, as an operator runs it: its time and its memory are what is measured."""
    path = shared_file(STATE_FUNDED)
    command = [sys.executable, "-m", "flask", "--app", "wrap_portal.app", "registers", "import", "schools"]
    environ = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": own_database.url,
        "SECRET_KEY": own_database.app.config["SECRET_KEY"],
        "WRAP_INSTANCE": os.environ["WRAP_TEST_RUN"],
    }
    started = time.monotonic()
    process = subprocess.Popen(
        [*command, str(path), "--all-authorities", "--apply"],
        cwd=PROJECT_ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    output = process.stdout.read()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds, megabytes = time.monotonic() - started, usage.ru_maxrss / 1024
    assert process.returncode == 0, output
    with own_database.app.app_context():
        day = date(2025, 7, 17)
        number = select(func.count()).select_from(Organisation).where(queries.open_on(day))
        assert db.session.scalar(number) == 22_010
        assert db.session.scalar(select(func.count()).select_from(Authority)) == 153
    assert (seconds < 30, megabytes < 500) == (True, True), f"{seconds:.1f} s, {megabytes:.0f} MB"
