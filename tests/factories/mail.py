"""Messages of the outbox for tests: whatever a test does not say is valid and unremarkable."""

from itertools import count
from typing import Any

from wrap_portal import clock
from wrap_portal.extensions import db
from wrap_portal.mail.models import Message

_numbers = count(1)


def make_message(**values: Any) -> Message:
    """Add a queued message about nothing in particular; managers see it where `authority_id` is given.

    Arguments worth naming: `state` (with `sent_at` where it is SENT), `confidential`, `kind`, `subject`.
    """
    number = next(_numbers)
    now = clock.now()
    defaults = {
        "kind": "booking_confirmation",
        "recipient": f"person{number}@school.example",
        "subject_type": "test",
        "subject_id": number,
        "occurrence": "1",
        "subject": f"Message {number}",
        "body_text": f"Hello {number}.\n",
        "message_id": f"<{number}@example.org>",
        "queued_at": now,
        "next_attempt_at": now,
    }
    message = Message(**(defaults | values))
    db.session.add(message)
    db.session.flush()
    return message
