"""From when to when somebody may deliver a course."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrap_portal.trainers import rules

DAYS = st.dates(date(2015, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("starts_on", "last_day"),
    [
        (date(2026, 11, 23), date(2028, 11, 23)),
        (date(2024, 2, 29), date(2026, 2, 28)),
        (date(2026, 2, 28), date(2028, 2, 28)),
        (date(2026, 12, 31), date(2028, 12, 31)),
    ],
)
def test_default_last_day_is_two_years_later(starts_on: date, last_day: date) -> None:
    assert rules.default_last_day(starts_on) == last_day


@given(DAYS, st.integers(0, 120))
def test_months_later_keeps_the_day_or_takes_the_last_of_the_month(day: date, months: int) -> None:
    later = rules.months_later(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    ("held_until", "offered"),
    [
        (None, (date(2026, 11, 23), date(2028, 11, 23))),
        (date(2026, 11, 22), (date(2026, 11, 23), date(2028, 11, 23))),
        (date(2026, 11, 23), (date(2026, 11, 24), date(2028, 11, 23))),
        (date(2027, 3, 31), (date(2027, 4, 1), date(2028, 11, 23))),
        (date(2028, 11, 22), (date(2028, 11, 23), date(2030, 11, 23))),
        (date(2029, 3, 31), (date(2029, 4, 1), date(2031, 4, 1))),
    ],
)
def test_proposed_days_begin_after_what_is_held(held_until: date | None, offered: tuple[date, date]) -> None:
    assert rules.proposed_days(date(2026, 11, 23), date(2028, 11, 23), held_until) == offered


@pytest.mark.parametrize("held_until", [None, date(2027, 1, 31)])
def test_proposed_days_of_a_proposal_without_an_end_last_the_default_time(held_until: date | None) -> None:
    begins, ends = rules.proposed_days(date(2026, 11, 23), None, held_until)
    assert begins == (date(2027, 2, 1) if held_until else date(2026, 11, 23))
    assert ends == rules.default_last_day(begins)


@given(DAYS, st.none() | st.integers(0, 2000), DAYS)
def test_days_left_are_the_days_before_the_withdrawal(
    starts_on: date, length: int | None, withdrawn_on: date
) -> None:
    ends_on = None if length is None else starts_on + timedelta(days=length)
    left = rules.days_left(starts_on, ends_on, withdrawn_on)
    day_before = withdrawn_on - timedelta(days=1)
    if left is None:
        assert withdrawn_on <= starts_on
    else:
        assert left == (starts_on, day_before if ends_on is None else min(ends_on, day_before))
        assert left[0] <= left[1] < withdrawn_on
