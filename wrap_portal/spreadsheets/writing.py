"""Workbooks, written row by row, so that 25,000 rows need no more memory than one.

Cells hold values, never formulas: what begins with = is text like any other. The first row of a table is its
heading; nothing is merged, so that a table can be sorted, filtered and read by a program.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from textwrap import wrap
from typing import IO, Any, cast

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.chart import LineChart, Reference
from openpyxl.formatting.rule import DataBarRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.indexed_list import IndexedList

from wrap_portal.percentages import NOT_APPLICABLE
from wrap_portal.spreadsheets.cells import Value, text_of, wall_time

# Named, because a program that lacks the default font makes columns of its own width.
FONT = "Arial"
LONGEST_SHEET_NAME = 31

_A4 = 9

_BODY = Font(name=FONT, size=10)
_BOLD = Font(name=FONT, size=10, bold=True)
_HEADING_FILL = PatternFill("solid", start_color="FFE3E6EA")
_HEADING_EDGE = Border(bottom=Side(style="medium", color="FF0B0C0C"))


class Kind(StrEnum):
    """What a column holds, and so how it is shown."""

    TEXT = "text"
    DATE = "date"
    DATE_TIME = "date_time"
    NUMBER = "number"
    PERCENT = "percent"


_FORMATS = {
    Kind.TEXT: "General",
    Kind.DATE: "dd/mm/yyyy",
    Kind.DATE_TIME: "dd/mm/yyyy hh:mm",
    Kind.NUMBER: "#,##0",
    Kind.PERCENT: "0.0%",
}
# Points a line of the body takes, with the space between lines.
_LINE_HEIGHT = 13
_NOTES_WIDTHS = (32, 100)
_WIDTHS = {Kind.TEXT: 24, Kind.DATE: 12, Kind.DATE_TIME: 17, Kind.NUMBER: 12, Kind.PERCENT: 12}


@dataclass(frozen=True)
class Column:
    """A column of a table: heading, kind, and its width in characters where the usual one does not do.

    A PERCENT column takes percentages as `percentages.percent` gives them (82.5, and None for n/a); `bars`
    draws each as a bar in its cell. `drawn` columns are for charts and leave None blank: a chart takes text
    for 0.
    """

    heading: str
    kind: Kind = Kind.TEXT
    width: int | None = None
    bars: bool = False
    drawn: bool = False


@dataclass(frozen=True)
class Table:
    """A table that was written: what a chart needs to know of it."""

    sheet: Any
    columns: tuple[Column, ...]
    rows: int

    def number_of(self, heading: str) -> int:
        """Return a column's number, from 1. Raises ValueError for a heading that is not in the table."""
        return [column.heading for column in self.columns].index(heading) + 1


