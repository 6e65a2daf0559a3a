"""Times are London to people and UTC in the database (domain.md 4.8)."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from wrap_portal import clock


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2027, 6, 30, 23, 15, tzinfo=UTC), date(2027, 7, 1)),
        (datetime(2027, 6, 30, 22, 59, tzinfo=UTC), date(2027, 6, 30)),
        (datetime(2027, 1, 1, 0, 15, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_london_date_follows_the_london_clock(moment: datetime, day: date) -> None:
    assert clock.london_date(moment) == day


@pytest.mark.parametrize(
    ("wall_time", "moment"),
    [
        (datetime(2027, 3, 27, 9, 0), datetime(2027, 3, 27, 9, 0, tzinfo=UTC)),
        (datetime(2027, 3, 28, 9, 0), datetime(2027, 3, 28, 8, 0, tzinfo=UTC)),
        (datetime(2027, 10, 30, 9, 0), datetime(2027, 10, 30, 8, 0, tzinfo=UTC)),
        (datetime(2027, 10, 31, 9, 0), datetime(2027, 10, 31, 9, 0, tzinfo=UTC)),
        (datetime(2027, 10, 31, 1, 30), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
    ],
)
def test_from_london_survives_both_clock_changes(wall_time: datetime, moment: datetime) -> None:
    assert clock.from_london(wall_time) == moment
    assert clock.to_london(moment).replace(tzinfo=None) == wall_time


def test_today_is_the_london_day() -> None:
    with time_machine.travel(datetime(2026, 6, 30, 23, 30, tzinfo=UTC), tick=False):
        assert clock.today() == date(2026, 7, 1)
