"""The workbook at the terminal."""

from pathlib import Path

import pytest
from flask import Flask
from openpyxl import load_workbook

from tests.factories.organisations import make_authority, make_organisation

pytestmark = pytest.mark.usefixtures("db_session")


def test_workbook_writes_the_file(app: Flask, tmp_path: Path) -> None:
    make_organisation(make_authority(code="825"))
    out = tmp_path / "coverage.xlsx"
    arguments = ["coverage", "workbook", str(out), "--authority", "825", "--as-at", "2026-11-22"]
    answer = app.test_cli_runner().invoke(args=arguments)
    assert answer.exit_code == 0, answer.output
    assert "Summary" in load_workbook(out).sheetnames


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"--authority": "999"}, "There is no council with the code 999. Import its schools first."),
        ({"--as-at": "22/11/2026"}, "does not match the format"),
    ],
)
def test_workbook_says_what_is_wrong(app: Flask, tmp_path: Path, changed: dict[str, str], said: str) -> None:
    make_authority(code="825")
    given = {"--authority": "825", "--as-at": "2026-11-22"} | changed
    out = tmp_path / "coverage.xlsx"
    arguments = [part for pair in given.items() for part in pair]
    answer = app.test_cli_runner().invoke(args=["coverage", "workbook", str(out), *arguments])
    assert answer.exit_code != 0
    assert said in answer.output
    assert not out.exists()


def test_workbook_names_a_folder_that_is_not_there(app: Flask, tmp_path: Path) -> None:
    make_authority(code="825")
    out = tmp_path / "missing" / "coverage.xlsx"
    arguments = ["coverage", "workbook", str(out), "--authority", "825", "--as-at", "2026-11-22"]
    answer = app.test_cli_runner().invoke(args=arguments)
    assert answer.exit_code == 1
    assert f"The folder {out.parent} does not exist." in answer.output


def test_workbook_says_in_a_line_that_the_disk_is_full(app: Flask) -> None:
    make_organisation(make_authority(code="825"))
    arguments = ["coverage", "workbook", "/dev/full", "--authority", "825", "--as-at", "2026-11-22"]
    answer = app.test_cli_runner().invoke(args=arguments)
    assert answer.exit_code == 1
    assert answer.output == "Error: /dev/full cannot be written: No space left on device.\n"
