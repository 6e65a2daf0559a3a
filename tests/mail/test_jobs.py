"""The outbox's own job."""

import pytest
from flask import Flask

from tests.support.mail import SmtpSink
from wrap_portal.jobs.timetable import timetable
from wrap_portal.mail.service import queue_message


@pytest.mark.usefixtures("db_session")
def test_send_queued_messages_goes_where_the_settings_say(app: Flask, smtp_sink: SmtpSink) -> None:
    queue_message(
        kind="test",
        recipient="ada@school.example",
        subject_type="test",
        subject_id=1,
        occurrence="1",
        subject="Hello",
        body_text="Hello.\n",
    )
    assert timetable()["send-queued-messages"].run() == {"sent": 1, "retried": 0, "failed": 0}
    assert [delivery.subject for delivery in smtp_sink.deliveries] == ["Hello"]
