"""Registers wait until somebody is marked on them."""

import pytest

from tests.factories.attendance import make_attendance
from tests.factories.sessions import add_session_date, in_days, make_training_session
from wrap_portal.attendance.due_queries import dates_without_register

pytestmark = pytest.mark.usefixtures("db_session")


def test_dates_without_register_are_those_on_which_nobody_is_marked():
    session = make_training_session(starts_at=in_days(-7))
    later = add_session_date(session, in_days(-6), in_days(-6, hour=12))
    make_attendance(session.dates[0])
    make_attendance(session.dates[0])
    asked = [session.dates[0].id, later.id]
    assert dates_without_register(asked) == {later.id}
    assert dates_without_register([]) == frozenset()
