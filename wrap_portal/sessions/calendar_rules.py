"""The calendar file of a session: an invitation that lands in the reader's calendar, or takes itself out.

It holds nothing about anybody but its reader. They have a place: the venue or the link is theirs to know.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vText

LONDON = ZoneInfo("Europe/London")
PRODUCT = "-//WRAP Portal//Training sessions//EN"


class CalendarMethod(StrEnum):
    """What a calendar file asks for (RFC 5546): put this in or change it, or take it out."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """One date of a session as one reader is invited to it.

    `uid` and `session_date_id` together never change and never belong to another date; `sequence` rises with
    every change (domain.md 4.9). `organiser_email` is the sender of the message: calendars distrust others.
    """

    uid: UUID
    session_date_id: int
    sequence: int
    course_name: str
    starts_at: datetime
    ends_at: datetime
    place: str
    description: str
    address: str
    organiser_name: str
    organiser_email: str
    reader_name: str
    reader_email: str


def calendar_file(invitation: Invitation, method: CalendarMethod, *, now: datetime) -> str:
    """Return an invitation as an iCalendar file (RFC 5545), for a message of the same method.

    Arguments: `now`, when it is made. Times are London's, with the zone's rules in the file.
    """
    event = Event()
    event.add("uid", f"{invitation.uid}-{invitation.session_date_id}@wrap-portal")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("sequence", invitation.sequence)
    event.add("dtstart", invitation.starts_at.astimezone(LONDON))
    event.add("dtend", invitation.ends_at.astimezone(LONDON))
    event.add("summary", invitation.course_name)
    event.add("location", invitation.place)
    event.add("description", invitation.description)
    event.add("url", invitation.address)
    event.add("status", "CANCELLED" if method is CalendarMethod.CANCEL else "CONFIRMED")
    event.add("organizer", _mailbox(invitation.organiser_name, invitation.organiser_email))
    reader = _mailbox(invitation.reader_name, invitation.reader_email)
    # The place is booked already: nobody waits for an answer.
    reader.params["PARTSTAT"] = vText("ACCEPTED")
    reader.params["RSVP"] = vText("FALSE")
    event.add("attendee", reader)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method.value)
    calendar.add_component(london_zone())
    calendar.add_component(event)
    # Whatever other zone a time may one day come in.
    calendar.add_missing_timezones()
    content: bytes = calendar.to_ical()
    return content.decode()


def london_zone() -> Timezone:
    """Return Europe/London as two yearly rules.

    icalendar would list every change since 1970 instead: that is 3 KB, and each spring an hour late.
    """
    zone = Timezone()
    zone.add("tzid", "Europe/London")
    winter, summer = timedelta(0), timedelta(hours=1)
    spring = TimezoneDaylight()
    _rule(spring, "BST", datetime(1996, 3, 31, 1), 3, winter, summer)  # noqa: DTZ001 (the zone itself)
    autumn = TimezoneStandard()
    _rule(autumn, "GMT", datetime(1996, 10, 27, 2), 10, summer, winter)  # noqa: DTZ001 (the zone itself)
    zone.add_component(spring)
    zone.add_component(autumn)
    return zone


def _rule(
    half: TimezoneDaylight | TimezoneStandard,
    name: str,
    first: datetime,
    month: int,
    before: timedelta,
    after: timedelta,
) -> None:
    half.add("tzname", name)
    half.add("dtstart", first)
    half.add("rrule", {"freq": "yearly", "bymonth": month, "byday": "-1su"})
    half.add("tzoffsetfrom", before)
    half.add("tzoffsetto", after)


def _mailbox(name: str, email: str) -> vCalAddress:
    mailbox = vCalAddress(f"mailto:{email}")
    mailbox.params["CN"] = vText(name)
    return mailbox
