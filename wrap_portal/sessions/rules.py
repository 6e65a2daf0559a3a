"""Rules of training sessions: times that exist, links that can be joined, places that are left."""

from datetime import datetime, tzinfo
from enum import StrEnum
from urllib.parse import urlsplit

LARGEST_CAPACITY = 5000
LONGEST_LINK = 2000


class ClockChange(StrEnum):
    """What is wrong with a time of day when the clocks change."""

    SKIPPED = "skipped"
    REPEATED = "repeated"


def clock_change_at(wall_time: datetime, zone: tzinfo) -> ClockChange | None:
    """Return whether a naive wall-clock time is skipped or comes twice in a zone, None for neither.

    In London 01:30 on 28 March 2027 does not exist, and 01:30 on 31 October 2027 comes twice (domain.md F13).
    """
    earlier = wall_time.replace(tzinfo=zone, fold=0).utcoffset()
    later = wall_time.replace(tzinfo=zone, fold=1).utcoffset()
    if earlier is None or later is None or earlier == later:
        return None
    # Over a gap the offset before the change is the smaller one, over a repetition the larger one.
    return ClockChange.SKIPPED if earlier < later else ClockChange.REPEATED


def join_link(words: str) -> str | None:
    """Return a link to an online session in its kept form, None where it is not an https address.

    A name or password before the host is refused too: what looks like one site would lead to another.
    """
    words = words.strip()
    if len(words) > LONGEST_LINK or not words.isprintable() or any(letter.isspace() for letter in words):
        return None
    try:
        parts = urlsplit(words)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme != "https" or not host or "@" in parts.netloc or "\\" in words:
        return None
    return f"https{words[len('https') :]}"


def places_left(capacity: int, booked: int) -> int:
    """Return how many places can still be booked."""
    return max(capacity - booked, 0)
