"""The clock: a process of its own that starts the jobs of the timetable when it is time to look.

APScheduler is only the clock. It decides when to look; what is due is read from the database, so that a
look too many, too late or in two processes at once changes nothing (quality.md Q2, Q3, Q6).
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from types import FrameType

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from wrap_portal import clock
from wrap_portal.extensions import db
from wrap_portal.jobs.running import run_job
from wrap_portal.jobs.stopping import request_stop
from wrap_portal.jobs.timetable import ALL_HOURS, Job, timetable

log = logging.getLogger(__name__)

# The lock that says which process is the clock; any fixed number that nothing else in this database uses.
CLOCK_LOCK = 5718_0001
SECONDS_BETWEEN_LOOKS_AT_THE_LOCK = 2.0
# A job that is asked to stop has so long to finish the piece it is at; then the process ends like a killed
# one, which is what claims and transactions are for.
SECONDS_TO_FINISH = 1.5


def trigger_of(job: Job) -> CronTrigger:
    """Return when to look for a job.

    A job of all hours ticks in UTC, where every minute comes once. A job of certain London hours ticks in
    London time, and its hours never include the one in which clocks change.
    """
    minute = "0" if job.minutes == 60 else f"*/{job.minutes}"
    if job.hours == ALL_HOURS:
        return CronTrigger(minute=minute, timezone=UTC)
    return CronTrigger(hour=f"{job.hours.start}-{job.hours.stop - 1}", minute=minute, timezone=clock.LONDON)


def tick_until_stopped(app: Flask, *, say: Callable[[str], None]) -> None:
    """Be the clock until SIGTERM or SIGINT: run everything once, then everything at its times.

    Arguments: `say`, tells the terminal what is going on. While another process is the clock, this one
    waits to take over. Does not return when a job is still at work after the stop: it ends the process.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stopper(stop))
    while (lead := _wait_for_lead(stop, say)) is not None:
        try:
            say(f"The clock is running with {len(timetable())} jobs.")
            _tick(app, stop, lead)
        finally:
            with suppress(DBAPIError):
                lead.close()
    say("The clock has stopped.")


def _stopper(stop: threading.Event) -> Callable[[int, FrameType | None], None]:
    def stop_now(number: int, frame: FrameType | None) -> None:
        stop.set()
        request_stop()

    return stop_now


def _wait_for_lead(stop: threading.Event, say: Callable[[str], None]) -> Connection | None:
    """Return the connection that holds the lock, once it does; None when the stop comes first."""
    waiting = False
    while not stop.is_set():
        with suppress(DBAPIError):
            connection = _locked_connection()
            if connection is not None:
                return connection
        if not waiting:
            say("Another process is the clock, or the database is away. Waiting to take over.")
            waiting = True
        stop.wait(SECONDS_BETWEEN_LOOKS_AT_THE_LOCK)
    return None


def _locked_connection() -> Connection | None:
    connection = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    # Out of the pool: closing it must end its database session, and the lock with it.
    connection.detach()
    if connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": CLOCK_LOCK}):
        return connection
    connection.close()
    return None


def make_scheduler(app: Flask, jobs: Iterable[Job], at_work: set[str]) -> BackgroundScheduler:
    """Return a scheduler that runs every job once at its start and then at its times.

    Left to itself APScheduler drops a run that is a second late without a word, and lets runs of one job pile
    up (quality.md Q6). Arguments: `at_work`, kept to the names of the jobs that are running.
    """
    scheduler = BackgroundScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    for job in jobs:
        # Whatever fell due while no clock was running is looked at first.
        now = datetime.now(UTC)
        scheduler.add_job(_look, trigger_of(job), args=[app, job, at_work], id=job.name, next_run_time=now)
    return scheduler


def _tick(app: Flask, stop: threading.Event, lead: Connection) -> None:
    at_work: set[str] = set()
    scheduler = make_scheduler(app, timetable().values(), at_work)
    scheduler.start()
    try:
        while not stop.wait(SECONDS_BETWEEN_LOOKS_AT_THE_LOCK) and _still_leads(lead):
            pass
    finally:
        scheduler.shutdown(wait=False)
    if stop.is_set():
        _let_finish(at_work)


def _look(app: Flask, job: Job, at_work: set[str]) -> None:
    at_work.add(job.name)
    try:
        with app.app_context():
            run_job(job)
    finally:
        at_work.discard(job.name)


def _still_leads(lead: Connection) -> bool:
    try:
        lead.execute(text("SELECT 1"))
    except DBAPIError:
        log.warning("clock lost its lock")
        return False
    return True


def _let_finish(at_work: set[str]) -> None:
    until = time.monotonic() + SECONDS_TO_FINISH
    while at_work and time.monotonic() < until:
        time.sleep(0.05)
    if at_work:
        log.warning("jobs cut off: %s", sorted(at_work))
        logging.shutdown()
        os._exit(0)
