"""Workbooks open as they were meant: read back with openpyxl, and looked into where that hides something."""

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet import _writer

from wrap_portal.spreadsheets.cells import CUT, LONGEST_TEXT, Value
from wrap_portal.spreadsheets.writing import Column, Kind, WorkbookFile


def saved(book: WorkbookFile) -> io.BytesIO:
    target = io.BytesIO()
    book.save(target)
    return target


def read(book: WorkbookFile) -> Any:
    return openpyxl.load_workbook(saved(book))


def one_cell(value: Value, kind: Kind = Kind.TEXT, *, drawn: bool = False) -> Any:
    book = WorkbookFile("Test")
    book.add_table("Cells", [Column("Value", kind, drawn=drawn)], [[value]])
    return read(book)["Cells"]["A2"]


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(
    "words", ["=1+1", "=HYPERLINK(1)", "+44 1274", "-1", "@SUM(1)", "#N/A", "#REF!", "1/2", "007"]
)
def test_text_stays_text(words: str, kind: Kind) -> None:
    """Q9: openpyxl makes a live formula of the first and an error of the sixth."""
    cell = one_cell(words, kind)
    assert (cell.value, cell.data_type) == (words, "s")


def test_no_cell_of_any_kind_holds_a_formula() -> None:
    book = WorkbookFile("=1+1")
    book.add_table("=1+1", [Column("=1+1")], [["=1+1"]])
    book.add_notes("Notes", [("=1+1", "=1+1")])
    with zipfile.ZipFile(saved(book)) as members:
        sheets = [members.read(name) for name in members.namelist() if name.startswith("xl/worksheets/")]
    assert len(sheets) == 2
    assert all(b"<f>" not in sheet and b"<f " not in sheet for sheet in sheets)


@pytest.mark.parametrize("bad", ["\x00", "\x07", "\x1b", "\ud800", "\uffff"])
def test_what_xml_cannot_hold_is_replaced(bad: str) -> None:
    """Q9: a control character in one name loses the whole export, and only at the end."""
    assert one_cell(f"Ada{bad} Byron").value == "Ada\ufffd Byron"


def test_text_that_is_too_long_says_that_it_was_cut() -> None:
    value = one_cell("x" * (LONGEST_TEXT + 1)).value
    assert len(value) == LONGEST_TEXT
    assert value.endswith(CUT)


def test_dates_are_dates() -> None:
    cell = one_cell(date(2027, 3, 14), Kind.DATE)
    assert (cell.value, cell.number_format) == (datetime(2027, 3, 14), "dd/mm/yyyy")  # noqa: DTZ001
    assert cell.is_date


def test_times_are_london_times() -> None:
    summer = one_cell(datetime(2026, 7, 1, 13, 30, tzinfo=UTC), Kind.DATE_TIME)
    assert (summer.value, summer.number_format) == (datetime(2026, 7, 1, 14, 30), "dd/mm/yyyy hh:mm")  # noqa: DTZ001
    winter = one_cell(datetime(2026, 12, 1, 13, 30, tzinfo=UTC), Kind.DATE_TIME)
    assert winter.value == datetime(2026, 12, 1, 13, 30)  # noqa: DTZ001


def test_percentages_are_numbers_that_show_one_decimal() -> None:
    cell = one_cell(Decimal("82.5"), Kind.PERCENT)
    assert (cell.value, cell.number_format) == (pytest.approx(0.825), "0.0%")
    assert one_cell(None, Kind.PERCENT).value == "n/a"
    assert one_cell(None, Kind.PERCENT, drawn=True).value is None


def test_numbers_and_answers() -> None:
    assert one_cell(1200, Kind.NUMBER).value == 1200
    assert one_cell(1200, Kind.NUMBER).number_format == "#,##0"
    assert one_cell(True).value == "Yes"
    assert one_cell(False, Kind.NUMBER).value == "No"
    assert one_cell(None).value is None


def rows_of_people() -> Iterator[list[Value]]:
    for number in range(3):
        yield [f"Person {number}", date(2026, 1, number + 1), Decimal(90)]


PEOPLE = [Column("Name", width=40), Column("Trained", Kind.DATE), Column("Share", Kind.PERCENT, bars=True)]


