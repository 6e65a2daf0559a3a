"""csv files open without running anything."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from wrap_portal.spreadsheets.cells import Value
from wrap_portal.spreadsheets.csv_files import BYTE_ORDER_MARK, csv_lines


def written(*values: Value) -> list[str]:
    lines = "".join(csv_lines([f"c{number}" for number in range(len(values))], [values]))
    return list(csv.reader(lines.removeprefix(BYTE_ORDER_MARK).splitlines(keepends=True)))[1]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_text_that_begins_like_a_formula_is_quoted(start: str) -> None:
    assert written(f"{start}1+1") == [f"'{start}1+1"]


def test_numbers_dates_and_blanks_are_plain() -> None:
    assert written(-5, Decimal("82.5"), date(2026, 11, 24), None, True) == [
        "-5",
        "82.5",
        "2026-11-24",
        "",
        "Yes",
    ]


def test_times_are_london_times() -> None:
    assert written(datetime(2026, 7, 1, 13, tzinfo=UTC)) == ["2026-07-01 14:00"]


def test_separators_quotes_and_controls_survive() -> None:
    assert written('Oak, "The"', "two\nlines", "nul\x00") == ['Oak, "The"', "two\nlines", "nul\ufffd"]


def test_headings_are_quoted_too_and_come_first_with_the_mark() -> None:
    first = next(iter(csv_lines(["=1+1", "é"], [])))
    assert first == "\ufeff'=1+1,é\r\n"


def test_lines_come_one_by_one() -> None:
    seen: list[int] = []

    def rows() -> list[list[Value]]:
        for number in range(3):
            seen.append(number)
            yield [number]

    lines = csv_lines(["n"], rows())
    next(lines)
    next(lines)
    assert seen == [0]


def test_a_row_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="2 values for 1"):
        list(csv_lines(["a"], [[1, 2]]))
