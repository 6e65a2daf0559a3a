"""Rules of the register and of in-house sessions: when it can be marked, what a mark does to the ledger, who
it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from wrap_portal.attendance.models import AttendanceOutcome
from wrap_portal.wording import count_text, date_text, long_date_text, time_text

OUTCOME_WORDS = {
    AttendanceOutcome.ATTENDED: "attended",
    AttendanceOutcome.LEFT_EARLY: "left early",
    AttendanceOutcome.DID_NOT_ATTEND: "did not attend",
}


class LedgerStep(StrEnum):
    """What a mark does to the ledger: nothing, one more record, or the end of the one there is."""

    NOTHING = "nothing"
    MAKE = "make"
    VOID = "void"


@dataclass(frozen=True)
class Tally:
    """How many of a register are marked as what; the four add up to everybody on it."""

    attended: int
    left_early: int
    did_not_attend: int
    not_marked: int

    @property
    def everybody(self) -> int:
        """How many people are on the register."""
        return self.attended + self.left_early + self.did_not_attend + self.not_marked


@dataclass(frozen=True)
class Candidate:
    """Somebody of an organisation who may be the person at the door. `marked`: is on this register with a
    mark.
    """

    person_id: int
    name: str
    email: str | None
    marked: bool


def register_problem(starts_at: datetime, *, now: datetime, cancelled: bool) -> str | None:
    """Say why a register cannot be marked, or None when it can: during and after the session, not before it
    starts.

    Arguments: when the date of the session starts and the present moment, both aware (domain.md 4.7).
    """
    if cancelled:
        return "This session was cancelled, so it has no register."
    if now < starts_at:
        start = f"{long_date_text(starts_at)} at {time_text(starts_at)}"
        return (
            f"The register opens when the session starts, on {start}. "
            "It can be marked during and after the session, not before it starts."
        )
    return None


def date_to_mark(starts: Sequence[datetime], *, now: datetime) -> int:
    """Return which date of a session is to be marked: the one that began last, before all of them the first.

    Arguments: when the dates start, soonest first, one at least; the present moment.
    """
    return max((number for number, start in enumerate(starts) if start <= now), default=0)


def walk_in_text(name: str, *, known: bool, booked: bool) -> str:
    """Say what became of somebody at the door: whose place it was, or what the portal knew of them."""
    if booked:
        return f"{name} has a place on this session and is now marked as attended."
    if known:
        return f"{name} is known from the staff list and is now on the register as attended."
    return f"{name} is now on the register as attended, and new on the organisation’s staff list."


def changed_marks(
    shown: Mapping[int, AttendanceOutcome | None], sent: Mapping[int, AttendanceOutcome | None]
) -> dict[int, AttendanceOutcome]:
    """Return the marks, by person, that somebody made on a page: a blank is no change, and what the page
    showed is none either, so that an old page never undoes what another browser saved meanwhile.
    """
    return {
        person_id: outcome
        for person_id, outcome in sent.items()
        if outcome is not None and outcome is not shown.get(person_id)
    }


def ledger_step(before: AttendanceOutcome | None, after: AttendanceOutcome) -> LedgerStep:
    """Return what a mark does to the ledger: only `attended` has a record (domain.md 4.7, F5)."""
    had, has = before is AttendanceOutcome.ATTENDED, after is AttendanceOutcome.ATTENDED
    if had == has:
        return LedgerStep.NOTHING
    return LedgerStep.MAKE if has else LedgerStep.VOID


def tally(outcomes: Iterable[AttendanceOutcome | None]) -> Tally:
    """Count marks; None is somebody who is not yet marked."""
    marks = list(outcomes)
    return Tally(
        attended=marks.count(AttendanceOutcome.ATTENDED),
        left_early=marks.count(AttendanceOutcome.LEFT_EARLY),
        did_not_attend=marks.count(AttendanceOutcome.DID_NOT_ATTEND),
        not_marked=marks.count(None),
    )


def tally_text(counted: Tally) -> str:
    """Return "7 attended, 1 left early, 2 not yet marked": what there is none of is left out."""
    parts = (
        (counted.attended, "attended"),
        (counted.left_early, "left early"),
        (counted.did_not_attend, "did not attend"),
        (counted.not_marked, "not yet marked"),
    )
    said = ", ".join(f"{count_text(number)} {words}" for number, words in parts if number)
    return said or "nobody is on this register"


def match_walk_in(candidates: Sequence[Candidate], *, name: str, email: str | None) -> list[Candidate]:
    """Return who of an organisation the person at the door is: one, nobody (somebody new), or several (ask).

    The e-mail address decides; where it is shared or unknown the exact name does, upper and lower case alike
    [house]. Somebody who is marked already and has another address is another person of the same name.
    """
    same_name = [one for one in candidates if _folded(one.name) == _folded(name)]
    if email:
        same_email = [one for one in candidates if one.email and _folded(one.email) == _folded(email)]
        both = [one for one in same_email if one in same_name]
        if both or len(same_email) == 1:
            return both or same_email
        same_name = [one for one in same_name if not (one.marked and one.email)]
    return same_name


def delivery_problem(
    *, name: str, course: str, starts_on: date, ends_on: date | None, held_on: date
) -> str | None:
    """Say why an accreditation does not cover an in-house session, or None: both its days count (F18).

    Arguments: whose it is and for which course, its first and last valid day (None for no end), the day of
    the session.
    """
    if held_on < starts_on:
        return (
            f"{name}’s accreditation for {course} began on {date_text(starts_on)}: "
            f"a session on {date_text(held_on)} does not count."
        )
    if ends_on is not None and held_on > ends_on:
        return (
            f"{name}’s accreditation for {course} ended on {date_text(ends_on)}: "
            f"a session on {date_text(held_on)} does not count."
        )
    return None


def names_text(names: Sequence[str]) -> str:
    """Return "Ann Lee", "Ann Lee and Bo Yu", "Ann Lee, Bo Yu and Cy Fox"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _folded(words: str) -> str:
    return " ".join(words.split()).casefold()
