"""When a register opens, what a mark does, who is at the door, which in-house sessions count."""

from datetime import UTC, date, datetime

import pytest

from wrap_portal.attendance import rules
from wrap_portal.attendance.models import AttendanceOutcome
from wrap_portal.attendance.rules import Candidate, LedgerStep

ATTENDED = AttendanceOutcome.ATTENDED
LEFT_EARLY = AttendanceOutcome.LEFT_EARLY
ABSENT = AttendanceOutcome.DID_NOT_ATTEND
STARTS = datetime(2026, 11, 24, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "cancelled", "said"),
    [
        (
            datetime(2026, 11, 24, 13, 59, 59, tzinfo=UTC),
            False,
            "The register opens when the session starts, on Tuesday 24 November 2026 at 2pm. "
            "It can be marked during and after the session, not before it starts.",
        ),
        (STARTS, False, None),
        (datetime(2027, 11, 24, tzinfo=UTC), False, None),
        (STARTS, True, "This session was cancelled, so it has no register."),
    ],
)
def test_a_register_opens_at_the_start_of_a_session_that_is_held(
    now: datetime, cancelled: bool, said: str | None
) -> None:
    assert rules.register_problem(STARTS, now=now, cancelled=cancelled) == said


@pytest.mark.parametrize(
    ("before", "after", "step"),
    [
        (None, ATTENDED, LedgerStep.MAKE),
        (None, LEFT_EARLY, LedgerStep.NOTHING),
        (None, ABSENT, LedgerStep.NOTHING),
        (ATTENDED, ATTENDED, LedgerStep.NOTHING),
        (ATTENDED, LEFT_EARLY, LedgerStep.VOID),
        (ATTENDED, ABSENT, LedgerStep.VOID),
        (LEFT_EARLY, ATTENDED, LedgerStep.MAKE),
        (LEFT_EARLY, ABSENT, LedgerStep.NOTHING),
        (ABSENT, ATTENDED, LedgerStep.MAKE),
    ],
)
def test_only_attended_has_a_record(
    before: AttendanceOutcome | None, after: AttendanceOutcome, step: LedgerStep
) -> None:
    assert rules.ledger_step(before, after) is step


@pytest.mark.parametrize(
    ("now", "chosen"),
    [
        (datetime(2026, 11, 1, tzinfo=UTC), 0),
        (datetime(2026, 11, 24, 14, tzinfo=UTC), 0),
        (datetime(2026, 12, 1, 13, 59, tzinfo=UTC), 0),
        (datetime(2026, 12, 1, 14, tzinfo=UTC), 1),
        (datetime(2027, 12, 1, 14, tzinfo=UTC), 2),
    ],
)
def test_the_date_to_mark_is_the_one_that_began_last(now: datetime, chosen: int) -> None:
    starts = [STARTS, datetime(2026, 12, 1, 14, tzinfo=UTC), datetime(2026, 12, 8, 14, tzinfo=UTC)]
    assert rules.date_to_mark(starts, now=now) == chosen


@pytest.mark.parametrize(
    ("known", "booked", "said"),
    [
        (True, True, "has a place on this session"),
        (True, False, "known from the staff list"),
        (False, False, "new on the organisation’s staff list"),
    ],
)
def test_the_door_says_who_it_was(known: bool, booked: bool, said: str) -> None:
    assert said in rules.walk_in_text("Bo Yu", known=known, booked=booked)


