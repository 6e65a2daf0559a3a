"""Which dates and numbers can stand in the ledger, and what may still be decided."""

from datetime import date

import pytest

from wrap_portal.records import rules
from wrap_portal.records.models import RecordSource, RecordState

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("day", "problem"),
    [
        (date(2026, 11, 23), None),
        (date(2015, 1, 1), None),
        (date(2014, 12, 31), "The date must be 1 January 2015 or later: the portal keeps no older training."),
        (date(2026, 11, 24), "The training must be in the past: 24 November 2026 has not come yet."),
    ],
)
def test_training_was_between_2015_and_today(day: date, problem: str | None) -> None:
    assert rules.day_problem(day, today=TODAY) == problem


@pytest.mark.parametrize(
    ("withdrawn_on", "allowed"),
    [(None, True), (date(2026, 3, 17), True), (date(2026, 3, 16), False), (date(2026, 3, 15), False)],
)
def test_a_course_ends_on_the_day_it_is_withdrawn(withdrawn_on: date | None, allowed: bool) -> None:
    problem = rules.course_problem("WRAP", withdrawn_on, day=date(2026, 3, 16))
    assert (problem is None) == allowed


@pytest.mark.parametrize(
    ("opened_on", "closed_on", "problem"),
    [
        (None, None, None),
        (date(2026, 3, 16), None, None),
        (date(2026, 3, 17), None, "Hill School opened on 17 March 2026."),
        (None, date(2026, 3, 17), None),
        (None, date(2026, 3, 16), "Hill School closed on 16 March 2026."),
    ],
)
def test_an_organisation_is_open_from_its_first_day_to_the_day_before_it_closes(
    opened_on: date | None, closed_on: date | None, problem: str | None
) -> None:
    assert rules.open_problem("Hill School", opened_on, closed_on, day=date(2026, 3, 16)) == problem


@pytest.mark.parametrize(
    ("headcount", "allowed"), [(-1, False), (0, False), (1, True), (50_000, True), (50_001, False)]
)
def test_a_headcount_is_some_people_and_not_a_town(headcount: int, allowed: bool) -> None:
    assert (rules.headcount_problem(headcount) is None) == allowed


@pytest.mark.parametrize(
    ("state", "live"),
    [
        (RecordState.ACCEPTED, True),
        (RecordState.UNVERIFIED, True),
        (RecordState.REJECTED, False),
        (RecordState.VOIDED, False),
    ],
)
def test_accepted_and_waiting_entries_are_live(state: RecordState, live: bool) -> None:
    assert rules.is_live(state) == live


@pytest.mark.parametrize(
    ("source", "state", "said"),
    [
        (RecordSource.CLAIM, RecordState.UNVERIFIED, None),
        (RecordSource.CLAIM, RecordState.ACCEPTED, "accepted already"),
        (RecordSource.CLAIM, RecordState.REJECTED, "rejected already"),
        (RecordSource.CLAIM, RecordState.VOIDED, "taken back"),
        (RecordSource.SESSION, RecordState.ACCEPTED, "Only claims"),
    ],
)
def test_only_a_waiting_claim_is_decided(source: RecordSource, state: RecordState, said: str | None) -> None:
    problem = rules.decision_problem(source, state)
    assert problem is None if said is None else said in str(problem)
