"""Which registers wait to be filled in."""

from collections.abc import Collection

from sqlalchemy import select

from wrap_portal.attendance.models import Attendance
from wrap_portal.extensions import db


def dates_without_register(session_date_ids: Collection[int]) -> frozenset[int]:
    """Return those of the session dates on which nobody has been marked."""
    marked = db.session.scalars(
        select(Attendance.session_date_id).where(Attendance.session_date_id.in_(session_date_ids)).distinct()
    )
    return frozenset(session_date_ids) - frozenset(marked)