def test_changed_marks_leaves_out_blanks_and_what_the_page_showed() -> None:
    shown = {1: ATTENDED, 2: ATTENDED, 3: None, 4: None}
    sent = {1: ATTENDED, 2: LEFT_EARLY, 3: ABSENT, 4: None, 5: ATTENDED}
    assert rules.changed_marks(shown, sent) == {2: LEFT_EARLY, 3: ABSENT, 5: ATTENDED}


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        ([ATTENDED] * 7 + [LEFT_EARLY] + [None] * 2, "7 attended, 1 left early, 2 not yet marked"),
        ([ABSENT], "1 did not attend"),
        ([ATTENDED] * 1200, "1,200 attended"),
        ([], "nobody is on this register"),
    ],
)
def test_a_tally_says_what_there_is(marks: list[AttendanceOutcome | None], said: str) -> None:
    counted = rules.tally(marks)
    assert rules.tally_text(counted) == said
    assert counted.everybody == len(marks)


def candidate(person_id: int, name: str, email: str | None = None, marked: bool = False) -> Candidate:
    return Candidate(person_id=person_id, name=name, email=email, marked=marked)


STAFF = [
    candidate(1, "Ann Lee", "ann@hill.example"),
    candidate(2, "Bo Yu"),
    candidate(3, "Cy Fox", "office@hill.example"),
    candidate(4, "Di Roe", "office@hill.example"),
    candidate(5, "Ed Poe", "ed@hill.example"),
    candidate(6, "Ed Poe", "edward@hill.example"),
    candidate(7, "Flo Orr", "flo@hill.example", marked=True),
]


@pytest.mark.parametrize(
    ("name", "email", "matched"),
    [
        ("Ann Lee", None, [1]),
        ("  ann   LEE ", None, [1]),
        ("Anne Lee", None, []),
        ("Anne Lee-Hall", "ANN@hill.example", [1]),
        ("Bo Yu", "bo@home.example", [2]),
        ("Di Roe", "office@hill.example", [4]),
        ("Gus New", "office@hill.example", []),
        ("Ed Poe", None, [5, 6]),
        ("Ed Poe", "edward@hill.example", [6]),
        ("Flo Orr", None, [7]),
        ("Flo Orr", "another.flo@hill.example", []),
    ],
    ids=[
        "by name",
        "spaces and capitals",
        "another name",
        "by e-mail address",
        "name, address unknown",
        "a shared address and the name",
        "a shared address and a new name",
        "two of the name",
        "two of the name, address given",
        "marked already, the same again",
        "marked already, another of the name",
    ],
)
def test_who_is_at_the_door(name: str, email: str | None, matched: list[int]) -> None:
    found = rules.match_walk_in(STAFF, name=name, email=email)
    assert [one.person_id for one in found] == matched


@pytest.mark.parametrize(
    ("held_on", "said"),
    [
        (date(2027, 3, 31), None),
        (date(2025, 4, 1), None),
        (
            date(2027, 4, 1),
            "Amira Khan’s accreditation for WRAP ended on 31 March 2027: "
            "a session on 1 April 2027 does not count.",
        ),
        (
            date(2025, 3, 31),
            "Amira Khan’s accreditation for WRAP began on 1 April 2025: "
            "a session on 31 March 2025 does not count.",
        ),
    ],
)
def test_f18_an_accreditation_counts_on_both_its_days(held_on: date, said: str | None) -> None:
    problem = rules.delivery_problem(
        name="Amira Khan",
        course="WRAP",
        starts_on=date(2025, 4, 1),
        ends_on=date(2027, 3, 31),
        held_on=held_on,
    )
    assert problem == said


def test_an_accreditation_without_end_counts_for_ever() -> None:
    assert (
        rules.delivery_problem(
            name="Amira Khan",
            course="WRAP",
            starts_on=date(2025, 4, 1),
            ends_on=None,
            held_on=date(2099, 1, 1),
        )
        is None
    )


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], ""),
        (["Ann Lee"], "Ann Lee"),
        (["Ann Lee", "Bo Yu"], "Ann Lee and Bo Yu"),
        (["Ann Lee", "Bo Yu", "Cy Fox"], "Ann Lee, Bo Yu and Cy Fox"),
    ],
)
def test_names_are_listed_as_people_say_them(names: list[str], said: str) -> None:
    assert rules.names_text(names) == said
