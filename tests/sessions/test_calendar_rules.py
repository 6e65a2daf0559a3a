"""Calendar files: what they say, and that London's clock in them is London's clock."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from icalendar import Calendar

from wrap_portal.clock import LONDON
from wrap_portal.sessions.calendar_rules import CalendarMethod, Invitation, calendar_file, london_zone

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def invitation(**values):
    return Invitation(
        **{
            "uid": UUID("0b7a3b0e-6a3e-4a43-9f42-6c1c5d9a2a11"),
            "session_date_id": 7,
            "sequence": 3,
            "course_name": "WRAP",
            "starts_at": datetime(2026, 12, 3, 10, tzinfo=UTC),
            "ends_at": datetime(2026, 12, 3, 12, tzinfo=UTC),
            "place": "Hall; 1, High Street\nTestborough",
            "description": "Bring nothing.",
            "address": "https://wrap.example.gov.uk/sessions/5",
            "organiser_name": "Testshire, Council",
            "organiser_email": "no-reply@wrap.example.gov.uk",
            "reader_name": 'Ada "A" Byron',
            "reader_email": "ada@school.example",
        }
        | values
    )


def read(words: str):
    calendar = Calendar.from_ical(words)
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def test_a_request_says_what_when_and_where():
    words = calendar_file(invitation(), CalendarMethod.REQUEST, now=NOW)
    calendar, event = read(words)
    assert calendar["METHOD"] == "REQUEST"
    assert event["UID"] == "0b7a3b0e-6a3e-4a43-9f42-6c1c5d9a2a11-7@wrap-portal"
    assert (event["SEQUENCE"], event["STATUS"]) == (3, "CONFIRMED")
    assert event["LOCATION"] == "Hall; 1, High Street\nTestborough"
    assert event["DTSTART"].params["TZID"] == "Europe/London"
    assert event["DTSTART"].dt == datetime(2026, 12, 3, 10, tzinfo=UTC)
    assert event["DTEND"].dt == datetime(2026, 12, 3, 12, tzinfo=UTC)
    assert event["DTSTAMP"].dt == NOW
    assert event["ORGANIZER"] == "mailto:no-reply@wrap.example.gov.uk"
    assert event["ATTENDEE"] == "mailto:ada@school.example"
    assert all(len(line.encode()) <= 75 for line in words.split("\r\n"))


def test_a_cancellation_has_the_same_uid_and_a_higher_sequence():
    _, request = read(calendar_file(invitation(), CalendarMethod.REQUEST, now=NOW))
    calendar, event = read(calendar_file(invitation(sequence=4), CalendarMethod.CANCEL, now=NOW))
    assert (calendar["METHOD"], event["STATUS"]) == ("CANCEL", "CANCELLED")
    assert event["UID"] == request["UID"]
    assert event["SEQUENCE"] > request["SEQUENCE"]


@pytest.mark.parametrize(
    ("starts_at", "wall_clock"),
    [
        (datetime(2027, 3, 26, 10, tzinfo=UTC), "20270326T100000"),
        (datetime(2027, 3, 28, 9, tzinfo=UTC), "20270328T100000"),
        (datetime(2027, 10, 30, 9, tzinfo=UTC), "20271030T100000"),
        (datetime(2027, 10, 31, 10, tzinfo=UTC), "20271031T100000"),
    ],
)
def test_ten_o_clock_is_ten_o_clock_around_both_clock_changes(starts_at: datetime, wall_clock: str):
    words = calendar_file(
        invitation(starts_at=starts_at, ends_at=starts_at + timedelta(hours=2)),
        CalendarMethod.REQUEST,
        now=NOW,
    )
    assert f"DTSTART;TZID=Europe/London:{wall_clock}\r\n" in words
    assert words.count("BEGIN:VTIMEZONE") == 1


def test_the_zone_in_the_file_agrees_with_the_zone_of_the_system():
    zone = london_zone().to_tz(lookup_tzid=False)
    hour = datetime(2026, 1, 1)  # noqa: DTZ001 (wall-clock hours, put into both zones)
    while hour.year < 2032:
        # The hour that does not exist in spring means nothing in either.
        if hour.replace(tzinfo=LONDON).astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) == hour:
            theirs = hour.replace(tzinfo=zone).utcoffset()
            assert theirs == hour.replace(tzinfo=LONDON).utcoffset(), hour
        hour += timedelta(hours=1)
