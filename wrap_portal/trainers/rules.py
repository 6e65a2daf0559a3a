"""Rules of accreditation: from when to when somebody may deliver a course."""

from calendar import monthrange
from datetime import date, timedelta

# How long an accreditation lasts unless a manager says otherwise: the same two years after which a DSL's own
# training runs out (domain.md 3). What the form proposes; nothing else depends on it.
DEFAULT_ACCREDITATION_MONTHS = 24


def months_later(day: date, months: int) -> date:
    """Return the same day so many calendar months later, or that month's last day (domain.md 2.4)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def default_last_day(starts_on: date) -> date:
    """Return the last valid day of an accreditation that begins on `starts_on` and lasts the default time."""
    return months_later(starts_on, DEFAULT_ACCREDITATION_MONTHS)


def proposed_days(starts_on: date, ends_on: date | None, held_until: date | None) -> tuple[date, date]:
    """Return the first and last day that a manager is offered for a proposal.

    Arguments: what was proposed (`ends_on` None where nobody said until when), and the last day of the
    accreditation that the person already holds for the same course and place, or None. A renewal begins when
    the one before it ends.
    """
    begins = starts_on
    if held_until is not None and held_until >= starts_on:
        begins = held_until + timedelta(days=1)
    return begins, ends_on if ends_on is not None and ends_on > begins else default_last_day(begins)


def days_left(starts_on: date, ends_on: date | None, withdrawn_on: date) -> tuple[date, date] | None:
    """Return the first and last valid day after a withdrawal, None where no day is left.

    Arguments: the days before it (`ends_on` None for no end), and the first day on which it no longer holds:
    what was delivered before that day stays valid.
    """
    last = withdrawn_on - timedelta(days=1)
    if last < starts_on:
        return None
    return starts_on, last if ends_on is None else min(ends_on, last)
