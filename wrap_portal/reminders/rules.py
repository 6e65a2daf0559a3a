"""When a refresher reminder is due, what becomes of one, and how it is put into words (domain.md 5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from wrap_portal.mail.models import MessageState
from wrap_portal.reminders.models import ReminderState
from wrap_portal.wording import count_text, date_text

# Days from the last day on which a member is in date; to the member and to the organisation's leads
# (domain.md 5.1).
REFRESHER_OFFSETS = (-60, -30, -7, 0, 14)

# A reminder whose day has passed is caught up on for so long, today included: an outage over a long weekend
# loses nothing, and a register whose training ran out years ago makes no mail at all.
CATCH_UP_DAYS = 7

# How far ahead reminders are planned, and can be seen on the page of what will be sent.
PLANNED_AHEAD_DAYS = 30


class Decision(StrEnum):
    """What becomes of a reminder when planning looks at it again (architecture.md 7.3)."""

    CREATE = "create"
    UPDATE = "update"
    CANCEL = "cancel"
    KEEP = "keep"


class Withdrawal(StrEnum):
    """Why a planned reminder was taken back."""

    RENEWED = "renewed"
    LEFT = "left"
    CLOSED = "closed"
    OVERTAKEN = "overtaken"
    TOO_LATE = "too_late"
    NOT_DUE = "not_due"


@dataclass(frozen=True)
class Occurrence:
    """One of the reminders about a date: how many days after it, and on which day that is."""

    offset_days: int
    due_on: date


def occurrences(
    valid_until: date, today: date, offsets: Sequence[int] = REFRESHER_OFFSETS
) -> tuple[Occurrence, ...]:
    """Return the reminders about training in date until `valid_until` that should be on the plan today.

    Of those whose day has passed only the latest, and only within CATCH_UP_DAYS: two mails about the same
    date on one day help nobody, and neither does one about a date of long ago. Of those to come,
    PLANNED_AHEAD_DAYS of them.
    """
    all_of_them = [Occurrence(offset, valid_until + timedelta(days=offset)) for offset in sorted(offsets)]
    passed = [each for each in all_of_them if each.due_on <= today][-1:]
    caught_up = [each for each in passed if today - each.due_on < timedelta(days=CATCH_UP_DAYS)]
    ahead = today + timedelta(days=PLANNED_AHEAD_DAYS)
    return (*caught_up, *(each for each in all_of_them if today < each.due_on <= ahead))


def expiries_to_look_at(today: date, offsets: Sequence[int] = REFRESHER_OFFSETS) -> tuple[date, date]:
    """Return the first and the last `valid_until` that `occurrences` can have anything for."""
    first = today - timedelta(days=CATCH_UP_DAYS - 1 + max(offsets))
    last = today + timedelta(days=PLANNED_AHEAD_DAYS - min(offsets))
    return first, last


def decide(existing: ReminderState | None, wanted: bool) -> Decision:
    """Return what to do about one reminder: the same question asked twice changes nothing the second time.

    One that was sent stays sent. One that was withdrawn comes back where its reason does: the record that
    renewed the training was voided, or somebody was put on the staff list again.
    """
    if existing is None:
        return Decision.CREATE if wanted else Decision.KEEP
    if existing is ReminderState.PLANNED and not wanted:
        return Decision.CANCEL
    if existing is ReminderState.WITHDRAWN and wanted:
        return Decision.UPDATE
    return Decision.KEEP


@dataclass(frozen=True)
class Situation:
    """How the member and the organisation of a withdrawn reminder stand now. `valid_until` None: no
    training left."""

    is_member: bool
    is_open: bool
    valid_until: date | None


def withdrawal(planned: date, due_on: date, situation: Situation, today: date) -> Withdrawal:
    """Return why a reminder about training in date until `planned`, due on `due_on`, is no longer wanted."""
    if not situation.is_open:
        return Withdrawal.CLOSED
    if not situation.is_member:
        return Withdrawal.LEFT
    if situation.valid_until is not None and situation.valid_until > planned:
        return Withdrawal.RENEWED
    if situation.valid_until != planned or due_on > today:
        return Withdrawal.NOT_DUE
    later = [planned + timedelta(days=offset) for offset in REFRESHER_OFFSETS]
    if any(due_on < day <= today for day in later):
        return Withdrawal.OVERTAKEN
    return Withdrawal.TOO_LATE


def expiry_words(valid_until: date, today: date) -> str:
    """Return "runs out on 22 January 2027, in 60 days", "ran out on 9 November 2026, 14 days ago"."""
    days = (valid_until - today).days
    if days == 0:
        return f"runs out today, {date_text(valid_until)}"
    if days > 0:
        return f"runs out on {date_text(valid_until)}, in {count_text(days, 'day')}"
    return f"ran out on {date_text(valid_until)}, {count_text(-days, 'day')} ago"


STATE_WORDS = {
    MessageState.QUEUED: "Waiting",
    MessageState.SENDING: "Being sent",
    MessageState.SENT: "Sent",
    MessageState.FAILED: "Failed",
    MessageState.WITHDRAWN: "Withdrawn",
    MessageState.HELD: "Kept here",
}


def kind_words(kind: str) -> str:
    """Return a kind of message in words: "refresher_digest" becomes "Refresher digest"."""
    return kind.replace("_", " ").capitalize()


def offset_words(offset_days: int) -> str:
    """Return "60 days before", "on the day", "14 days after"."""
    if offset_days == 0:
        return "on the day"
    return f"{count_text(abs(offset_days), 'day')} {'before' if offset_days < 0 else 'after'}"


def paragraphs(text: str) -> list[list[str]]:
    """Return the lines of a plain text, gathered into paragraphs."""
    gathered = [part.strip("\n").split("\n") for part in text.split("\n\n")]
    return [lines for lines in gathered if any(lines)]
