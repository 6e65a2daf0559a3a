"""Rules of the ledger: which dates can stand in it, and what may still be decided about an entry."""

from datetime import date

from wrap_portal.records.models import RecordSource, RecordState
from wrap_portal.wording import date_text

# The year in which the Prevent duty began (Counter-Terrorism and Security Act 2015, section 26, in force from
# 1 July 2015) [house]: no requirement reaches further back, and an earlier year is nearly always a slip of
# the finger.
FIRST_DAY = date(2015, 1, 1)

# The largest NHS trusts employ some 30,000 people; more than this in one session is a slip of the finger.
LARGEST_HEADCOUNT = 50_000

SOURCE_WORDS = {
    RecordSource.SESSION: "Training session",
    RecordSource.E_LEARNING: "E-learning",
    RecordSource.CASCADE: "In-house session",
    RecordSource.CLAIM: "Training elsewhere",
}
STATE_WORDS = {
    RecordState.ACCEPTED: "Counts",
    RecordState.UNVERIFIED: "Awaiting verification",
    RecordState.REJECTED: "Rejected",
    RecordState.VOIDED: "Voided",
}
# How a state looks beside its words: a tone of templates/components/status_tag.html.
STATE_TONES = {
    RecordState.ACCEPTED: "good",
    RecordState.UNVERIFIED: "near",
    RecordState.REJECTED: "short",
    RecordState.VOIDED: "quiet",
}


def day_problem(day: date, *, today: date) -> str | None:
    """Say why training cannot have been on this day, or None when it can.

    Arguments: `day`, when it is said to have been, and `today`, both London dates (domain.md 4.8).
    """
    if day > today:
        return f"The training must be in the past: {date_text(day)} has not come yet."
    if day < FIRST_DAY:
        return f"The date must be {date_text(FIRST_DAY)} or later: the portal keeps no older training."
    return None


def course_problem(name: str, withdrawn_on: date | None, *, day: date) -> str | None:
    """Say why a course cannot have been given on a day, or None when it can; not from `withdrawn_on` on."""
    if withdrawn_on is not None and day >= withdrawn_on:
        return f"{name} was withdrawn on {date_text(withdrawn_on)} and cannot be recorded from that day on."
    return None


def open_problem(name: str, opened_on: date | None, closed_on: date | None, *, day: date) -> str | None:
    """Say why an organisation held no training on a day, or None: it was not open (domain.md 2.2)."""
    if opened_on is not None and day < opened_on:
        return f"{name} opened on {date_text(opened_on)}."
    if closed_on is not None and day >= closed_on:
        return f"{name} closed on {date_text(closed_on)}."
    return None


def headcount_problem(headcount: int) -> str | None:
    """Say why a headcount cannot be right, or None when it can."""
    if headcount < 1:
        return "The number of people must be 1 or more."
    if headcount > LARGEST_HEADCOUNT:
        return f"The number of people must be {LARGEST_HEADCOUNT:,} or fewer."
    return None


def is_live(state: RecordState) -> bool:
    """True where the entry counts or may come to count: accepted, or to be verified (domain.md 2.7)."""
    return state in (RecordState.ACCEPTED, RecordState.UNVERIFIED)


def decision_problem(source: RecordSource, state: RecordState) -> str | None:
    """Say why there is nothing (more) to decide about a claim, or None while it waits (domain.md 2.7)."""
    if source is not RecordSource.CLAIM:
        return "Only claims of previous training are accepted or rejected."
    if state is RecordState.ACCEPTED:
        return "This claim has been accepted already. Void the record if that was a mistake."
    if state is RecordState.REJECTED:
        return "This claim has been rejected already. A new claim can be filed with better proof."
    if state is RecordState.VOIDED:
        return "This claim has been taken back."
    return None
