"""The outbox: asking twice queues once, and a message waits in the transaction that causes it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import scoped_session

from wrap_portal.errors import DomainError
from wrap_portal.extensions import db
from wrap_portal.mail.models import Message, MessageState
from wrap_portal.mail.service import queue_message, send_again, withdraw_messages

pytestmark = pytest.mark.usefixtures("db_session")


def queue(**changes: Any) -> Message | None:
    facts: dict[str, Any] = {
        "kind": "booking_confirmation",
        "recipient": "ada@school.example",
        "subject_type": "booking",
        "subject_id": 7,
        "occurrence": "1",
        "subject": "Your place",
        "body_text": "You have a place.\n",
    }
    return queue_message(**facts | changes)


def test_queue_message_stores_everything_before_the_first_try() -> None:
    message = queue(
        send_at=datetime(2026, 12, 1, 9, tzinfo=UTC), authority_id=3, reason="A lead booked a place."
    )
    assert message is not None
    assert message.state is MessageState.QUEUED
    assert message.attempts == 0
    assert message.next_attempt_at == datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert message.message_id.startswith("<") and message.message_id.count("@") == 1
    assert message.reason == "A lead booked a place."


def test_queue_message_twice_queues_once() -> None:
    assert queue() is not None
    assert queue(subject="Said in other words") is None
    assert queue(recipient=" ada@SCHOOL.example") is None
    assert db.session.scalar(select(func.count()).select_from(Message)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "booking_reminder"},
        {"recipient": "bea@school.example"},
        {"subject_type": "session"},
        {"subject_id": 8},
        {"occurrence": "2"},
    ],
)
def test_queue_message_tells_messages_apart_by_their_occurrence(change: dict[str, Any]) -> None:
    first, second = queue(), queue(**change)
    assert first is not None and second is not None
    assert first.message_id != second.message_id


def test_queue_message_goes_with_its_transaction(db_session: scoped_session[Any]) -> None:
    queue()
    db_session.rollback()
    assert db_session.scalar(select(func.count()).select_from(Message)) == 0


def test_queue_message_cleans_the_subject_and_the_body() -> None:
    message = queue(
        subject="=?utf-8?q?Hi=0D=0ABcc:_eve@x.org?=", body_text="a\x00\r\nb", body_html="<p>\ud800</p>"
    )
    assert message is not None
    assert message.subject == "Hi Bcc: eve@x.org"
    assert message.body_text == "a\ufffd\nb"
    assert message.body_html == "<p>\ufffd</p>"


def test_queue_message_refuses_what_is_no_address() -> None:
    with pytest.raises(DomainError) as refused:
        queue(recipient="ada@x.org\r\nBcc: eve@x.org")
    assert refused.value.field == "email"


def test_queue_message_wants_a_calendar_with_its_method() -> None:
    with pytest.raises(ValueError, match="belong together"):
        queue(calendar="BEGIN:VCALENDAR")


def test_withdraw_messages_takes_back_only_what_is_queued_about_the_record() -> None:
    mine, sent, other_kind, other_record = (
        queue(),
        queue(occurrence="2"),
        queue(kind="joining_details"),
        queue(subject_id=8),
    )
    assert mine and sent and other_kind and other_record
    sent.state, sent.sent_at = MessageState.SENT, datetime.now(UTC)
    db.session.flush()
    kinds = {"booking_confirmation"}
    assert withdraw_messages(subject_type="booking", subject_id=7, kinds=kinds) == 1
    db.session.expire_all()
    states = [message.state for message in (mine, sent, other_kind, other_record)]
    assert states == ["withdrawn", "sent", "queued", "queued"]
    assert withdraw_messages(subject_type="booking", subject_id=7) == 1


def test_send_again_gives_a_failed_message_ten_new_attempts() -> None:
    message = queue()
    assert message is not None
    message.state, message.attempts = MessageState.FAILED, 10
    send_again(message=message)
    assert (message.state, message.attempts) == (MessageState.QUEUED, 0)


@pytest.mark.parametrize(
    ("state", "confidential"), [("queued", False), ("withdrawn", False), ("failed", True)]
)
def test_send_again_refuses_what_did_not_fail_or_let_somebody_in(state: str, confidential: bool) -> None:
    message = queue(confidential=confidential)
    assert message is not None
    message.state = MessageState(state)
    with pytest.raises(DomainError):
        send_again(message=message)
