"""Lists as csv, line by line, so that a download begins at once."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from wrap_portal.spreadsheets.cells import Value, text_of, wall_time

# Without it Excel reads an é as two other letters.
BYTE_ORDER_MARK = "\ufeff"

# Text that begins like this is a formula to a spreadsheet program, in quotes or not; behind a ' it is text.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_lines(headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[str]:
    """Yield a csv file's lines: dates as 2026-11-24, times as 2026-11-24 14:00 in London, no formulas.

    Arguments: the headings; the rows, each with a value for every heading.
    Raises ValueError where a row has more or fewer values than there are headings.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield BYTE_ORDER_MARK + _line(writer, buffer, headings, headings)
    for row in rows:
        yield _line(writer, buffer, headings, row)


def _line(writer: Any, buffer: io.StringIO, headings: Sequence[str], row: Sequence[Value]) -> str:
    if len(row) != len(headings):
        raise ValueError(f"A row has {len(row)} values for {len(headings)} headings")
    writer.writerow([_written(value) for value in row])
    line = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return line


def _written(value: Value) -> str | int:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{wall_time(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        words = text_of(value)
        return f"'{words}" if words.startswith(_FORMULA_STARTS) else words
    return text_of(value)
