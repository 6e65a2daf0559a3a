"""`flask jobs`, and the clock as a process."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text

from config import PROJECT_ROOT
from tests.factories.mail import make_message
from tests.support.databases import OwnDatabase
from wrap_portal.extensions import db
from wrap_portal.jobs.models import JobOutcome, JobRun
from wrap_portal.mail.models import Message, MessageState
from wrap_portal.transaction import committed


@pytest.mark.usefixtures("db_session")
class TestByHand:
    """What a person types."""

    def test_list_names_every_job_and_its_last_run(self, app: Flask) -> None:
        runner = app.test_cli_runner()
        assert runner.invoke(args=["jobs", "run", "send-queued-messages"]).exit_code == 0
        listed = runner.invoke(args=["jobs", "list"])
        assert listed.exit_code == 0
        assert "send-queued-messages\n  every minute\n" in listed.output
        assert "succeeded - sent 0" in listed.output

    def test_run_prints_what_was_counted(self, app: Flask) -> None:
        done = app.test_cli_runner().invoke(args=["jobs", "run", "send-queued-messages"])
        assert done.stdout == "send-queued-messages: sent 0, retried 0, failed 0\n"

    def test_run_says_which_jobs_there_are(self, app: Flask) -> None:
        refused = app.test_cli_runner().invoke(args=["jobs", "run", "send-nothing"])
        assert refused.exit_code == 1
        assert "no job 'send-nothing'" in refused.output and "send-queued-messages" in refused.output


class Clock:
    """`flask jobs start` as a process, with what it said."""

    def __init__(self, own_database: OwnDatabase, log: Path, settings: dict[str, str]) -> None:
        self.log = log
        environ = {
            **os.environ,
            **settings,
            "DATABASE_URL": own_database.url,
            "SECRET_KEY": own_database.app.config["SECRET_KEY"],
            "WRAP_INSTANCE": os.environ["WRAP_TEST_RUN"],
        }
        command = [sys.executable, "-m", "flask", "--app", "wrap_portal.app", "jobs", "start"]
        with log.open("wb") as out:
            self.process = subprocess.Popen(command, cwd=PROJECT_ROOT, env=environ, stdout=out, stderr=out)

    def said(self) -> str:
        """Everything that it printed."""
        return self.log.read_text()

    def wait_until(self, happened: Callable[[], bool]) -> None:
        """Wait for something that it does."""
        patience = time.monotonic() + 20
        while not happened():
            assert time.monotonic() < patience and self.process.poll() is None, self.said()
            time.sleep(0.05)


@pytest.fixture
def start_clock(own_database: OwnDatabase, tmp_path: Path) -> Iterator[Callable[..., Clock]]:
    """Starts clocks on `own_database`, with further settings by their names in the environment."""
    clocks: list[Clock] = []

    def start(**settings: str) -> Clock:
        clocks.append(Clock(own_database, tmp_path / f"clock-{len(clocks)}.log", settings))
        return clocks[-1]

    yield start
    for clock in clocks:
        clock.process.kill()
        clock.process.wait()


def runs(own_database: OwnDatabase, name: str) -> list[JobOutcome]:
    """How the runs of a job ended."""
    with own_database.app.app_context():
        return list(db.session.scalars(select(JobRun.outcome).where(JobRun.name == name)))


def two_seconds() -> float:
    """Return what two seconds of a free machine take on this one, which others may be using too."""
    return 2 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def test_start_runs_everything_once_hands_over_and_stops_within_two_seconds(
    own_database: OwnDatabase, start_clock: Callable[..., Clock]
) -> None:
    first = start_clock()
    first.wait_until(lambda: JobOutcome.SUCCEEDED in runs(own_database, "send-queued-messages"))
    second = start_clock()
    second.wait_until(lambda: "Waiting to take over" in second.said())
    assert "is running" not in second.said()

    first.process.send_signal(signal.SIGTERM)
    assert first.process.wait(two_seconds()) == 0
    second.wait_until(lambda: "The clock is running" in second.said())

    # The lock goes with its database session, and so does the lead; then it is taken anew.
    with own_database.app.app_context():
        db.session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND datname = current_database() AND application_name = 'wrap-portal'"
            )
        )
    second.wait_until(lambda: second.said().count("The clock is running") == 2)

    second.process.send_signal(signal.SIGINT)
    assert second.process.wait(two_seconds()) == 0
    for clock in (first, second):
        assert clock.said().endswith("The clock has stopped.\n")
        assert "Traceback" not in clock.said() and "JobLookupError" not in clock.said()
    assert JobOutcome.FAILED not in runs(own_database, "send-queued-messages")


def test_start_stops_within_two_seconds_when_a_job_hangs(
    own_database: OwnDatabase, start_clock: Callable[..., Clock]
) -> None:
    with own_database.app.app_context(), committed():
        make_message()
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = str(mute.getsockname()[1])
        sending = {"MAIL_TRANSPORT": "smtp", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": port}
        clock = start_clock(**sending, SMTP_SECURITY="none")
        mute.settimeout(20)
        connection, _ = mute.accept()
        with connection:
            clock.process.send_signal(signal.SIGTERM)
            assert clock.process.wait(two_seconds()) == 0
    assert "jobs cut off: ['send-queued-messages']" in clock.said()
    # Nobody knows what became of it: it waits for its claim to run out, and goes out then.
    with own_database.app.app_context():
        assert db.session.scalars(select(Message.state)).all() == [MessageState.SENDING]
