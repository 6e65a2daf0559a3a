"""The only place that reads the time. Everything else receives dates and times as arguments."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def now() -> datetime:
    """Return the present moment, aware, in UTC: what the database keeps."""
    return datetime.now(UTC)


def today() -> date:
    """Return today's date in London: what people mean by today (domain.md 4.8)."""
    return london_date(now())


def london_date(moment: datetime) -> date:
    """Return the London date of an aware moment; 00:15 BST on 1 July is 1 July (domain.md 4.8)."""
    return moment.astimezone(LONDON).date()


def from_london(wall_time: datetime) -> datetime:
    """Return the UTC moment of a naive London wall-clock time, the earlier one where the clock shows it
    twice."""
    return wall_time.replace(tzinfo=LONDON).astimezone(UTC)


def to_london(moment: datetime) -> datetime:
    """Return an aware moment as an aware London time: what people read on a page."""
    return moment.astimezone(LONDON)
