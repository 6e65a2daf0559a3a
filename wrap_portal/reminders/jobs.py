"""The timetable of the reminders room."""

import logging
from collections import Counter
from collections.abc import Mapping
from datetime import date

from wrap_portal import clock
from wrap_portal.jobs.stopping import stop_requested
from wrap_portal.jobs.timetable import Job
from wrap_portal.mail.jobs import send_queued_messages
from wrap_portal.reminders import messages, queries, service
from wrap_portal.reminders.digest_rules import plan_digests
from wrap_portal.transaction import committed

log = logging.getLogger(__name__)


class RemindersFailed(Exception):
    """Reminders of some authorities could not be planned; those of the others were."""


def send_refresher_reminders() -> Mapping[str, int]:
    """Plan refresher reminders, put those that are due into digests, and send what is queued.

    Each authority is a transaction of its own, and one that fails does not stop the others. Returns what
    was counted.
    Raises RemindersFailed where one failed, after the rest is done.
    """
    today = clock.today()
    counts: Counter[str] = Counter({"planned": 0, "withdrawn": 0, "digests": 0})
    failed = []
    for sender in queries.senders():
        if stop_requested():
            break
        try:
            with committed():
                counts.update(_plan_and_compose(sender, today))
        except Exception:
            log.exception("reminders of authority %s failed", sender.authority_id)
            failed.append(sender.name)
    counts.update(send_queued_messages())
    if failed:
        raise RemindersFailed(f"Reminders could not be planned for: {', '.join(failed)}.")
    return dict(counts)


def _plan_and_compose(sender: queries.Sender, today: date) -> Mapping[str, int]:
    authority_id = sender.authority_id
    service.lock_reminders(authority_id=authority_id)
    counts = service.plan_reminders(authority_id=authority_id, today=today)
    plan = plan_digests(
        queries.addressed_reminders(authority_id, today),
        queries.told_addresses(authority_id, today),
        queries.addresses_with_digest(authority_id, today),
    )
    told = {}
    for digest in plan.digests:
        message_id = messages.queue_digest(digest, sender=sender, today=today)
        if message_id is None:
            raise RuntimeError("There is a digest of today that nobody counted.")
        told[message_id] = digest.reminder_ids
    service.record_told(told=told, settled=plan.settled)
    return {**counts, "digests": len(told)}


JOBS = (
    Job(
        name="send-refresher-reminders",
        purpose="Reminds members and leads, in one message a day, of training that runs out or has run out.",
        minutes=60,
        run=send_refresher_reminders,
        hours=range(7, 20),
    ),
)
