"""Writing down who did what."""

from collections.abc import Mapping
from typing import Any

from wrap_portal.audit.models import AuditEvent
from wrap_portal.extensions import db


def record_event(
    *,
    action: str,
    subject_type: str,
    subject_id: int | None = None,
    actor_id: int | None = None,
    actor_label: str | None = None,
    authority_id: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Record an event in the transaction of the change that it tells of: both happen, or neither.

    Arguments: `action`, a verb and a noun ("cancel_booking", "export_gap_list"); `subject_type` and
    `subject_id`, what it was done to; `actor_id`, the user, None for jobs, commands and visitors;
    `actor_label`, how to name whoever is no user ("visitor"; "system" where it is left out): a user is
    "user 12", also when they are long gone; `authority_id`, whose managers may read it; `details`, what
    changed, as JSON, with ids instead of names so that erasing a person needs no change here.
    """
    if actor_id is not None:
        actor_label = f"user {actor_id}"
    event = AuditEvent(
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        actor_id=actor_id,
        actor_label=actor_label or "system",
        authority_id=authority_id,
        details=dict(details or {}),
    )
    db.session.add(event)
    db.session.flush()
    return event
