"""Times that exist, links that can be joined."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrap_portal.clock import LONDON
from wrap_portal.sessions import rules
from wrap_portal.sessions.rules import ClockChange


@pytest.mark.parametrize(
    ("wall_time", "change"),
    [
        ("2027-03-28T00:59", None),
        ("2027-03-28T01:00", ClockChange.SKIPPED),
        ("2027-03-28T01:30", ClockChange.SKIPPED),
        ("2027-03-28T01:59", ClockChange.SKIPPED),
        ("2027-03-28T02:00", None),
        ("2027-10-31T00:59", None),
        ("2027-10-31T01:00", ClockChange.REPEATED),
        ("2027-10-31T01:30", ClockChange.REPEATED),
        ("2027-10-31T01:59", ClockChange.REPEATED),
        ("2027-10-31T02:00", None),
        ("2027-03-29T01:30", None),
        ("2026-12-03T10:00", None),
    ],
)
def test_clock_change_at_both_changes_of_2027(wall_time: str, change: ClockChange | None):
    assert rules.clock_change_at(datetime.fromisoformat(wall_time), LONDON) is change


@given(st.datetimes(datetime(2015, 1, 1), datetime(2060, 1, 1)))  # noqa: DTZ001 (wall-clock times)
def test_clock_change_at_is_none_exactly_where_a_time_is_one_moment(wall_time: datetime):
    moments = {
        moment
        for fold in (0, 1)
        if (moment := wall_time.replace(tzinfo=LONDON, fold=fold).astimezone(UTC))
        .astimezone(LONDON)
        .replace(tzinfo=None, fold=0)
        == wall_time
    }
    expected = {0: ClockChange.SKIPPED, 1: None, 2: ClockChange.REPEATED}[len(moments)]
    assert rules.clock_change_at(wall_time, LONDON) is expected


def test_a_session_over_a_clock_change_is_an_hour_shorter_or_longer_than_the_clock_says():
    def length(day: str) -> timedelta:
        start, end = (
            datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=LONDON).astimezone(UTC)
            for hour in ("00:30", "03:30")
        )
        return end - start

    assert length("2027-03-28") == timedelta(hours=2)
    assert length("2027-10-31") == timedelta(hours=4)


@pytest.mark.parametrize(
    ("words", "link"),
    [
        ("https://meet.example/abc", "https://meet.example/abc"),
        ("  HTTPS://Meet.example/AbC?x=1#y ", "https://Meet.example/AbC?x=1#y"),
        ("https://meet.example:8443/abc", "https://meet.example:8443/abc"),
        ("http://meet.example/abc", None),
        ("meet.example/abc", None),
        ("https:/meet.example", None),
        ("https://", None),
        ("https:///abc", None),
        ("https://good.example@evil.example/", None),
        ("https://meet.example\\@evil.example/", None),
        ("https://meet.example:port/", None),
        ("https://[::1/", None),
        ("https://meet.example/a b", None),
        ("https://meet.example/a\nb", None),
        ("https://meet.example/\u202egpj", None),
        ("javascript:alert(1)//https://", None),
        ("", None),
        ("https://meet.example/" + "a" * 2000, None),
    ],
)
def test_join_link_takes_https_addresses_only(words: str, link: str | None):
    assert rules.join_link(words) == link


@pytest.mark.parametrize(("capacity", "booked", "left"), [(20, 0, 20), (20, 19, 1), (20, 20, 0)])
def test_places_left(capacity: int, booked: int, left: int):
    assert rules.places_left(capacity, booked) == left
