"""A school as the register decides it, as tables of cases. Whole imports are in test_register_service."""

from datetime import date

import pytest

from tests.factories.gias import read_one
from wrap_portal.organisations.gias import FileKind
from wrap_portal.organisations.models import Sector
from wrap_portal.organisations.school_rules import TypeRule, closing_date, types_listed

REGISTER = date(2025, 7, 1)


def typed(code: int, state_funded: bool) -> TypeRule:
    return TypeRule(code, f"Type {code}", Sector.SCHOOL, None, True, None, state_funded)


@pytest.mark.parametrize(
    ("status", "closed", "changed", "known", "file_has_dates", "expected"),
    [
        # open: what the file says, or, where it says nothing, what lies ahead
        (1, "", "", None, True, None),
        (3, "31-08-2025", "", None, True, date(2025, 8, 31)),
        (1, "", "", date(2025, 8, 31), True, None),
        (1, "", "", date(2025, 8, 31), False, date(2025, 8, 31)),
        (1, "", "", date(2025, 6, 30), False, None),
        # closed: the date, the one that is known, the last change, the register's
        (2, "30-06-2025", "01-01-2025", date(2024, 1, 1), True, date(2025, 6, 30)),
        (2, "", "01-01-2025", date(2024, 1, 1), True, date(2024, 1, 1)),
        (2, "", "01-01-2025", None, True, date(2025, 1, 1)),
        (2, "", "", None, True, REGISTER),
        # closed, but with dates that lie ahead of the register
        (2, "31-08-2025", "20-06-2025", None, True, date(2025, 6, 20)),
        (2, "31-08-2025", "20-06-2025", date(2025, 6, 1), True, date(2025, 6, 1)),
        (2, "", "20-07-2025", date(2025, 8, 31), True, REGISTER),
    ],
)
def test_the_first_day_on_which_a_school_is_closed(
    status, closed, changed, known, file_has_dates, expected
) -> None:
    row = read_one(status=status, closed=closed, cells={"LastChangedDate": changed})
    day = closing_date(
        row, known=known, opened_on=None, file_has_dates=file_has_dates, register_date=REGISTER
    )
    assert day == expected


def test_a_school_never_closes_before_it_opened() -> None:
    row = read_one(status=2, cells={"LastChangedDate": "01-01-2020"})
    opened_on = date(2024, 9, 1)
    assert (
        closing_date(row, known=None, opened_on=opened_on, file_has_dates=True, register_date=REGISTER)
        == opened_on
    )


@pytest.mark.parametrize(
    ("kind", "listed"),
    [
        (FileKind.ALL, {None, 1, 11, 34}),
        (FileKind.STATE_FUNDED, {1, 34}),
    ],
)
def test_a_file_lists_the_types_of_its_kind(kind, listed) -> None:
    assert types_listed(kind, [typed(1, True), typed(11, False), typed(34, True)]) == listed


def test_the_list_of_academies_has_the_free_schools_too_and_no_other() -> None:
    listed = types_listed(FileKind.ACADEMIES, [])
    assert {28, 34, 35, 57} <= listed
    assert not {1, 7, 11, None} & listed