def test_a_table_is_flat_frozen_and_filtered() -> None:
    book = WorkbookFile("Test")
    table = book.add_table("People", PEOPLE, rows_of_people())
    assert table.rows == 3
    sheet = read(book)["People"]
    assert [cell.value for cell in sheet[1]] == ["Name", "Trained", "Share"]
    assert (sheet.max_row, sheet.freeze_panes, sheet.auto_filter.ref) == (4, "A2", "A1:C4")
    assert (sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width) == (40, 12)
    assert sheet["A1"].font.bold
    assert sheet["A1"].font.name == sheet["A2"].font.name == "Arial"
    assert not sheet.merged_cells.ranges
    assert [str(rule.sqref) for rule in sheet.conditional_formatting] == ["C2:C4"]
    assert sheet.print_title_rows == "$1:$1"


def test_a_table_without_rows_still_opens() -> None:
    book = WorkbookFile("Test")
    book.add_table("People", PEOPLE, [])
    assert read(book)["People"].auto_filter.ref == "A1:C1"


def test_a_row_of_the_wrong_length_is_refused_and_leaves_nothing_behind() -> None:
    before = set(_writer.ALL_TEMP_FILES)
    with pytest.raises(ValueError, match="zip"), WorkbookFile("Test") as book:
        book.add_notes("Notes", [("As at", None)])
        book.add_table("People", PEOPLE, [["Ada", None, None], ["Alan"]])
    assert set(_writer.ALL_TEMP_FILES) == before


def test_notes_keep_their_types() -> None:
    book = WorkbookFile("Test")
    book.add_notes("Notes", [("As at", date(2026, 11, 22)), ("Definitions", None), ("Schools", 227)])
    sheet = read(book)["Notes"]
    assert [cell.value for cell in sheet["A"]] == ["As at", "Definitions", "Schools"]
    assert sheet["B1"].is_date
    assert sheet["B3"].value == 227


def test_rows_of_notes_are_as_high_as_their_text() -> None:
    book = WorkbookFile("Test")
    book.add_notes("Notes", [("Short", "A word"), ("Long", "Many a word " * 40), ("Name " * 20, None)])
    sheet = read(book)["Notes"]
    one, long, name = (sheet.row_dimensions[row].height for row in (1, 2, 3))
    assert long >= 5 * one
    assert name >= 3 * one


def test_charts_are_native_and_show_their_axes() -> None:
    book = WorkbookFile("Test")
    summary = book.add_notes("Summary", [("As at", date(2026, 11, 22))])
    table = book.add_table("People's", PEOPLE, rows_of_people())
    book.add_line_chart(summary, table, title="Covered", along="Trained", values=["Share"], at="D2")
    with zipfile.ZipFile(saved(book)) as members:
        chart = members.read("xl/charts/chart1.xml").decode()
    assert "<lineChart>" in chart
    assert chart.count('<delete val="0"') == 2
    assert '<smooth val="1"' not in chart
    assert "'People''s'!$C$2:$C$4" in chart
    assert "'People''s'!$A$2:$A$4" not in chart
    assert "'People''s'!$B$2:$B$4" in chart


def test_a_chart_of_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="Age"), WorkbookFile("Test") as book:
        table = book.add_table("People", PEOPLE, rows_of_people())
        book.add_line_chart(table.sheet, table, title="x", along="Name", values=["Age"], at="D2")


def test_the_file_does_not_say_who_made_it() -> None:
    book = WorkbookFile("Coverage")
    book.add_notes("Notes", [])
    properties = read(book).properties
    assert (properties.title, properties.creator or "", properties.lastModifiedBy) == ("Coverage", "", None)


def test_sheet_names_are_made_fit_and_unlike() -> None:
    book = WorkbookFile("Test")
    for name in ("School DSL: [LEAD] / up-to-date in every ward", "ANY", "any", "''", "x" * 40, "x" * 40):
        book.add_notes(name, [])
    names = read(book).sheetnames
    assert names == [
        "School DSL   LEAD    up-to-date",
        "ANY",
        "any 2",
        "Sheet",
        "x" * 31,
        "x" * 29 + " 2",
    ]
