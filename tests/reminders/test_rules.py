"""When a refresher reminder is due and what becomes of one (domain.md 5)."""

from datetime import date, timedelta

import pytest

from wrap_portal.reminders import rules
from wrap_portal.reminders.models import ReminderState
from wrap_portal.reminders.rules import Decision, Situation, Withdrawal

TODAY = date(2026, 11, 23)


def days(valid_in: int) -> list[tuple[int, int]]:
    """(offset, days from today) of each reminder on the plan, for training in date for so many more days."""
    planned = rules.occurrences(TODAY + timedelta(days=valid_in), TODAY)
    return [(each.offset_days, (each.due_on - TODAY).days) for each in planned]


@pytest.mark.parametrize(
    ("valid_in", "planned"),
    [
        # Ordinary days, one after another.
        (120, []),
        (90, [(-60, 30)]),
        (60, [(-60, 0), (-30, 30)]),
        (59, [(-60, -1), (-30, 29)]),
        (30, [(-30, 0), (-7, 23), (0, 30)]),
        (7, [(-7, 0), (0, 7), (14, 21)]),
        (0, [(0, 0), (14, 14)]),
        (-14, [(14, 0)]),
        # The clock was off for three days: caught up on.
        (57, [(-60, -3), (-30, 27)]),
        # Off for longer than the window: the day is lost, the next one is not.
        (53, [(-30, 23)]),
        (54, [(-60, -6), (-30, 24)]),
        # First start on old data: only the latest that passed, and only lately.
        (-1, [(0, -1), (14, 13)]),
        (-6, [(0, -6), (14, 8)]),
        (-7, [(14, 7)]),
        (-20, [(14, -6)]),
        (-21, []),
        (-700, []),
    ],
)
def test_occurrences_are_those_to_come_and_the_latest_that_just_passed(
    valid_in: int, planned: list[tuple[int, int]]
) -> None:
    assert days(valid_in) == planned


def test_occurrences_never_give_two_for_today_or_before() -> None:
    for valid_in in range(-40, 100):
        assert sum(due <= 0 for _, due in days(valid_in)) <= 1


def test_expiries_to_look_at_leave_nothing_out() -> None:
    first, last = rules.expiries_to_look_at(TODAY)
    assert days((first - TODAY).days) and days((last - TODAY).days)
    assert not days((first - TODAY).days - 1) and not days((last - TODAY).days + 1)


def test_occurrences_take_other_offsets() -> None:
    planned = rules.occurrences(TODAY, TODAY, offsets=(3, -2))
    assert [each.offset_days for each in planned] == [-2, 3]


@pytest.mark.parametrize(
    ("existing", "wanted", "decision"),
    [
        (None, True, Decision.CREATE),
        (None, False, Decision.KEEP),
        (ReminderState.PLANNED, True, Decision.KEEP),
        (ReminderState.PLANNED, False, Decision.CANCEL),
        (ReminderState.SENT, True, Decision.KEEP),
        (ReminderState.SENT, False, Decision.KEEP),
        (ReminderState.WITHDRAWN, True, Decision.UPDATE),
        (ReminderState.WITHDRAWN, False, Decision.KEEP),
    ],
)
def test_decide(existing: ReminderState | None, wanted: bool, decision: Decision) -> None:
    assert rules.decide(existing, wanted) is decision


@pytest.mark.parametrize(
    ("situation", "due_in", "reason"),
    [
        (Situation(is_member=True, is_open=False, valid_until=TODAY), 3, Withdrawal.CLOSED),
        (Situation(is_member=False, is_open=True, valid_until=TODAY), 3, Withdrawal.LEFT),
        (Situation(True, True, TODAY + timedelta(days=700)), 3, Withdrawal.RENEWED),
        (Situation(True, True, None), 3, Withdrawal.NOT_DUE),
        (Situation(True, True, TODAY), 3, Withdrawal.NOT_DUE),
        (Situation(True, True, TODAY), -7, Withdrawal.OVERTAKEN),
        (Situation(True, True, TODAY), 0, Withdrawal.TOO_LATE),
    ],
)
def test_withdrawal_says_why(situation: Situation, due_in: int, reason: Withdrawal) -> None:
    assert rules.withdrawal(TODAY, TODAY + timedelta(days=due_in), situation, TODAY) is reason


@pytest.mark.parametrize(
    ("valid_in", "words"),
    [
        (60, "runs out on 22 January 2027, in 60 days"),
        (1, "runs out on 24 November 2026, in 1 day"),
        (0, "runs out today, 23 November 2026"),
        (-14, "ran out on 9 November 2026, 14 days ago"),
    ],
)
def test_expiry_words(valid_in: int, words: str) -> None:
    assert rules.expiry_words(TODAY + timedelta(days=valid_in), TODAY) == words
