"""Dates, times and counts read the same wherever they are written."""

from datetime import UTC, date, datetime, time

import pytest

from wrap_portal.wording import (
    count_text,
    date_text,
    long_date_text,
    period_text,
    short_date_text,
    time_text,
)


def test_dates_have_no_leading_zero() -> None:
    day = date(2027, 3, 4)
    assert date_text(day) == "4 March 2027"
    assert short_date_text(day) == "4 Mar 2027"
    assert long_date_text(day) == "Thursday 4 March 2027"


def test_date_of_a_moment_is_the_london_date() -> None:
    assert date_text(datetime(2027, 6, 30, 23, 15, tzinfo=UTC)) == "1 July 2027"


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (time(14), "2pm"),
        (time(16, 30), "4:30pm"),
        (time(9, 5), "9:05am"),
        (time(0), "midnight"),
        (time(12), "midday"),
        (time(0, 15), "12:15am"),
        (time(12, 15), "12:15pm"),
        (datetime(2026, 7, 1, 13, tzinfo=UTC), "2pm"),
    ],
)
def test_times_are_said_as_people_say_them(moment: time | datetime, text: str) -> None:
    assert time_text(moment) == text


def test_period_on_one_day_names_the_day_once() -> None:
    start = datetime(2026, 11, 24, 14, tzinfo=UTC)
    assert period_text(start, start.replace(hour=16, minute=30)) == "Tuesday 24 November 2026, 2pm to 4:30pm"
    assert period_text(start) == "Tuesday 24 November 2026, 2pm"


def test_period_over_midnight_in_london_names_both_days() -> None:
    start = datetime(2026, 7, 1, 21, tzinfo=UTC)
    assert period_text(start, start.replace(hour=23, minute=30)) == (
        "Wednesday 1 July 2026, 10pm to Thursday 2 July 2026, 12:30am"
    )


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        time_text(datetime(2026, 7, 1, 13))  # noqa: DTZ001


def test_counts_choose_the_right_word() -> None:
    assert count_text(1200) == "1,200"
    assert count_text(1, "school") == "1 school"
    assert count_text(0, "school") == "0 schools"
    assert count_text(2, "person", "people") == "2 people"
