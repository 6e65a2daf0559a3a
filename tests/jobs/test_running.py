"""A run is on record whatever happens in it."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from wrap_portal import clock
from wrap_portal.extensions import db
from wrap_portal.jobs.models import JobOutcome, JobRun
from wrap_portal.jobs.queries import last_runs
from wrap_portal.jobs.running import RUNS_KEPT, run_job
from wrap_portal.jobs.timetable import Job

pytestmark = pytest.mark.usefixtures("db_session")


def job(run: Callable[[], Mapping[str, int]], name: str = "do-something") -> Job:
    return Job(name=name, purpose="Does something.", minutes=1, run=run)


def fail() -> Mapping[str, int]:
    # A broken statement leaves the transaction unusable, as real failures do.
    db.session.execute(text("SELECT no_such_column"))
    return {}


def test_run_job_records_what_was_counted() -> None:
    finished = run_job(job(lambda: {"sent": 3, "failed": 0}))
    assert finished.outcome is JobOutcome.SUCCEEDED
    (run,) = db.session.scalars(select(JobRun))
    assert (run.name, run.outcome, run.counts) == ("do-something", "succeeded", {"sent": 3, "failed": 0})
    assert run.error is None
    assert run.finished_at is not None and run.finished_at >= run.started_at


def test_run_job_records_a_failure_and_does_not_raise(caplog: pytest.LogCaptureFixture) -> None:
    finished = run_job(job(fail))
    assert finished.outcome is JobOutcome.FAILED
    (run,) = db.session.scalars(select(JobRun))
    assert run.outcome is JobOutcome.FAILED
    assert run.error is not None and "no_such_column" in run.error
    assert "job do-something failed" in caplog.text


def test_run_job_forgets_runs_of_long_ago() -> None:
    long_ago = clock.now() - RUNS_KEPT - timedelta(days=1)
    for name in ("do-something", "another"):
        old = {"name": name, "started_at": long_ago, "finished_at": long_ago, "outcome": JobOutcome.SUCCEEDED}
        db.session.add(JobRun(**old))
    db.session.flush()
    run_job(job(dict))
    kept = [(run.name, run.started_at == long_ago) for run in db.session.scalars(select(JobRun))]
    assert sorted(kept) == [("another", True), ("do-something", False)]


def test_last_runs_gives_the_latest_of_each_job() -> None:
    run_job(job(lambda: {"sent": 1}))
    run_job(job(lambda: {"sent": 2}))
    run_job(job(fail, "fail-always"))
    assert {name: (run.outcome.value, run.counts) for name, run in last_runs().items()} == {
        "do-something": ("succeeded", {"sent": 2}),
        "fail-always": ("failed", {}),
    }
