"""Sending: claim one row, send it outside the transaction, mark it, commit (architecture.md 7.4).

What a kill can do: before the claim is committed nothing has happened; after it the row says `sending`
until its lease ends, then another process claims it and sends it again with the same Message-ID. Between
the server's acceptance and the commit of the mark lies the one window in which a message goes out twice
(domain.md 5.4).
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from wrap_portal import clock
from wrap_portal.extensions import db
from wrap_portal.jobs.stopping import stop_requested
from wrap_portal.mail import rules
from wrap_portal.mail.mime import OutgoingMessage
from wrap_portal.mail.models import MessageState
from wrap_portal.mail.transports import NotDelivered, Transport, TransportDown

log = logging.getLogger(__name__)

# Longer than a message can take (transports.TIMEOUT_SECONDS for each command), so that nobody else claims it
# meanwhile.
LEASE = timedelta(minutes=5)

# Marks the last message and claims the next in one statement, which is one transaction: one journey to the
# database and one flush to its disk for each message. A claim that ran out is due again, by the same
# condition and index; who made it never said what became of it. A mark finds nothing where its own claim
# ran out: then the last word is another's. A body that lets somebody in is not kept once it has done its
# work.
_MARK_AND_CLAIM = text(f"""
    WITH marked AS (
        UPDATE messages SET
            state = CAST(:settled AS text),
            leased_until = NULL,
            last_error = CAST(:error AS text),
            sent_at = CASE WHEN CAST(:settled AS text) = 'sent' THEN CAST(:now AS timestamptz) END,
            next_attempt_at = coalesce(CAST(:retry_at AS timestamptz), next_attempt_at),
            attempts = attempts - CASE WHEN :counts_as_try THEN 0 ELSE 1 END,
            possibly_repeated = possibly_repeated OR :unknown,
            body_text = CASE WHEN confidential AND :done_with THEN '' ELSE body_text END,
            body_html = CASE WHEN confidential AND :done_with THEN NULL ELSE body_html END
        WHERE id = :done AND state = 'sending' AND attempts = :done_attempts
    )
    UPDATE messages SET
        state = 'sending',
        attempts = attempts + 1,
        leased_until = :leased_until,
        next_attempt_at = :leased_until,
        possibly_repeated = possibly_repeated OR state = 'sending'
    WHERE id = (
        SELECT id FROM messages
        WHERE state IN ('queued', 'sending') AND next_attempt_at <= :now AND id <> :done AND :claims
        ORDER BY next_attempt_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING {", ".join(field.name for field in fields(OutgoingMessage))}
""")  # noqa: S608

_GIVE_UP_INTERRUPTED = text("""
    UPDATE messages SET
        state = 'failed',
        leased_until = NULL,
        possibly_repeated = TRUE,
        last_error = 'Sending was interrupted ten times.',
        body_text = CASE WHEN confidential THEN '' ELSE body_text END,
        body_html = CASE WHEN confidential THEN NULL ELSE body_html END
    WHERE state = 'sending' AND next_attempt_at <= :now AND attempts >= :most
    RETURNING id
""")


@dataclass(frozen=True)
class Outcome:
    """What became of one try. `counts_as_try` is False where the server was not there at all; `unknown`: it
    may have taken the message all the same."""

    message: OutgoingMessage
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
    with _committing_connection() as connection, transport:
        interrupted = {"now": clock.now(), "most": rules.MOST_ATTEMPTS}
        counts["failed"] += len(connection.scalars(_GIVE_UP_INTERRUPTED, interrupted).all())
        message = _mark_and_claim(connection, None, lease)
        while message is not None:
            outcome = _try(transport, message)
            message = _mark_and_claim(connection, outcome, lease)
            if not outcome.counts_as_try:
                raise TransportDown(outcome.error)
            counts[_counted(outcome.settled)] += 1
    return dict(counts)


@contextmanager
def _committing_connection() -> Iterator[Connection]:
    """Give a connection on which every statement commits, or the one that the session is bound to, if it
    is."""
    bind = db.session.get_bind()
    try:
        if isinstance(bind, Connection):
            db.session.flush()
            yield bind
        else:
            with bind.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                yield connection
    finally:
        db.session.expire_all()


def _mark_and_claim(
    connection: Connection, outcome: Outcome | None, lease: timedelta
) -> OutgoingMessage | None:
    now = clock.now()
    done = outcome.message if outcome else None
    parameters: dict[str, Any] = {
        "done": done.id if done else 0,
        "done_attempts": done.attempts if done else 0,
        "settled": outcome.settled if outcome else MessageState.QUEUED,
        "done_with": outcome is not None and outcome.settled is not MessageState.QUEUED,
        "error": outcome.error if outcome else None,
        "unknown": outcome.unknown if outcome else False,
        "counts_as_try": outcome.counts_as_try if outcome else True,
        "retry_at": _retry_at(outcome, now) if outcome else None,
        "now": now,
        "leased_until": now + lease,
        "claims": not stop_requested() and (outcome is None or outcome.counts_as_try),
    }
    row = connection.execute(_MARK_AND_CLAIM, parameters).one_or_none()
    return None if row is None else OutgoingMessage(*row)


def _retry_at(outcome: Outcome, now: datetime) -> datetime | None:
    if outcome.settled is not MessageState.QUEUED:
        return None
    delay = rules.retry_delay(outcome.message.attempts) if outcome.counts_as_try else None
    return now + delay if delay else now


def _try(transport: Transport, message: OutgoingMessage) -> Outcome:
    try:
        transport.deliver(message)
    except TransportDown as error:
        log.error("mail server down: %s", error)
        return Outcome(message, MessageState.QUEUED, _short(error), counts_as_try=False)
    except NotDelivered as error:
        return Outcome(message, _after_failure(message), _short(error), unknown=error.outcome_unknown)
    except Exception as error:
        # A message that cannot even be put together must not stop the ones behind it.
        log.exception("message %s cannot be put together", message.id)
        return Outcome(message, _after_failure(message), _short(error))
    return Outcome(message, transport.settles_as)


def _after_failure(message: OutgoingMessage) -> MessageState:
    return MessageState.FAILED if rules.retry_delay(message.attempts) is None else MessageState.QUEUED


def _short(error: Exception) -> str:
    return rules.header_text(str(error) or type(error).__name__)[: rules.LONGEST_ERROR]


def _counted(settled: MessageState) -> str:
    return {MessageState.QUEUED: "retried", MessageState.FAILED: "failed"}.get(settled, "sent")
