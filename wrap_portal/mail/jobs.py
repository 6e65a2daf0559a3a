"""The timetable of the outbox."""

from collections.abc import Mapping

from wrap_portal.jobs.timetable import Job
from wrap_portal.mail.sending import send_due_messages
from wrap_portal.mail.transports import transport_from_settings


def send_queued_messages() -> Mapping[str, int]:
    """Send every message that is due. Returns what was counted."""
    return send_due_messages(transport_from_settings())


JOBS = (
    Job(
        name="send-queued-messages",
        purpose="Sends the messages that wait in the queue, and tries failed ones again.",
        minutes=1,
        run=send_queued_messages,
    ),
)
