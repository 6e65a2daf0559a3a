"""Sending: claim one row, send it outside the transaction, mark it, commit (architecture.md 7.4).

What a kill can do: before the claim is committed nothing has happened; after it the row says `sending`
until its lease ends, then another process claims it and sends it again with the same Message-ID. Between
the server's acceptance and the commit of the mark lies the one window in which a message goes out twice
(domain.md 5.4).
"""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from sqlalchemy import case, or_, select, update

from wrap_portal import clock
from wrap_portal.extensions import db
from wrap_portal.jobs.stopping import stop_requested
from wrap_portal.mail import rules
from wrap_portal.mail.mime import OutgoingMessage
from wrap_portal.mail.models import Message, MessageState
from wrap_portal.mail.transports import NotDelivered, Transport, TransportDown
from wrap_portal.transaction import committed

log = logging.getLogger(__name__)

# Longer than a message can take (transports.TIMEOUT_SECONDS for each command), so that nobody else claims
# it meanwhile.
LEASE = timedelta(minutes=5)

_WAITING = (MessageState.QUEUED, MessageState.SENDING)

# A body that lets somebody in is not kept once it has done its work.
_WITHOUT_WAY_IN: dict[str, Any] = {
    "body_text": case((Message.confidential, ""), else_=Message.body_text),
    "body_html": case((Message.confidential, None), else_=Message.body_html),
}


@dataclass(frozen=True)
class Outcome:
    """What became of one try: sent when `error` is None. `counts_as_try` is False where the server was not
    there."""

    claimed: OutgoingMessage
    settled: MessageState
    error: str | None = None
    counts_as_try: bool = True
    unknown: bool = False


def send_due_messages(transport: Transport, *, lease: timedelta = LEASE) -> Mapping[str, int]:
    """Send every message that is due, one after another. Commits on its own, a message at a time.

    Arguments: `transport`, the way out; `lease`, how long a claim holds when its process dies.
    Returns how many were sent (or held), will be retried, or failed for good.
    Raises TransportDown, after everything has been put back, where the server cannot be used: that uses up
    no try.
    """
    counts: Counter[str] = Counter({"sent": 0, "retried": 0, "failed": 0})
    outcome: Outcome | None = None
    with committed():
        counts["failed"] += _give_up_interrupted()
    with transport:
        while True:
            # One transaction marks the last message and claims the next: half the commits.
            with committed():
                if outcome is not None:
                    counts[_record(outcome)] += 1
                down = outcome is not None and not outcome.counts_as_try
                claimed = None if down or stop_requested() else _claim(lease)
            if claimed is None:
                break
            outcome = _try(transport, claimed)
    if outcome is not None and not outcome.counts_as_try:
        raise TransportDown(outcome.error)
    counts.pop("released", None)
    return dict(counts)


def _claim(lease: timedelta) -> OutgoingMessage | None:
    now = clock.now()
    due = (
        select(Message.id)
        .where(Message.state.in_(_WAITING), Message.next_attempt_at <= now)
        .order_by(Message.next_attempt_at, Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    statement = (
        update(Message)
        .where(Message.id == due)
        .values(
            state=MessageState.SENDING,
            attempts=Message.attempts + 1,
            leased_until=now + lease,
            # A claim that ran out is due again, found by the same condition and the same index.
            next_attempt_at=now + lease,
            # Whoever claimed it before never said what became of it.
            possibly_repeated=or_(Message.possibly_repeated, Message.state == MessageState.SENDING),
        )
        .returning(*(getattr(Message, field.name) for field in fields(OutgoingMessage)))
        .execution_options(synchronize_session=False)
    )
    row = db.session.execute(statement).one_or_none()
    return None if row is None else OutgoingMessage(*row)


def _try(transport: Transport, claimed: OutgoingMessage) -> Outcome:
    try:
        transport.deliver(claimed)
    except TransportDown as error:
        log.error("mail server down: %s", error)
        return Outcome(claimed, MessageState.QUEUED, _short(error), counts_as_try=False)
    except NotDelivered as error:
        unknown = error.outcome_unknown
        return Outcome(claimed, _after_failure(claimed.attempts), _short(error), unknown=unknown)
    except Exception as error:
        # A message that cannot even be put together must not stop the ones behind it.
        log.exception("message %s cannot be put together", claimed.id)
        return Outcome(claimed, _after_failure(claimed.attempts), _short(error))
    return Outcome(claimed, transport.settles_as)


def _after_failure(attempts: int) -> MessageState:
    return MessageState.FAILED if rules.retry_delay(attempts) is None else MessageState.QUEUED


def _short(error: Exception) -> str:
    return rules.header_text(str(error) or type(error).__name__)[: rules.LONGEST_ERROR]


def _record(outcome: Outcome) -> str:
    """Write what became of a claimed message. Returns what it counts as."""
    now = clock.now()
    claimed, settled = outcome.claimed, outcome.settled
    values: dict[str, Any] = {"state": settled, "leased_until": None, "last_error": outcome.error}
    if settled is MessageState.SENT:
        values["sent_at"] = now
    if settled is MessageState.QUEUED:
        delay = rules.retry_delay(claimed.attempts) if outcome.counts_as_try else None
        values["next_attempt_at"] = now + delay if delay else now
    if not outcome.counts_as_try:
        values["attempts"] = Message.attempts - 1
    if settled is not MessageState.QUEUED:
        values |= _WITHOUT_WAY_IN
    if outcome.unknown:
        values["possibly_repeated"] = True
    # The claim may have run out meanwhile and be somebody else's; then theirs is the last word.
    mine = (
        Message.id == claimed.id,
        Message.state == MessageState.SENDING,
        Message.attempts == claimed.attempts,
    )
    mark = update(Message).where(*mine).values(values)
    db.session.execute(mark.execution_options(synchronize_session=False))
    if settled is MessageState.QUEUED:
        return "retried" if outcome.counts_as_try else "released"
    return "failed" if settled is MessageState.FAILED else "sent"


def _give_up_interrupted() -> int:
    """Settle messages whose tenth try was interrupted: there is no eleventh. Returns how many."""
    statement = (
        update(Message)
        .where(
            Message.state == MessageState.SENDING,
            Message.next_attempt_at <= clock.now(),
            Message.attempts >= rules.MOST_ATTEMPTS,
        )
        .values(
            state=MessageState.FAILED,
            leased_until=None,
            possibly_repeated=True,
            last_error="Sending was interrupted ten times.",
            **_WITHOUT_WAY_IN,
        )
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return len(db.session.scalars(statement).all())
