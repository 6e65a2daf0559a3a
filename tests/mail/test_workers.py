"""Several real processes at one outbox: nothing twice, nothing lost, kills included (domain.md 5.4)."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Self

import pytest
from sqlalchemy import func, insert, select

from config import PROJECT_ROOT
from tests.support.databases import OwnDatabase
from tests.support.mail import SmtpSink
from wrap_portal import clock
from wrap_portal.extensions import db
from wrap_portal.mail.models import Message, MessageState
from wrap_portal.transaction import committed

# A process that sends, for each line it reads, in a child of its own: starting the portal anew for each one
# would take longer than what is tested here.
WORKER = """
import os, sys
from datetime import timedelta
from wrap_portal.app import create_app
from wrap_portal.mail.sending import send_due_messages
from wrap_portal.mail.transports import transport_from_settings
app = create_app()
print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if child:
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    with app.app_context():
        while True:
            send_due_messages(transport_from_settings(), lease=timedelta(seconds=float(sys.argv[1])))
            if line == "once\\n":
                os._exit(0)
"""


def queue_many(own_database: OwnDatabase, count: int) -> set[str]:
    """Queue `count` messages and return their Message-IDs."""
    now = clock.now()
    rows = [
        {
            "kind": "test",
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
        for number in range(count)
    ]
    with own_database.app.app_context(), committed():
        db.session.execute(insert(Message), rows)
    return {row["message_id"] for row in rows}


class Worker:
    """A process that is ready to send when it is told to."""

    def __init__(self, own_database: OwnDatabase, sink: SmtpSink, lease: float) -> None:
        environ = {
            **os.environ,
            **sink.environ,
            "DATABASE_URL": own_database.url,
            "SECRET_KEY": own_database.app.config["SECRET_KEY"],
            "WRAP_INSTANCE": os.environ["WRAP_TEST_RUN"],
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(lease)],
            cwd=PROJECT_ROOT,
            env=environ,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.heard() == "ready"

    def heard(self) -> str:
        """The next line that it prints."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def begin(self, how: str) -> int:
        """Let it send, "once" or "until killed"; returns the id of the process that does."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{how}\n")
        self._process.stdin.flush()
        return int(self.heard())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)


def states(own_database: OwnDatabase) -> dict[str, int]:
    """How many messages are in which state."""
    with own_database.app.app_context():
        rows = db.session.execute(select(Message.state, func.count()).group_by(Message.state)).all()
    return {state.value: number for state, number in rows}


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    """A mail server that collects."""
    sink = SmtpSink()
    sink.start()
    yield sink
    sink.stop()


def test_four_processes_send_everything_once(own_database: OwnDatabase, sink: SmtpSink) -> None:
    queued = queue_many(own_database, 400)
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(own_database, sink, lease=60)) for _ in range(4)]
        for worker in workers:
            worker.begin("once")
        assert [worker.heard() for worker in workers] == ["0"] * 4
    taken = Counter(delivery.message["Message-ID"] for delivery in sink.deliveries)
    assert set(taken) == queued
    assert set(taken.values()) == {1}
    assert states(own_database) == {"sent": 400}
    assert all(len(delivery.recipients) == 1 for delivery in sink.deliveries)


def test_kills_lose_nothing_and_repeat_at_most_one_message_each(
    own_database: OwnDatabase, sink: SmtpSink
) -> None:
    kills, lease = 10, 0.5
    queued = queue_many(own_database, 400)
    chance = random.Random(20261123)
    with Worker(own_database, sink, lease) as worker:
        for _ in range(kills):
            already = len(sink.deliveries)
            process = worker.begin("until killed")
            patience = time.monotonic() + 30
            while len(sink.deliveries) < already + 5 and time.monotonic() < patience:
                time.sleep(0.002)
            time.sleep(chance.uniform(0, 0.02))
            os.kill(process, signal.SIGKILL)
            assert worker.heard() == str(-signal.SIGKILL)
        assert len(sink.deliveries) < 400, "everything was sent before the last kill"
        time.sleep(lease)
        worker.begin("once")
        assert worker.heard() == "0"
    taken = Counter(delivery.message["Message-ID"] for delivery in sink.deliveries)
    assert set(taken) == queued
    assert sum(taken.values()) - len(taken) <= kills
    assert states(own_database) == {"sent": 400}
    twice = {message_id for message_id, times in taken.items() if times > 1}
    with own_database.app.app_context():
        marked = set(db.session.scalars(select(Message.message_id).where(Message.possibly_repeated)))
        attempts = db.session.scalars(
            select(Message.attempts).where(Message.state == MessageState.SENT)
        ).all()
    assert twice <= marked
    assert len(marked) <= kills
    assert max(attempts) <= 1 + kills