class WorkbookFile:
    """A workbook in the making: `with WorkbookFile("...") as book:`, add tables, notes, charts, save it once.

    Rows wait in temporary files; leaving the block takes away those of a workbook that was not saved.
    """

    def __init__(self, title: str) -> None:
        """Arguments: the title in the file's properties.

        The author stays blank: a file travels further than the person who made it.
        """
        self._book = cast(Any, Workbook(write_only=True))
        self._saved = False
        self._book.properties.title = text_of(title)
        self._book.properties.creator = ""
        # The font of every cell that names none: naming it in each would double the time to write them.
        self._book._fonts = IndexedList([_BODY])
        self._book._named_styles["Normal"].font = _BODY

    def __enter__(self) -> "WorkbookFile":
        return self

    def __exit__(self, *exception: object) -> None:
        for sheet in [] if self._saved else self._book.worksheets:
            sheet.close()
            sheet._writer.cleanup()

    def add_table(self, name: str, columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> Table:
        """Write a sheet that is one flat table: heading frozen and filterable, a value a cell.

        Arguments: the sheet's name; its columns; its rows, each with a value for every column.
        Raises ValueError where a row has more or fewer values than there are columns.
        """
        sheet = self._sheet(name, [column.width or _WIDTHS[column.kind] for column in columns])
        sheet.freeze_panes = "A2"
        sheet.append([_heading(sheet, column) for column in columns])
        cells = [_Cell(sheet, column.kind, none=_none_of(column)) for column in columns]
        count = 0
        for row in rows:
            sheet.append([cell.holding(value) for cell, value in zip(cells, row, strict=True)])
            count += 1
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{count + 1}"
        sheet.print_title_rows = "1:1"
        for number, column in enumerate(columns, start=1):
            if column.bars and count:
                letter = get_column_letter(number)
                bar = cast(Any, DataBarRule)("num", 0, "num", 1, color="FF7FA6CF")
                sheet.conditional_formatting.add(f"{letter}2:{letter}{count + 1}", bar)
        return Table(sheet, tuple(columns), count)

    def add_notes(self, name: str, notes: Iterable[tuple[str, Value]]) -> Any:
        """Write a sheet of notes: a name and what belongs to it on each row, for people to read.

        Arguments: the sheet's name; pairs such as ("As at", date(2026, 11, 22)). A note without a second part
        is a heading. Returns the sheet, for charts.
        """
        sheet = self._sheet(name, _NOTES_WIDTHS)
        for number, (words, value) in enumerate(notes, start=1):
            kind = _kind_of(value)
            beside = _Cell(sheet, kind, wrapped=True).holding(value)
            # Not every program makes a row as high as its text: LibreOffice wrote the lines over each other.
            cells = (words, value if isinstance(value, str) else "")
            lines = max(_lines(*pair) for pair in zip(cells, _NOTES_WIDTHS, strict=True))
            sheet.row_dimensions[number].height = lines * _LINE_HEIGHT
            sheet.append([_bold(sheet, words), beside])
        return sheet

    def add_line_chart(
        self, sheet: Any, table: Table, *, title: str, along: str, values: Sequence[str], at: str
    ) -> None:
        """Put a native line chart of a table onto a sheet, for instance a trend in per cent.

        Arguments: the sheet it stands on; the table it draws; the heading that runs along the bottom, those
        that become lines; the cell of its top left corner.
        """
        chart = cast(Any, LineChart())
        chart.title = title
        chart.height, chart.width = 9, 20
        last = table.rows + 1
        for heading in values:
            number = table.number_of(heading)
            data = Reference(table.sheet, min_col=number, min_row=1, max_row=last)
            chart.add_data(data, titles_from_data=True)
        for line in chart.series:
            # A smoothed line passes through values that nobody counted.
            line.smooth = False
        number = table.number_of(along)
        chart.set_categories(Reference(table.sheet, min_col=number, min_row=2, max_row=last))
        # openpyxl leaves both axes out of a file unless it is told not to.
        chart.x_axis.delete = chart.y_axis.delete = False
        if all(column.kind is Kind.PERCENT for column in table.columns if column.heading in values):
            chart.y_axis.number_format = "0%"
            chart.y_axis.scaling.min, chart.y_axis.scaling.max = 0, 1
        along_kind = table.columns[number - 1].kind
        if along_kind is Kind.DATE:
            chart.x_axis.number_format = "mmm yy"
        chart.legend.position = "b"
        sheet.add_chart(chart, at)

    def save(self, target: str | IO[bytes]) -> None:
        """Write the workbook to a path or a binary file. Can be done once."""
        self._book.save(target)
        self._saved = True

    def _sheet(self, name: str, widths: Sequence[int]) -> Any:
        sheet = self._book.create_sheet(_sheet_name(name, self._book.sheetnames))
        for number, width in enumerate(widths, start=1):
            sheet.column_dimensions[get_column_letter(number)].width = width
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = _A4
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        return sheet


class _Cell:
    """One cell used over and over: rows are written as they come, so its style is made once a column."""

    def __init__(self, sheet: Any, kind: Kind, *, none: str | None = None, wrapped: bool = False) -> None:
        self._cell = WriteOnlyCell(sheet)
        if _FORMATS[kind] != "General":
            self._cell.number_format = _FORMATS[kind]
        if wrapped:
            self._cell.alignment = Alignment(horizontal="left", vertical="top", wrap_text=True)
        self._styled = self._cell.has_style
        self._kind = kind
        self._none = none

    def holding(self, value: Value) -> Any:
        """Return what to append to a row for that value."""
        if value is None:
            value = self._none
        elif self._kind is Kind.PERCENT:
            value = _share(value)
        if isinstance(value, str | bool):
            return self._holding_text(text_of(value))
        if isinstance(value, datetime):
            value = wall_time(value)
        if not self._styled:
            return value
        self._cell.value = value
        return self._cell

    def _holding_text(self, words: str) -> Any:
        # openpyxl takes "=1+1" for a formula and "#N/A" for an error, unless told that it is text (Q9).
        if not self._styled and not words.startswith(("=", "#")):
            return words
        self._cell.value = words
        self._cell.data_type = "s"
        return self._cell


def _bold(sheet: Any, words: str) -> Any:
    cell = WriteOnlyCell(sheet, value=text_of(words))
    cell.data_type = "s"
    cell.font = _BOLD
    cell.alignment = Alignment(vertical="top", wrap_text=True)
    return cell


def _heading(sheet: Any, column: Column) -> Any:
    cell = _bold(sheet, column.heading)
    if column.kind is not Kind.TEXT:
        # Over what is below it: programs set numbers and dates to the right.
        cell.alignment = Alignment(horizontal="right", vertical="top", wrap_text=True)
    cell.fill = _HEADING_FILL
    cell.border = _HEADING_EDGE
    return cell


def _lines(words: str, width: int) -> int:
    """Return how many lines a text takes in a column of that many characters, rather one too many."""
    return sum(len(wrap(part, width * 9 // 10)) or 1 for part in words.splitlines()) or 1


def _share(value: Value) -> Value:
    """A percentage as the part of one that the number format shows as a percentage."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value) / 100
    return value


def _none_of(column: Column) -> str | None:
    return NOT_APPLICABLE if column.kind is Kind.PERCENT and not column.drawn else None


def _kind_of(value: Value) -> Kind:
    if isinstance(value, datetime):
        return Kind.DATE_TIME
    if isinstance(value, date):
        return Kind.DATE
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Kind.NUMBER
    return Kind.TEXT


def _sheet_name(name: str, taken: Sequence[str]) -> str:
    """Return a name that Excel takes: at most 31 characters, none that it forbids, no two alike."""
    plain = re.sub(r"[\[\]:*?/\\]", " ", text_of(name)).strip("' ")[:LONGEST_SHEET_NAME].strip() or "Sheet"
    lower = {one.lower() for one in taken}
    candidate, number = plain, 1
    while candidate.lower() in lower:
        number += 1
        ending = f" {number}"
        candidate = plain[: LONGEST_SHEET_NAME - len(ending)] + ending
    return candidate
