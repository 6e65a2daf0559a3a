"""Dates, times and counts in plain English, the same on pages, in e-mails and in refusals."""

from datetime import date, datetime, time

from wrap_portal.clock import london_date, to_london


def date_text(day: date) -> str:
    """Return "14 March 2027". Of an aware datetime, the London date."""
    day = _day(day)
    return f"{day.day} {day:%B %Y}"


def short_date_text(day: date) -> str:
    """Return "14 Mar 2027", for tables."""
    day = _day(day)
    return f"{day.day} {day:%b %Y}"


def long_date_text(day: date) -> str:
    """Return "Sunday 14 March 2027"."""
    day = _day(day)
    return f"{day:%A} {day.day} {day:%B %Y}"


def time_text(moment: time | datetime) -> str:
    """Return "2pm", "4:30pm", "midday" or "midnight". Of an aware datetime, the London time."""
    clock = to_london(_aware(moment)).time() if isinstance(moment, datetime) else moment
    if clock.minute == 0 and clock.hour in (0, 12):
        return "midday" if clock.hour else "midnight"
    minutes = f":{clock.minute:02}" if clock.minute else ""
    return f"{clock.hour % 12 or 12}{minutes}{'am' if clock.hour < 12 else 'pm'}"


def period_text(start: datetime, end: datetime | None = None) -> str:
    """Return "Tuesday 24 November 2026, 2pm to 4:30pm", in London time; both days where they differ."""
    words = f"{long_date_text(start)}, {time_text(start)}"
    if end is None:
        return words
    if _day(start) == _day(end):
        return f"{words} to {time_text(end)}"
    return f"{words} to {long_date_text(end)}, {time_text(end)}"


def count_text(number: int, singular: str = "", plural: str = "") -> str:
    """Return "1,200", or with words "1 school", "1,200 schools"; give the plural where it is not an s."""
    if not singular:
        return f"{number:,}"
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def _day(day: date) -> date:
    return london_date(_aware(day)) if isinstance(day, datetime) else day


def _aware(moment: datetime) -> datetime:
    # A naive time would be read in the zone of whatever machine this runs on.
    if moment.tzinfo is None:
        raise ValueError("A time without a zone cannot be put into words")
    return moment
