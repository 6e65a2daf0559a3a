"""Events are written with the change that they tell of."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import scoped_session

from wrap_portal.audit.models import AuditEvent
from wrap_portal.audit.service import record_event


def test_record_event_keeps_who_what_and_when(db_session: scoped_session[Any]) -> None:
    event = record_event(
        action="cancel_booking",
        subject_type="booking",
        subject_id=7,
        actor_id=3,
        authority_id=1,
        details={"reason": "ill", "late": True},
    )
    db_session.expire_all()
    kept = db_session.scalars(select(AuditEvent).where(AuditEvent.id == event.id)).one()
    assert (kept.action, kept.subject_type, kept.subject_id) == ("cancel_booking", "booking", 7)
    assert (kept.actor_id, kept.actor_label, kept.authority_id) == (3, "user 3", 1)
    assert kept.details == {"reason": "ill", "late": True}
    assert abs(kept.at - datetime.now(UTC)) < timedelta(minutes=5)


def test_record_event_goes_when_the_change_is_undone(db_session: scoped_session[Any]) -> None:
    event_id = record_event(action="import_schools", subject_type="import").id
    db_session.rollback()
    assert db_session.get(AuditEvent, event_id) is None


def test_record_event_of_a_job_names_the_system(db_session: scoped_session[Any]) -> None:
    event = record_event(action="send_reminders", subject_type="job")
    assert (event.actor_id, event.actor_label, event.details) == (None, "system", {})


def test_record_event_of_a_visitor_says_so(db_session: scoped_session[Any]) -> None:
    event = record_event(action="refuse_sign_in", subject_type="sign_in_link", actor_label="visitor")
    assert (event.actor_id, event.actor_label) == (None, "visitor")
